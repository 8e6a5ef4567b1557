// What every daemon does alike: flags, configuration, log, signals, systemd, gRPC server, drain.
//
// Flags (each with its environment variable as default): --state_root (MPD_STATE_ROOT,
// /var/lib/mpd), --run_root (MPD_RUN_ROOT, /run/mpd), --config (MPD_CONFIG,
// /etc/mpd/mpd.textproto), --podman_socket (MPD_PODMAN_SOCKET, /run/podman/podman.sock),
// --log_level (MPD_LOG_LEVEL, info), --check_config (validate the configuration, say so in one
// line, exit), --help, --version.
#ifndef MPD_COMMON_DAEMON_DAEMON_H_
#define MPD_COMMON_DAEMON_DAEMON_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"

namespace boost::asio {
class io_context;
}
namespace grpc {
class CallbackGenericService;
class Service;
}  // namespace grpc

namespace mpd {

class WatchHub;

class Daemon {
 public:
  virtual ~Daemon() = default;

  virtual const Config& config() const = 0;
  virtual const std::string& podman_socket() const = 0;
  // <state_root>/conf/<file>
  virtual std::string ConfPath(absl::string_view file) const = 0;
  // <state_root>/<component>, made 0750 where absent.
  virtual absl::StatusOr<std::string> StateFolder() = 0;
  // <run_root>/<component>.sock
  virtual std::string SocketPath(absl::string_view component) const = 0;

  // The loop: timers, files, processes, HTTP, UDP. Serve() runs it, on its caller's thread.
  virtual boost::asio::io_context& loop() = 0;
  virtual WatchHub& watches() = 0;

  // Before Serve; not owned; must outlive it.
  virtual void AddService(grpc::Service* service) = 0;
  // `relayed_services`: the full names that reflection lists for it.
  virtual void SetGenericService(grpc::CallbackGenericService* service,
                                 std::vector<std::string> relayed_services) = 0;
  // What grpc.health.v1 answers: SERVING, or NOT_SERVING after this was called with false, for ""
  // and for the full name of each service; NOT_FOUND for other names. Thread-safe.
  virtual void SetServing(bool serving) = 0;
  // The same for one of the relayed services, which is NOT_SERVING until this is called with true,
  // and whenever the daemon as a whole is. Thread-safe.
  virtual void SetRelayedServing(const std::string& service, bool serving) = 0;
  // Before Serve: connections of root and of these accounts only are taken; others are closed, and
  // logged (PEER_REFUSED). Without it, whoever may open the socket is served.
  virtual void ServeOnlyTo(std::vector<std::string> accounts) = 0;
  // Called in reverse order when the drain begins, on the loop's thread: stop making new work. Must
  // not block.
  virtual void OnDrain(absl::AnyInvocable<void()> hook) = 0;

  // The server has grpc.health.v1 and MakeIntrospection's services (introspection.h).
  // Binds <run_root>/<component>.sock (0660, the folder's group), tells systemd READY, feeds its
  // watchdog from the loop, and returns after SIGTERM or SIGINT once drained: streams ended, calls
  // answered or, after 4 s, cancelled; 5 s after the signal, or at a second one, the process exits
  // wherever it stands. Once Serve has returned no coroutine or handler of the loop is left, so
  // that what they refer to may be destroyed. A socket that another live process serves is
  // FAILED_PRECONDITION (SOCKET_IN_USE); a stale one is replaced.
  virtual absl::Status Serve() = 0;
};

// The body of main(). `run` builds the component on the daemon and ends with daemon.Serve(). An
// error is one line of the log; the result is the process's exit code: 2 for a wrong command line,
// 1 for any other error.
int RunDaemon(int argc, char** argv, absl::string_view component,
              absl::FunctionRef<absl::Status(Daemon&)> run);

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_DAEMON_H_
