#include "gateway/relay/relay.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "gateway/relay/relay_test_util.h"

namespace mpd::gateway {
namespace {

namespace ipam = mpd::ipam::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

class RelayTest : public testing::Test {
 protected:
  grpc::Status Allocate(const std::string& owner, grpc::ClientContext* context) {
    ipam::AllocateAddressRequest request;
    request.set_owner(owner);
    return stub_->AllocateAddress(context, request, &lease_);
  }

  RelaySetup setup_;
  std::unique_ptr<ipam::IpamService::Stub> stub_ = setup_.Stub();
  ipam::Lease lease_;
};

TEST_F(RelayTest, UnaryCallPasses) {
  setup_.StartBackend();
  grpc::ClientContext context;
  const grpc::Status status = Allocate("runtime/php", &context);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(lease_.owner(), "runtime/php");
}

TEST_F(RelayTest, MetadataPassesBothWaysFiltered) {
  setup_.StartBackend();
  grpc::ClientContext context;
  context.AddMetadata("x-trace", "t1");
  context.AddMetadata("mpd-client", "forged");
  ASSERT_TRUE(Allocate("runtime/php", &context).ok());
  const auto& first = context.GetServerInitialMetadata();
  const auto& last = context.GetServerTrailingMetadata();
  ASSERT_EQ(first.count("x-first-x-trace"), 1u);
  EXPECT_EQ(first.find("x-first-x-trace")->second, "t1");
  ASSERT_EQ(last.count("x-last-x-trace"), 1u);
  EXPECT_EQ(last.find("x-last-x-trace")->second, "t1");
  EXPECT_EQ(last.count("x-last-mpd-client"), 0u);
}

TEST_F(RelayTest, StatusDetailsPass) {
  setup_.StartBackend();
  grpc::ClientContext context;
  const grpc::Status status = Allocate("bad", &context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(status.error_message(), "taken: ask another");
  const absl::Status error = FromGrpcStatus(status);
  EXPECT_EQ(ErrorReason(error), "ADDRESS_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(error, "owner"), "runtime/php");
}

TEST_F(RelayTest, DeadlineReachesTheBackend) {
  setup_.StartBackend();
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + milliseconds(200));
  EXPECT_EQ(Allocate("hang", &context).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (setup_.fake.cancelled == 0) std::this_thread::yield();
}

TEST_F(RelayTest, CancellationReachesTheBackend) {
  setup_.StartBackend();
  grpc::ClientContext context;
  auto call = std::async(std::launch::async, [&] { return Allocate("hang", &context); });
  while (setup_.fake.started == 0) std::this_thread::yield();
  context.TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
  while (setup_.fake.cancelled == 0) std::this_thread::yield();
}

TEST_F(RelayTest, StreamPassesWholeAndInOrder) {
  setup_.StartBackend();
  grpc::ClientContext context;
  ipam::WatchLeasesRequest request;
  request.set_start_revision(2000);
  auto reader = stub_->WatchLeases(&context, request);
  ipam::WatchLeasesResponse response;
  int64_t count = 0;
  while (reader->Read(&response)) ASSERT_EQ(response.revision(), ++count);
  EXPECT_EQ(count, 2000);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(RelayTest, AbandonedStreamEndsAtTheBackend) {
  setup_.StartBackend();
  grpc::ClientContext context;
  ipam::WatchLeasesRequest request;
  request.set_store_id("endless");
  auto reader = stub_->WatchLeases(&context, request);
  ipam::WatchLeasesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (setup_.fake.cancelled == 0) std::this_thread::yield();
}

// A caller that sends nothing and does not end its side. The backend's status must reach it anyway.
class SilentCaller : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  SilentCaller(const std::shared_ptr<grpc::Channel>& channel, const std::string& method)
      : stub_(channel) {
    stub_.PrepareBidiStreamingCall(&context_, method, {}, this);
    StartRead(&message_);
    StartCall();
  }
  void OnDone(const grpc::Status& status) override { status_.set_value(status); }
  grpc::Status Wait() { return status_.get_future().get(); }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer message_;
  std::promise<grpc::Status> status_;
};

TEST_F(RelayTest, BackendMayEndACallWhoseCallerStillSends) {
  setup_.StartBackend();
  // The fake does not implement the method, so it ends the call before it has read anything.
  SilentCaller caller(setup_.RelayChannel(), "/mpd.dnsd.v1.DnsdControllerService/Lookup");
  EXPECT_EQ(caller.Wait().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(RelayTest, AnUnknownMethodIsNotInThisVersion) {
  setup_.StartBackend();
  SilentCaller caller(setup_.RelayChannel(), "/mpd.ipam.v1.IpamService/Nothing");
  const absl::Status error = FromGrpcStatus(caller.Wait());
  EXPECT_EQ(error.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorReason(error), "NOT_IN_THIS_VERSION");
  EXPECT_EQ(ErrorMetadataValue(error, "method"), "/mpd.ipam.v1.IpamService/Nothing");
  EXPECT_EQ(setup_.fake.started, 0);
}

TEST(RelayGrantTest, AMethodThatIsNotGrantedIsDenied) {
  RelaySetup setup(Caller::kEnrolled);
  setup.StartBackend();
  SilentCaller caller(setup.RelayChannel(), "/mpd.ipam.v1.IpamService/AllocateAddress");
  const absl::Status error = FromGrpcStatus(caller.Wait());
  EXPECT_EQ(error.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorReason(error), "METHOD_NOT_GRANTED");
  EXPECT_EQ(setup.fake.started, 0);
}

TEST_F(RelayTest, UnsafeCallFailsAtOnceWithoutBackend) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + seconds(30));
  ipam::Lease lease;
  const auto start = system_clock::now();
  const absl::Status error = FromGrpcStatus(stub_->UpdateLease(&context, {}, &lease));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(error), "BACKEND_UNAVAILABLE");
  EXPECT_EQ(ErrorMetadataValue(error, "component"), "ipam");
  EXPECT_THAT(std::string(error.message()), testing::HasSubstr("systemctl status mpd-ipam"));
  EXPECT_TRUE(error.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_LT(system_clock::now() - start, seconds(10));
}

TEST_F(RelayTest, SafeCallWaitsForTheBackend) {
  auto call = std::async(std::launch::async, [&] {
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + seconds(30));
    return Allocate("runtime/php", &context);
  });
  EXPECT_EQ(call.wait_for(milliseconds(300)), std::future_status::timeout);
  setup_.StartBackend();
  EXPECT_TRUE(call.get().ok());
}

TEST_F(RelayTest, SafeCallEndsWithBackendUnavailableBeforeItsDeadline) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + milliseconds(500));
  EXPECT_EQ(ErrorReason(FromGrpcStatus(Allocate("runtime/php", &context))), "BACKEND_UNAVAILABLE");
}

TEST_F(RelayTest, AStreamEndsWithAnErrorWhenItsBackendIsKilled) {
  setup_.StartBackend();
  grpc::ClientContext context;
  ipam::WatchLeasesRequest request;
  request.set_store_id("endless");
  auto reader = stub_->WatchLeases(&context, request);
  ipam::WatchLeasesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  auto stop = std::async(std::launch::async, [&] { setup_.StopBackend(); });
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  stop.get();
  // The shutdown cancels the call in the handler, so the relay may get its CANCELLED.
  EXPECT_THAT(status.error_code(),
              testing::AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED));
  setup_.StartBackend();
  grpc::ClientContext again;
  EXPECT_TRUE(Allocate("runtime/php", &again).ok());
}

}  // namespace
}  // namespace mpd::gateway
