#include "common/watch/watch_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/testing/test_server.h"
#include "common/watch/watch_reactor.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using ipam::v1::WatchLeasesRequest;
using ipam::v1::WatchLeasesResponse;
using ::testing::ElementsAre;

WatchLeasesResponse Message(int64_t revision, bool synced = false) {
  WatchLeasesResponse message;
  message.set_revision(revision);
  message.set_store_id("store");
  message.set_synced(synced);
  return message;
}

// Plays a script to each stream in turn: its messages, and its end where it has one.
struct Script {
  std::vector<WatchLeasesResponse> messages;
  absl::Status end;
};

class ScriptSource : public WatchSource<WatchLeasesResponse> {
 public:
  explicit ScriptSource(Script script) : script_(std::move(script)) {}
  absl::StatusOr<bool> Next(WatchLeasesResponse* message) override {
    if (next_ < script_.messages.size()) {
      *message = script_.messages[next_++];
      return true;
    }
    if (!script_.end.ok()) return script_.end;
    return false;
  }
  void Progress(WatchLeasesResponse*) override {}

 private:
  const Script script_;
  size_t next_ = 0;
};

class ScriptService : public IpamService::CallbackService {
 public:
  ScriptService(WatchHub* hub, std::vector<Script> scripts)
      : hub_(hub), scripts_(std::move(scripts)) {}

  grpc::ServerWriteReactor<WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext*, const WatchLeasesRequest* request) override {
    MutexLock lock(&mutex_);
    const size_t stream = requests_.size();
    requests_.push_back(absl::StrCat(request->start_revision(),
                                     request->store_id().empty() ? "" : "@" + request->store_id()));
    return hub_->Start<WatchLeasesResponse>(
        std::make_unique<ScriptSource>(stream < scripts_.size() ? scripts_[stream] : Script()));
  }
  std::vector<std::string> requests() const {
    MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  WatchHub* const hub_;
  const std::vector<Script> scripts_;
  mutable Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
};

class WatchClientTest : public ::testing::Test {
 protected:
  using Client = WatchClient<WatchLeasesRequest, WatchLeasesResponse>;

  ~WatchClientTest() override { client_.reset(); }

  void Serve(std::vector<Script> scripts) {
    service_.emplace(&hub_, std::move(scripts));
    server_.emplace(socket_, &*service_);
  }
  void Watch(WatchClientOptions options = {}) {
    Client::Callbacks callbacks;
    callbacks.on_reset = [this] { Tell("reset"); };
    callbacks.on_message = [this](const WatchLeasesResponse& message) {
      Tell(absl::StrCat(message.revision(), message.synced() ? " synced" : ""));
    };
    callbacks.on_connection = [this](const absl::Status& status) {
      const std::string reason = ErrorReason(status);
      Tell(status.ok() ? "up" : absl::StrCat("down ", reason.empty() ? status.message() : reason));
      last_error_ = status;
    };
    client_.emplace(&loop_, MakeLocalChannel(socket_), "/mpd.ipam.v1.IpamService/WatchLeases",
                    std::move(callbacks), options);
    client_->Start();
  }
  // Runs the loop until so much has been told.
  void AwaitTold(size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (told_.size() < count && std::chrono::steady_clock::now() < deadline) {
      loop_.run_one_for(std::chrono::seconds(1));
    }
    ASSERT_GE(told_.size(), count);
  }

  void Tell(std::string what) {
    told_.push_back(std::move(what));
    if (on_told_) on_told_();
  }

  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/s";
  WatchHub hub_{absl::Hours(1)};
  std::optional<ScriptService> service_;
  std::optional<TestServer> server_;
  boost::asio::io_context loop_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  std::vector<std::string> told_;
  absl::Status last_error_;
  std::function<void()> on_told_;
  std::optional<Client> client_;
};

TEST_F(WatchClientTest, TellsStateThenChanges) {
  Serve({{{Message(5), Message(5, true), Message(6)}, {}}});
  Watch();
  AwaitTold(5);
  EXPECT_THAT(told_, ElementsAre("reset", "up", "5", "5 synced", "6"));
  EXPECT_THAT(service_->requests(), ElementsAre("0"));
}

TEST_F(WatchClientTest, ResumesAfterTheLastMessage) {
  Serve({{{Message(5, true), Message(7)},
          MakeError(absl::StatusCode::kUnavailable, "restart", "SHUTTING_DOWN")},
         {{Message(8)}, {}}});
  Watch();
  AwaitTold(7);
  EXPECT_THAT(told_, ElementsAre("reset", "up", "5 synced", "7", "down SHUTTING_DOWN", "up", "8"));
  EXPECT_THAT(service_->requests(), ElementsAre("0", "8@store"));
}

TEST_F(WatchClientTest, AStateThatWasNotCompleteIsReadAgain) {
  Serve({{{Message(5)}, MakeError(absl::StatusCode::kUnavailable, "restart", "SHUTTING_DOWN")},
         {{Message(5, true)}, {}}});
  Watch();
  AwaitTold(7);
  EXPECT_THAT(told_,
              ElementsAre("reset", "up", "5", "down SHUTTING_DOWN", "reset", "up", "5 synced"));
  EXPECT_THAT(service_->requests(), ElementsAre("0", "0"));
}

TEST_F(WatchClientTest, ALostPlaceBeginsAnew) {
  Serve({{{Message(5, true)}, MakeError(absl::StatusCode::kUnavailable, "x", "SHUTTING_DOWN")},
         {{}, MakeError(absl::StatusCode::kOutOfRange, "compacted", "REVISION_COMPACTED")},
         {{Message(900, true)},
          MakeError(absl::StatusCode::kResourceExhausted, "slow", "SLOW_READER")},
         {{Message(950, true)}, {}}});
  Watch();
  AwaitTold(11);
  EXPECT_THAT(told_, ElementsAre("reset", "up", "5 synced", "down SHUTTING_DOWN", "reset", "up",
                                 "900 synced", "down SLOW_READER", "reset", "up", "950 synced"));
  EXPECT_THAT(service_->requests(), ElementsAre("0", "6@store", "0", "0"));
}

TEST_F(WatchClientTest, ReconnectsWhenTheServerIsBack) {
  Serve({{{Message(5, true)}, {}}});
  Watch();
  AwaitTold(3);
  server_.reset();
  AwaitTold(4);
  EXPECT_EQ(last_error_.code(), absl::StatusCode::kUnavailable);
  Serve({{{Message(6)}, {}}});
  const auto back = std::chrono::steady_clock::now();
  AwaitTold(6);
  EXPECT_LT(std::chrono::steady_clock::now() - back, std::chrono::seconds(3));
  EXPECT_THAT(service_->requests(), ElementsAre("6@store"));
}

TEST_F(WatchClientTest, ASilentStreamIsMadeAnew) {
  Serve({{{Message(5, true)}, {}}, {{Message(5)}, {}}});
  WatchClientOptions options;
  options.silence_limit = absl::Milliseconds(200);
  Watch(options);
  AwaitTold(6);
  EXPECT_EQ(told_[3], "down nothing came for 200ms");
  EXPECT_EQ(service_->requests()[1], "6@store");
}

TEST_F(WatchClientTest, AServerThatNeverCameIsTold) {
  WatchClientOptions options;
  options.silence_limit = absl::Milliseconds(100);
  Watch(options);
  AwaitTold(1);
  EXPECT_EQ(told_[0], "down nothing came for 100ms");
  EXPECT_EQ(last_error_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(WatchClientTest, MayBeDestroyedByAnyOfItsCallbacks) {
  for (size_t last = 1; last <= 4; ++last) {
    Serve({{{Message(5), Message(6)}, {}}});
    told_.clear();
    on_told_ = [this, last] {
      if (told_.size() == last) client_.reset();
    };
    Watch();
    AwaitTold(last);
    hub_.WaitUntilEmpty();
    loop_.poll();
    EXPECT_EQ(told_.size(), last);
    server_.reset();
  }
}

TEST_F(WatchClientTest, MayBeDestroyedWhileMessagesCome) {
  std::vector<WatchLeasesResponse> flood;
  for (int i = 1; i <= 5000; ++i) flood.push_back(Message(i, i == 1));
  for (int round = 0; round < 20; ++round) {
    Serve({{flood, {}}});
    told_.clear();
    Watch();
    AwaitTold(static_cast<size_t>(10 * round + 3));
    client_.reset();
    const size_t told = told_.size();
    hub_.WaitUntilEmpty();
    loop_.poll();
    EXPECT_EQ(told_.size(), told);
    server_.reset();
  }
}

}  // namespace
}  // namespace mpd
