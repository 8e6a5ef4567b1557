// WatchStatus, by a real client: every message is the whole status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/testing/stalling_channel.h"
#include "dnsd-controller/api/dnsd_service_test_util.h"

namespace mpd::dnsd {
namespace {

using ::testing::HasSubstr;

using StatusWatchTest = DnsdServiceTest;

TEST_F(StatusWatchTest, AWatchTellsTheStatusAndEachChange) {
  grpc::ClientContext context;
  SetDeadline(&context, std::chrono::seconds(20));
  const auto stream = stub_->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().published_revision(), 0);
  Publish({"php.runtime"}, 7);
  while (message.status().published_revision() < 7) ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().store_id(), "store-1");
  watches_.Drain(DnsdErrors::ShuttingDown());
  while (stream->Read(&message)) {
  }
  const absl::Status ended = FromGrpcStatus(stream->Finish());
  EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("shutting down"));
}

TEST_F(StatusWatchTest, AWatchWithoutChangesSendsTheStatusAgain) {
  Publish({"php.runtime"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  grpc::ClientContext context;
  SetDeadline(&context, std::chrono::seconds(20));
  const auto stream = stub_->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream->Read(&message)) << "progress comes without a change";
    EXPECT_EQ(message.status().resolver(), "fake:53") << "whole, each time";
  }
  context.TryCancel();
}

TEST_F(StatusWatchTest, AWatcherThatDoesNotReadIsEnded) {
  v1::Status large;
  for (int i = 0; i < 1000; ++i) large.add_upstream_servers(std::string(1000, 'x'));
  board_.Set(large, false);
  const auto stub = v1::DnsdControllerService::NewStub(ConnectWithSmallWindow(socket_));
  grpc::ClientContext context;
  SetDeadline(&context, std::chrono::seconds(20));
  const auto stream = stub->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(stream->Read(&message));
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (watches_.stream_count() > 0) {
    ASSERT_LT(absl::Now(), deadline) << "the stalled stream is still there";
    large.set_record_count(large.record_count() + 1);
    board_.Set(large, false);
    absl::SleepFor(absl::Milliseconds(10));
  }
  while (stream->Read(&message)) continue;
  const grpc::Status ended = stream->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << FromGrpcStatus(ended);
  EXPECT_THAT(ended.error_message(), HasSubstr("SLOW_READER"));
}

}  // namespace
}  // namespace mpd::dnsd
