#include "gateway/ctl/commands/app.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "gateway/ctl/view/table.h"

namespace mpd::gateway::ctl {
namespace {

// The command that helps after this error; empty when none is known.
std::string NextCommand(const absl::Status& error) {
  const std::string reason = ErrorReason(error);
  if (reason == "WORKLOAD_EXISTS") return "mpdctl status";
  if (reason == "WORKLOAD_NOT_FOUND") return "mpdctl status";
  if (reason == "POOL_EXHAUSTED") return "mpdctl lease list";
  if (reason == "RESOLVER_SILENT") return "mpdctl status";
  if (reason == "NO_CONTAINER") return "mpdctl up";
  return "";
}

}  // namespace

App::App(Args args, Terminal terminal, const std::string& default_endpoint)
    : args_(std::move(args)),
      terminal_(terminal),
      endpoint_(args_.endpoint.empty() ? default_endpoint : args_.endpoint),
      channel_(MakeLocalChannel(endpoint_.substr(sizeof("unix:") - 1))) {}

absl::Time App::Deadline(absl::Duration fallback) const {
  return start_ + args_.timeout.value_or(fallback);
}

std::unique_ptr<grpc::ClientContext> App::Context(absl::Duration fallback) const {
  auto context = std::make_unique<grpc::ClientContext>();
  const absl::Time deadline = Deadline(fallback);
  if (deadline != absl::InfiniteFuture()) context->set_deadline(absl::ToChronoTime(deadline));
  return context;
}

int App::Fail(const grpc::Status& status) const {
  if (IsUnreachable(status)) {
    return Fail(kUnreachable, absl::StrCat("The gateway does not answer at ", endpoint_),
                "systemctl status mpd-gateway; journalctl -u mpd-gateway -n 50");
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return Fail(kTimeout, "No answer in time; what was asked for may still happen",
                "mpdctl status");
  }
  // gRPC replies so, without a message, when the server does not have the method.
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty()) {
    return Fail(kFailed, "That is not part of this version");
  }
  const absl::Status error = FromGrpcStatus(status);
  return Fail(kFailed, std::string(error.message()), NextCommand(error));
}

int App::Fail(ExitCode code, const std::string& message, const std::string& next) const {
  // Colours are used only when standard error is a terminal too.
  const bool color = terminal_.color && terminal_.progress;
  *terminal_.err << Paint("mpdctl: ", Color::kRed, color) << Printable(message, 2000) << "\n";
  if (!next.empty()) *terminal_.err << "  next: " << next << "\n";
  return code;
}

int App::PrintJson(const google::protobuf::Message& message, bool one_line) const {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return Fail(kFailed, "The answer can't be shown as JSON");
  out() << json;
  if (one_line) out() << "\n";
  out().flush();
  return kOk;
}

bool IsUnreachable(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
}

std::string NewRequestId() {
  std::array<unsigned char, 16> bytes;
  // When no random bytes can be had, the call is made without an id, which is allowed.
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return "";
  return absl::StrCat("mpdctl-", absl::BytesToHexString(absl::string_view(
                                     reinterpret_cast<const char*>(bytes.data()), bytes.size())));
}

}  // namespace mpd::gateway::ctl
