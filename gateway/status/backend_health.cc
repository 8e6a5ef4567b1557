#include "gateway/status/backend_health.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/watch/watch_client.h"
#include "gateway/relay/method_table.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace mpd::gateway {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using HealthWatch = WatchClient<HealthCheckRequest, HealthCheckResponse>;

std::string ServiceOf(const MethodRule& rule) {
  return std::string(rule.method.substr(1, rule.method.rfind('/') - 1));
}

std::vector<std::string> ServicesOf(Backend backend) {
  std::vector<std::string> services;
  for (const MethodRule& rule : AllMethods()) {
    std::string service = ServiceOf(rule);
    const bool known = !services.empty() && services.back() == service;
    if (rule.backend == backend && !known) services.push_back(std::move(service));
  }
  return services;
}

}  // namespace

struct BackendHealth::Streams {
  std::vector<std::unique_ptr<HealthWatch>> watches;
};

BackendHealth::BackendHealth(boost::asio::io_context* loop, const BackendChannels& channels,
                             OnChange on_change)
    : streams_(std::make_unique<Streams>()) {
  for (size_t index = 0; index < channels.size(); ++index) {
    const std::vector<std::string> relayed = ServicesOf(static_cast<Backend>(index));
    if (relayed.empty()) continue;
    const auto tell = [on_change, services = relayed](bool serving) {
      for (const std::string& service : services) on_change(service, serving);
    };
    HealthWatch::Callbacks callbacks;
    // An empty request asks for the backend as a whole.
    callbacks.on_message = [tell](const HealthCheckResponse& response) {
      tell(response.status() == HealthCheckResponse::SERVING);
    };
    callbacks.on_connection = [tell](const absl::Status& status) {
      if (!status.ok()) tell(false);
    };
    streams_->watches.push_back(std::make_unique<HealthWatch>(
        loop, channels[index], "/grpc.health.v1.Health/Watch", std::move(callbacks)));
    streams_->watches.back()->Start();
  }
}

BackendHealth::~BackendHealth() = default;

}  // namespace mpd::gateway
