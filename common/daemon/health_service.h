// grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), for the server
// as a whole and for each of its services.
//
// Not gRPC's own: its Watch streams end when their clients cancel them and at no other time, so
// that a daemon with one open would use up its grace at each shutdown.
#ifndef MPD_COMMON_DAEMON_HEALTH_SERVICE_H_
#define MPD_COMMON_DAEMON_HEALTH_SERVICE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/watch/watch_reactor.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace mpd {

// Which services are served. Thread-safe.
class HealthBoard {
 public:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // All services of the server's own, "" included, follow `serving`; it is true at first.
  void SetServing(bool serving) ABSL_LOCKS_EXCLUDED(mutex_);
  void AddOwn(const std::vector<std::string>& services) ABSL_LOCKS_EXCLUDED(mutex_);
  // A relayed service is served where it is and the server as a whole is too.
  void SetRelayed(const std::string& service, bool serving) ABSL_LOCKS_EXCLUDED(mutex_);

  // SERVICE_UNKNOWN for one that was never named here.
  Status Of(const std::string& service) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  // By full name: whether it would be served if the server as a whole is.
  std::map<std::string, bool> services_ ABSL_GUARDED_BY(mutex_) = {{"", true}};
};

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Both must outlive the server. The hub is to be woken after each change of the board.
  HealthService(std::shared_ptr<const HealthBoard> board, WatchHub* watches)
      : board_(std::move(board)), watches_(watches) {}

  // NOT_FOUND (SERVICE_UNKNOWN) for a service that the server does not have.
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  // The status as it is, and anew at each change; SERVICE_UNKNOWN is a status here. Repeated at
  // least every 10 s.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  const std::shared_ptr<const HealthBoard> board_;
  WatchHub* const watches_;
};

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_HEALTH_SERVICE_H_
