#include "common/rpc/grpc_status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/cord.h"
#include "common/base/status.h"
#include "google/rpc/error_details.pb.h"
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

size_t Size(const grpc::Status& status) {
  return status.error_message().size() + status.error_details().size();
}

TEST(GrpcStatusTest, IsBelow4KiBWhateverItHolds) {
  const std::string huge(100'000, 'x');
  const absl::Status made = MakeError(absl::StatusCode::kInternal, huge, "TOO_MUCH",
                                      {{"name", huge}, {"other", huge}, {"short", "value"}});
  const absl::Status later = Annotate(WithRetryDelay(made, absl::Hours(10'000)), huge);
  for (const absl::Status& status : {made, later}) {
    const grpc::Status sent = ToGrpcStatus(status);
    EXPECT_LT(Size(sent), 4096u);
    const absl::Status got = FromGrpcStatus(sent);
    EXPECT_EQ(ErrorReason(got), "TOO_MUCH");
    EXPECT_EQ(ErrorMetadataValue(got, "short"), "value");
    EXPECT_EQ(ErrorMetadataValue(got, "name").substr(0, 3), "xxx");
  }
}

TEST(GrpcStatusTest, IsBelow4KiBThoughNobodyCappedIt) {
  absl::Status status = absl::InternalError(std::string(100'000, '\n'));
  google::rpc::ErrorInfo info;
  info.set_reason("FOREIGN");
  (*info.mutable_metadata())["name"] = std::string(100'000, 'x');
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  status.SetPayload("mpd.test/internal", absl::Cord(std::string(100'000, 'x')));
  const grpc::Status sent = ToGrpcStatus(status);
  EXPECT_LT(Size(sent), 4096u);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(sent)), "FOREIGN");
}

TEST(GrpcStatusTest, ForeignDetailsAreNotTrusted) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "boom", "not a proto \xFF"));
  EXPECT_EQ(status, absl::InternalError("boom"));
}

}  // namespace
}  // namespace mpd
