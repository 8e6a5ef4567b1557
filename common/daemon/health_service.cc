#include "common/daemon/health_service.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/unary_handler.h"

namespace mpd {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

absl::Status ServiceUnknown(const std::string& service) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("This server has no service ", Printable(service),
                                "; reflection lists those that it has"),
                   "SERVICE_UNKNOWN", {{"service", service}});
}

class HealthSource : public WatchSource<HealthCheckResponse> {
 public:
  HealthSource(std::shared_ptr<const HealthBoard> board, std::string service)
      : board_(std::move(board)), service_(std::move(service)) {}

  absl::StatusOr<bool> Next(HealthCheckResponse* message) override {
    const HealthBoard::Status now = board_->Of(service_);
    if (now == sent_) return false;
    sent_ = now;
    message->set_status(now);
    return true;
  }
  void Progress(HealthCheckResponse* message) override {
    message->set_status(sent_.value_or(HealthCheckResponse::UNKNOWN));
  }

 private:
  const std::shared_ptr<const HealthBoard> board_;
  const std::string service_;
  std::optional<HealthBoard::Status> sent_;
};

}  // namespace

void HealthBoard::SetServing(bool serving) {
  MutexLock lock(&mutex_);
  serving_ = serving;
}

void HealthBoard::AddOwn(const std::vector<std::string>& services) {
  MutexLock lock(&mutex_);
  for (const std::string& service : services) services_[service] = true;
}

void HealthBoard::SetRelayed(const std::string& service, bool serving) {
  MutexLock lock(&mutex_);
  services_[service] = serving;
}

HealthBoard::Status HealthBoard::Of(const std::string& service) const {
  MutexLock lock(&mutex_);
  const auto found = services_.find(service);
  if (found == services_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_ && found->second ? HealthCheckResponse::SERVING
                                   : HealthCheckResponse::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  const HealthBoard::Status status = board_->Of(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return FinishWith(context, ServiceUnknown(request->service()));
  }
  response->set_status(status);
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  return watches_->Start<HealthCheckResponse>(
      std::make_unique<HealthSource>(board_, request->service()), context);
}

}  // namespace mpd
