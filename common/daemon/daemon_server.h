// A daemon's gRPC server: its limits, health, and an end within a deadline.
#ifndef MPD_COMMON_DAEMON_DAEMON_SERVER_H_
#define MPD_COMMON_DAEMON_DAEMON_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class CallbackGenericService;
class Server;
class ServerBuilder;
class Service;
}  // namespace grpc

namespace mpd {

class GatedListener;
class HealthBoard;
class HealthService;
class WatchHub;

class DaemonServer {
 public:
  // The hub, whose streams a health Watch is one of, must outlive it.
  explicit DaemonServer(WatchHub* watches);
  ~DaemonServer();

  // Before Start.
  void AddService(grpc::Service* service);
  void SetGenericService(grpc::CallbackGenericService* service,
                         std::vector<std::string> relayed_services);

  // Serves on the address, "unix:<path>". UNAVAILABLE (LISTEN_FAILED) where it can't be bound.
  absl::Status Start(const std::string& address);
  // Serves connections that the listener lets in from the path; it must be closed before Shutdown.
  // Errors: also SOCKET_ERROR.
  absl::Status StartBehind(GatedListener* listener, const std::string& path);

  // What grpc.health.v1 answers for "" and for every service of its own; may be called before
  // Start. Thread-safe.
  void SetServing(bool serving);
  // What it answers for a relayed service while the server as a whole serves; at first NOT_SERVING.
  // Thread-safe.
  void SetRelayedServing(const std::string& service, bool serving);

  // Takes no new calls and returns at once. Calls that run are cancelled when the grace is over;
  // `done` is called on another thread when all have ended, with whether they did so within the
  // grace. Once only. Clients that are connected but call nothing are not waited for.
  void Shutdown(absl::Duration grace, std::function<void(bool in_time)> done);

  // Cancels all calls and returns when they have ended.
  void Stop();

 private:
  // Builds what `listen` has added to, and starts it.
  absl::Status Build(absl::FunctionRef<void(grpc::ServerBuilder*)> listen);

  WatchHub* const watches_;
  const std::shared_ptr<HealthBoard> health_;
  const std::unique_ptr<HealthService> health_service_;
  std::vector<grpc::Service*> services_;
  grpc::CallbackGenericService* generic_service_ = nullptr;
  std::vector<std::string> relayed_services_;
  std::unique_ptr<grpc::Server> server_;
  std::thread shutdown_thread_;
};

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_DAEMON_SERVER_H_
