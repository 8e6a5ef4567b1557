#include "common/rpc/grpc_client.h"

#include <grpcpp/support/server_callback.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::GetLeaseRequest;
using ipam::v1::IpamService;
using ipam::v1::Lease;

// Echoes the owner; holds calls for "hold" until they are cancelled.
class EchoService : public IpamService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetLease(grpc::CallbackServerContext* context,
                                     const GetLeaseRequest* request, Lease* response) override {
    if (request->owner() == "hold") return new Held(this);
    auto* reactor = context->DefaultReactor();
    response->set_owner(request->owner());
    reactor->Finish(request->owner() == "unknown"
                        ? ToGrpcStatus(MakeError(absl::StatusCode::kNotFound, "no lease",
                                                 "LEASE_NOT_FOUND", {{"owner", "unknown"}}))
                        : grpc::Status::OK);
    return reactor;
  }
  void AwaitHeld(int held, int cancelled) {
    MutexLock lock(&mutex_);
    while (held_ < held || cancelled_ < cancelled) changed_.Wait(&mutex_);
  }

 private:
  class Held : public grpc::ServerUnaryReactor {
   public:
    explicit Held(EchoService* service) : service_(service) {
      MutexLock lock(&service_->mutex_);
      ++service_->held_;
      service_->changed_.NotifyAll();
    }
    void OnCancel() override {
      {
        MutexLock lock(&service_->mutex_);
        ++service_->cancelled_;
        service_->changed_.NotifyAll();
      }
      Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }

   private:
    EchoService* const service_;
  };

  Mutex mutex_;
  CondVar changed_;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
  int cancelled_ ABSL_GUARDED_BY(mutex_) = 0;
};

class CallUnaryTest : public ::testing::Test {
 protected:
  boost::asio::awaitable<absl::StatusOr<Lease>> Get(const std::string& owner,
                                                    absl::Duration timeout = absl::Seconds(30),
                                                    bool wait_for_ready = true) {
    GetLeaseRequest request;
    request.set_owner(owner);
    return CallUnary<Lease>(stub_->async(), &IpamService::Stub::async::GetLease, std::move(request),
                            timeout, wait_for_ready);
  }
  // Runs the coroutine on a loop of its own to its end.
  template <typename T>
  static T Run(boost::asio::awaitable<T> coroutine) {
    boost::asio::io_context loop;
    std::optional<T> result;
    boost::asio::co_spawn(
        loop,
        [&]() -> boost::asio::awaitable<void> { result.emplace(co_await std::move(coroutine)); },
        boost::asio::detached);
    loop.run();
    return *std::move(result);
  }

  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/s";
  EchoService service_;
  std::optional<TestServer> server_{std::in_place, socket_, &service_};
  const std::unique_ptr<IpamService::Stub> stub_ = IpamService::NewStub(MakeLocalChannel(socket_));
};

TEST_F(CallUnaryTest, GivesTheResponse) {
  const absl::StatusOr<Lease> lease = Run(Get("db/x"));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->owner(), "db/x");
}

TEST_F(CallUnaryTest, GivesTheErrorWithItsReason) {
  const absl::StatusOr<Lease> lease = Run(Get("unknown"));
  EXPECT_EQ(lease.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(lease.status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(ErrorMetadataValue(lease.status(), "owner"), "unknown");
}

TEST_F(CallUnaryTest, TheTimeoutEndsTheCall) {
  EXPECT_EQ(Run(Get("hold", absl::Milliseconds(50))).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(CallUnaryTest, ManyCallsAtOnceEachGetTheirOwnAnswer) {
  boost::asio::io_context loop;
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    boost::asio::co_spawn(
        loop,
        [&, owner = "db/" + std::to_string(i)]() -> boost::asio::awaitable<void> {
          for (int n = 0; n < 5; ++n) {
            const absl::StatusOr<Lease> lease = co_await Get(owner);
            right += lease.ok() && lease->owner() == owner ? 1 : 0;
          }
        },
        boost::asio::detached);
  }
  loop.run();
  EXPECT_EQ(right, 1000);
}

TEST_F(CallUnaryTest, AComponentThatComesBackIsWaitedFor) {
  ASSERT_TRUE(Run(Get("db/x")).ok());
  server_.reset();
  EXPECT_EQ(Run(Get("db/x", absl::Seconds(30), false)).status().code(),
            absl::StatusCode::kUnavailable);
  boost::asio::io_context loop;
  absl::StatusOr<Lease> lease = absl::UnknownError("no answer");
  boost::asio::co_spawn(
      loop, [&]() -> boost::asio::awaitable<void> { lease = co_await Get("db/x"); },
      boost::asio::detached);
  loop.poll();
  server_.emplace(socket_, &service_);
  loop.run();
  EXPECT_TRUE(lease.ok()) << lease.status();
}

TEST_F(CallUnaryTest, ALoopThatIsDestroyedCancelsItsCalls) {
  auto loop = std::make_unique<boost::asio::io_context>();
  bool resumed = false;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(
        *loop,
        [&]() -> boost::asio::awaitable<void> {
          const auto lease = co_await Get("hold");
          resumed = true;
        },
        boost::asio::detached);
  }
  loop->poll();
  service_.AwaitHeld(10, 0);
  loop.reset();
  service_.AwaitHeld(10, 10);
  EXPECT_FALSE(resumed);
}

TEST_F(CallUnaryTest, AnswersMayMeetTheLoopsEnd) {
  for (int round = 0; round < 50; ++round) {
    boost::asio::io_context loop;
    int answered = 0;
    for (int i = 0; i < 20; ++i) {
      boost::asio::co_spawn(
          loop,
          [&]() -> boost::asio::awaitable<void> {
            const auto lease = co_await Get("db/x");
            answered += lease.ok() ? 1 : 0;
          },
          boost::asio::detached);
    }
    while (answered < 1) loop.run_one();
  }
}

}  // namespace
}  // namespace mpd
