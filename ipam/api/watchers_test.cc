// A thousand streams of the real service, and one that is opened and not read.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/stalling_channel.h"
#include "common/testing/test_server.h"
#include "common/watch/store_watch.h"
#include "ipam/api/ipam_service.h"
#include "ipam/load/watch_streams.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

constexpr int kStreams = 1'000;
constexpr absl::Duration kTimeout = absl::Minutes(2);
class WatchersTest : public testing::Test {
 protected:
  ~WatchersTest() override {
    streams_.reset();
    hub_.Drain(absl::UnavailableError("test ends"));
    server_.Stop();
  }

  int64_t Change(int number) {
    const std::string label(60, 'x');
    const std::string name = absl::StrCat("c", number, ".", label, ".", label, ".", label);
    const auto outcome = harness_.Update({"db/changed", {name}, "", {}});
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->revision : -1;
  }

  BookHarness harness_;
  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/s";
  WatchHub hub_{absl::Seconds(1), absl::Seconds(2)};
  const StoreWakesWatches wakes_{&harness_.store(), &hub_};
  IpamService service_{&harness_.book(), &harness_.store(), &harness_.worker(), &hub_};
  TestServer server_{socket_, &service_};
  std::unique_ptr<WatchStreams> streams_;
};

TEST_F(WatchersTest, AllSeeAChangeAndOneThatStallsIsEnded) {
  ASSERT_TRUE(harness_.Allocate("db/changed", "databases").ok());
  auto streams = WatchStreams::Open(socket_, kStreams);
  ASSERT_TRUE(streams.ok()) << streams.status();
  streams_ = *std::move(streams);
  const auto first = streams_->WaitFor(Change(0), kTimeout);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->size(), kStreams);

  const auto stub = v1::IpamService::NewStub(ConnectWithSmallWindow(socket_));
  grpc::ClientContext context;
  const auto stalled = stub->WatchLeases(&context, {});
  v1::WatchLeasesResponse message;
  while (!message.synced()) ASSERT_TRUE(stalled->Read(&message));
  for (int number = 1; number <= 10; ++number) {
    const auto seen = streams_->WaitFor(Change(number), kTimeout);
    ASSERT_TRUE(seen.ok()) << seen.status();
  }
  // Without its reading anything.
  const absl::Time deadline = absl::Now() + kTimeout;
  while (hub_.stream_count() > kStreams) {
    ASSERT_LT(absl::Now(), deadline) << "the stalled one is still there";
    absl::SleepFor(absl::Milliseconds(10));
  }
  while (stalled->Read(&message)) continue;
  const grpc::Status told = stalled->Finish();
  EXPECT_EQ(told.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << FromGrpcStatus(told);
  EXPECT_NE(told.error_message().find("SLOW_READER"), std::string::npos);
  ASSERT_TRUE(streams_->WaitFor(Change(11), kTimeout).ok()) << "and nobody else";
}

}  // namespace
}  // namespace mpd::ipam
