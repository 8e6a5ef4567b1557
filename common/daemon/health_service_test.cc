#include "common/daemon/health_service.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"

namespace mpd {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// A server with the services "own" and "relayed", the latter not served.
class HealthServiceTest : public testing::Test {
 protected:
  HealthServiceTest() {
    board_->AddOwn({"own"});
    board_->SetRelayed("relayed", false);
  }
  ~HealthServiceTest() override { watches_.Drain(absl::UnavailableError("over")); }

  absl::StatusOr<int> Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const grpc::Status status = stub_->Check(&context, RequestFor(service), &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response.status();
  }
  static HealthCheckRequest RequestFor(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  const TestFolder folder_;
  const std::string socket_ = folder_.path() + "/s";
  WatchHub watches_;
  const std::shared_ptr<HealthBoard> board_ = std::make_shared<HealthBoard>();
  HealthService service_{board_, &watches_};
  const TestServer server_{socket_, &service_};
  const std::unique_ptr<Health::Stub> stub_ =
      Health::NewStub(grpc::CreateChannel("unix:" + socket_, grpc::InsecureChannelCredentials()));
};

TEST_F(HealthServiceTest, ChecksTheServerAndEachService) {
  EXPECT_EQ(*Check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(*Check("own"), HealthCheckResponse::SERVING);
  EXPECT_EQ(*Check("relayed"), HealthCheckResponse::NOT_SERVING);
  board_->SetRelayed("relayed", true);
  EXPECT_EQ(*Check("relayed"), HealthCheckResponse::SERVING);
  board_->SetServing(false);
  for (const char* service : {"", "own", "relayed"}) {
    EXPECT_EQ(*Check(service), HealthCheckResponse::NOT_SERVING) << service;
  }
  const absl::Status unknown = Check("other").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(unknown), "SERVICE_UNKNOWN");
}

TEST_F(HealthServiceTest, AWatchTellsOfEachChangeUntilTheServerDrains) {
  grpc::ClientContext context;
  const auto reader = stub_->Watch(&context, RequestFor("relayed"));
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  board_->SetRelayed("relayed", true);
  watches_.Wake();
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  watches_.Drain(absl::UnavailableError("over"));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// As the protocol has it: the service may come later.
TEST_F(HealthServiceTest, AWatchOfAnUnknownServiceStaysOpen) {
  grpc::ClientContext context;
  const auto reader = stub_->Watch(&context, RequestFor("other"));
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  board_->AddOwn({"other"});
  watches_.Wake();
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace mpd
