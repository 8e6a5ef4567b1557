#include "common/watch/watch_reactor.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using ipam::v1::WatchLeasesRequest;
using ipam::v1::WatchLeasesResponse;

// A log of numbers; a stream sends all from its place on, one a message.
class Numbers {
 public:
  void Grow(int64_t count = 1) {
    MutexLock lock(&mutex_);
    newest_ += count;
  }
  int64_t newest() const {
    MutexLock lock(&mutex_);
    return newest_;
  }
  void Fail(absl::Status error) {
    MutexLock lock(&mutex_);
    error_ = std::move(error);
  }
  absl::Status error() const {
    MutexLock lock(&mutex_);
    return error_;
  }
  std::atomic<int> sources{0};

 private:
  mutable Mutex mutex_;
  int64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

class NumberSource : public WatchSource<WatchLeasesResponse> {
 public:
  NumberSource(Numbers* numbers, int64_t padding) : numbers_(numbers), padding_(padding) {
    ++numbers_->sources;
  }
  ~NumberSource() override { --numbers_->sources; }
  absl::StatusOr<bool> Next(WatchLeasesResponse* message) override {
    if (absl::Status error = numbers_->error(); !error.ok()) return error;
    if (place_ >= numbers_->newest()) return false;
    message->set_revision(++place_);
    message->set_store_id(std::string(padding_, 'x'));
    return true;
  }
  void Progress(WatchLeasesResponse* message) override {
    message->set_revision(place_);
    message->set_synced(true);  // tells progress from the rest here
  }

 private:
  Numbers* const numbers_;
  const int64_t padding_;
  int64_t place_ = 0;
};

class NumberService : public IpamService::CallbackService {
 public:
  NumberService(WatchHub* hub, Numbers* numbers) : hub_(hub), numbers_(numbers) {}
  grpc::ServerWriteReactor<WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext* context, const WatchLeasesRequest* request) override {
    if (request->start_revision() < 0) {
      return hub_->Refuse<WatchLeasesResponse>(InvalidField("start_revision", "-1", "negative"));
    }
    return hub_->Start<WatchLeasesResponse>(
        std::make_unique<NumberSource>(numbers_, request->start_revision()), context);
  }

 private:
  WatchHub* const hub_;
  Numbers* const numbers_;
};

// One stream as a client sees it.
class Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel, int64_t padding = 0)
      : stub_(IpamService::NewStub(channel)) {
    WatchLeasesRequest request;
    request.set_start_revision(padding);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_->WatchLeases(&context_, request);
  }
  // The next message's revision; -1 at the end.
  int64_t Read() { return reader_->Read(&message_) ? message_.revision() : -1; }
  const WatchLeasesResponse& message() const { return message_; }
  void Cancel() { context_.TryCancel(); }
  absl::Status Finish() {
    while (reader_->Read(&message_)) {
    }
    return FromGrpcStatus(reader_->Finish());
  }

 private:
  std::unique_ptr<IpamService::Stub> stub_;
  grpc::ClientContext context_;
  WatchLeasesResponse message_;
  std::unique_ptr<grpc::ClientReader<WatchLeasesResponse>> reader_;
};

class WatchReactorTest : public ::testing::Test {
 protected:
  explicit WatchReactorTest(absl::Duration progress = absl::Hours(1),
                            absl::Duration stall_limit = absl::Hours(1))
      : hub_(progress, stall_limit) {}

  std::shared_ptr<grpc::Channel> Channel() { return MakeLocalChannel(socket_); }
  void Change(int64_t count = 1) {
    numbers_.Grow(count);
    hub_.Wake();
  }

  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/s";
  WatchHub hub_;
  Numbers numbers_;
  NumberService service_{&hub_, &numbers_};
  TestServer server_{socket_, &service_};
};

TEST_F(WatchReactorTest, SendsWhatThereIsAndThenWhatComes) {
  Change(3);
  Stream stream(Channel());
  EXPECT_EQ(stream.Read(), 1);
  EXPECT_EQ(stream.Read(), 2);
  EXPECT_EQ(stream.Read(), 3);
  for (int i = 4; i <= 50; ++i) {
    Change();
    EXPECT_EQ(stream.Read(), i);
  }
}

TEST_F(WatchReactorTest, NoWakeIsLostWhateverTheTiming) {
  constexpr int kChanges = 3000;
  constexpr int kStreams = 4;
  std::vector<std::thread> readers;
  std::atomic<int> complete{0};
  for (int i = 0; i < kStreams; ++i) {
    readers.emplace_back([&] {
      Stream stream(Channel());
      int64_t last = 0;
      while (last < kChanges && stream.Read() == last + 1) ++last;
      complete += last == kChanges ? 1 : 0;
    });
  }
  for (int i = 0; i < kChanges; ++i) Change();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(complete, kStreams);
}

TEST_F(WatchReactorTest, TheSourcesErrorEndsTheStream) {
  Stream stream(Channel());
  numbers_.Fail(MakeError(absl::StatusCode::kResourceExhausted, "too slow", "SLOW_READER"));
  hub_.Wake();
  EXPECT_EQ(ErrorReason(stream.Finish()), "SLOW_READER");
  hub_.WaitUntilEmpty();
}

TEST_F(WatchReactorTest, RefuseEndsAtOnce) {
  Stream stream(Channel(), -1);
  EXPECT_EQ(ErrorReason(stream.Finish()), "INVALID_FIELD");
  hub_.WaitUntilEmpty();
}

TEST_F(WatchReactorTest, CancelFreesAnIdleStream) {
  Change();
  Stream stream(Channel());
  ASSERT_EQ(stream.Read(), 1);
  EXPECT_EQ(hub_.stream_count(), 1);
  stream.Cancel();
  EXPECT_EQ(stream.Finish().code(), absl::StatusCode::kCancelled);
  hub_.WaitUntilEmpty();
  EXPECT_EQ(numbers_.sources, 0);
}

TEST_F(WatchReactorTest, AStalledReaderHoldsUpNobodyAndFreesItsPlace) {
  constexpr int64_t kPadding = 1 << 20;
  auto stalled_channel = Channel();
  Stream stalled(stalled_channel, kPadding);
  Change(200);
  ASSERT_EQ(stalled.Read(), 1);  // and then no more
  Stream other(Channel());
  for (int i = 1; i <= 200; ++i) ASSERT_EQ(other.Read(), i);
  stalled.Cancel();
  other.Cancel();
  EXPECT_EQ(stalled.Finish().code(), absl::StatusCode::kCancelled);
  hub_.WaitUntilEmpty();
}

TEST_F(WatchReactorTest, DrainEndsStreamsNowAndLater) {
  Change();
  auto channel = Channel();
  Stream idle(channel);
  ASSERT_EQ(idle.Read(), 1);
  hub_.Drain(MakeError(absl::StatusCode::kUnavailable, "going down", "SHUTTING_DOWN"));
  EXPECT_EQ(ErrorReason(idle.Finish()), "SHUTTING_DOWN");
  Stream later(channel);
  EXPECT_EQ(ErrorReason(later.Finish()), "SHUTTING_DOWN");
  hub_.WaitUntilEmpty();
  EXPECT_EQ(numbers_.sources, 0);
}

TEST_F(WatchReactorTest, ManyStreamsThatComeAndGoUnderLoad) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) Change();
  });
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this, i] {
      auto channel = Channel();
      for (int n = 0; n < 50; ++n) {
        Stream stream(channel);
        for (int reads = 0; reads < (n + i) % 5; ++reads)
          ASSERT_GT(stream.Read(), 0) << stream.Finish();
        stream.Cancel();
        if (n % 2 == 0) {
          EXPECT_FALSE(stream.Finish().ok());
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  stop = true;
  writer.join();
  hub_.WaitUntilEmpty();
  EXPECT_EQ(numbers_.sources, 0);
}

TEST_F(WatchReactorTest, AServerThatIsCancelledLeavesNoStream) {
  Change();
  Stream stream(Channel());
  ASSERT_EQ(stream.Read(), 1);
  server_.Stop();
  hub_.WaitUntilEmpty();
  EXPECT_FALSE(stream.Finish().ok());
}

class WatchProgressTest : public WatchReactorTest {
 protected:
  WatchProgressTest() : WatchReactorTest(absl::Milliseconds(20)) {}
};

TEST_F(WatchProgressTest, ASilentStreamTellsHowFarItIs) {
  Change();
  Stream stream(Channel());
  ASSERT_EQ(stream.Read(), 1);
  EXPECT_FALSE(stream.message().synced());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(stream.Read(), 1);
    EXPECT_TRUE(stream.message().synced()) << "a progress message";
  }
  Change();
  while (stream.Read() == 1) {
  }
  EXPECT_EQ(stream.message().revision(), 2);
}

class WatchStallTest : public WatchReactorTest {
 protected:
  WatchStallTest() : WatchReactorTest(absl::Milliseconds(20), absl::Milliseconds(200)) {}
};

TEST_F(WatchStallTest, WhoTakesNothingIsEndedWithoutReading) {
  Stream stalled(Channel(), /*padding=*/1 << 20);
  Change(100);
  ASSERT_EQ(stalled.Read(), 1);  // and then no more
  hub_.WaitUntilEmpty();
  EXPECT_EQ(numbers_.sources, 0) << "nothing is kept for it";
  const absl::Status told = stalled.Finish();
  EXPECT_EQ(told.code(), absl::StatusCode::kResourceExhausted) << told;
  EXPECT_NE(told.message().find("SLOW_READER"), absl::string_view::npos) << told;
}

TEST_F(WatchStallTest, WhoReadsStaysHoweverLittleThereIs) {
  Stream reader(Channel());
  // Several stall limits long.
  for (int i = 0; i < 40; ++i) ASSERT_GE(reader.Read(), 0) << reader.Finish();
  EXPECT_EQ(hub_.stream_count(), 1);
  reader.Cancel();
}

}  // namespace
}  // namespace mpd
