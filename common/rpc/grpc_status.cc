#include "common/rpc/grpc_status.h"

#include <grpcpp/support/status.h>

#include <string>

#include "absl/strings/cord.h"
#include "common/base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace mpd {
namespace {

// A peer drops the whole answer when its headers are above 8 KiB. The message travels
// percent-encoded (three for one at worst), the details in base64 (four for three).
constexpr size_t kMaxMessage = 1000;
constexpr size_t kMaxDetails = 3000;

google::rpc::Status ToProto(const absl::Status& status, const std::string& message) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(message);
  status.ForEachPayload([&proto](absl::string_view url, const absl::Cord& payload) {
    auto* detail = proto.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  return proto;
}

// What programs act on, where the rest is too long to send.
google::rpc::Status ToShortProto(const absl::Status& status, const std::string& message) {
  google::rpc::ErrorInfo info;
  info.set_reason(Printable(ErrorReason(status), 100));
  info.set_domain(std::string(kErrorDomain));
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(message);
  proto.add_details()->PackFrom(info);
  return proto;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = Printable(status.message(), kMaxMessage);
  std::string details = ToProto(status, message).SerializeAsString();
  if (details.size() > kMaxDetails) details = ToShortProto(status, message).SerializeAsString();
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message, details);
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status out(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status proto;
  if (!proto.ParseFromString(status.error_details())) return out;
  for (const auto& detail : proto.details()) {
    if (detail.Is<google::rpc::ErrorInfo>() || detail.Is<google::rpc::RetryInfo>()) {
      out.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return out;
}

}  // namespace mpd
