#include "common/rpc/grpc_status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/status.h"
#include "google/rpc/status.pb.h"

namespace mpd {
namespace {

TEST(GrpcStatusTest, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatusTest, ThereAndBackKeepsEverything) {
  const absl::Status status =
      WithRetryDelay(MakeError(absl::StatusCode::kUnavailable, "The disk refuses writes",
                               "STORE_UNAVAILABLE", {{"path", "/var/lib/mpd/ipam"}}),
                     absl::Seconds(2));
  EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
}

TEST(GrpcStatusTest, DetailsAreAGoogleRpcStatus) {
  const grpc::Status status =
      ToGrpcStatus(MakeError(absl::StatusCode::kAborted, "Changed meanwhile", "ETAG_MISMATCH"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  google::rpc::Status proto;
  ASSERT_TRUE(proto.ParseFromString(status.error_details()));
  EXPECT_EQ(proto.code(), 10);
  EXPECT_EQ(proto.message(), "Changed meanwhile");
  ASSERT_EQ(proto.details_size(), 1);
  EXPECT_EQ(proto.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
}

TEST(GrpcStatusTest, FitsIntoHeadersWhateverItHolds) {
  const std::string huge(100'000, 'x');
  const grpc::Status status =
      ToGrpcStatus(MakeError(absl::StatusCode::kInternal, huge, "TOO_MUCH", {{"output", huge}}));
  EXPECT_LE(status.error_message().size(), 1000u);
  EXPECT_LE(status.error_details().size(), 3000u);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(status)), "TOO_MUCH");
}

TEST(GrpcStatusTest, ForeignDetailsAreNotTrusted) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "boom", "not a proto \xFF"));
  EXPECT_EQ(status, absl::InternalError("boom"));
}

}  // namespace
}  // namespace mpd
