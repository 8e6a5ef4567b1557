#include "common/rpc/grpc_1_51/call_cancellation.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/rpc/grpc_1_51/workarounds.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using ipam::v1::WatchLeasesResponse;

// Larger than what gRPC and the socket take while nobody reads.
constexpr size_t kTooMuch = 16 << 20;

// Writes a message that its client does not take.
class StuckReactor final : public grpc::ServerWriteReactor<WatchLeasesResponse> {
 public:
  StuckReactor() {
    message_.set_store_id(std::string(kTooMuch, 'x'));
    StartWrite(&message_);
  }
  void OnWriteDone(bool) override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  WatchLeasesResponse message_;
};

class Service : public IpamService::CallbackService {
 public:
  grpc::ServerWriteReactor<WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext* context, const ipam::v1::WatchLeasesRequest*) override {
    auto* reactor = new StuckReactor;
    // The call's own status comes first, whatever the reactor finishes with.
    CancelCall(context, absl::ResourceExhaustedError("too slow, list again"));
    return reactor;
  }
};

// What the client of such a stream is told.
grpc::Status Told() {
  const TestFolder folder;
  const std::string socket = folder.path() + "/s";
  Service service;
  const TestServer server(socket, &service);
  const auto stub = IpamService::NewStub(
      grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto reader = stub->WatchLeases(&context, {});
  return reader->Finish();
}

TEST(CallCancellationTest, TheClientIsToldCodeAndSentencePastWhatItDoesNotTake) {
  const grpc::Status told = Told();
  EXPECT_EQ(told.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(told.error_message(), "too slow, list again");
}

TEST(CallCancellationTest, OnAnotherGrpcTheCallIsCancelledAllTheSame) {
  GrpcWorkaroundsApply("1.60.0");
  EXPECT_EQ(Told().error_code(), grpc::StatusCode::CANCELLED);
  GrpcWorkaroundsApply("1.51.1");
}

}  // namespace
}  // namespace mpd
