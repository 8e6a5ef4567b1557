#include "common/daemon/daemon.h"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/common_errors.h"
#include "common/base/files.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/daemon/build_info.h"
#include "common/daemon/daemon_flags.h"
#include "common/daemon/daemon_server.h"
#include "common/daemon/gated_listener.h"
#include "common/daemon/serving_socket.h"
#include "common/watch/watch_reactor.h"

namespace mpd {
namespace {

absl::Status StateFolderRefused(const std::string& path, int error) {
  const absl::Status system = absl::ErrnoToStatus(error, path);
  return MakeError(system.code(),
                   absl::StrCat("the state folder ", path, " can't be written: ", strerror(error),
                                "; see its owner, its mode and how its disk is mounted"),
                   "STATE_FOLDER_REFUSED", {{"path", path}});
}

// Calls that run get this long; the rest of the contract's 5 s is for what their cancellation sets
// in motion.
constexpr absl::Duration kDrainGrace = absl::Seconds(4);
constexpr std::chrono::milliseconds kDrainLimit(4900);

class Loop : public boost::asio::io_context {
 public:
  // Its callers run on one thread.
  Loop() : io_context(1) {}
  // Destroys every handler and coroutine that still waits; the loop never runs again.
  void Abandon() { shutdown(); }
};

class DaemonImpl : public Daemon {
 public:
  DaemonImpl(absl::string_view component, DaemonFlags flags, Config config)
      : component_(component),
        flags_(std::move(flags)),
        config_(std::move(config)),
        signals_(loop_),
        watchdog_(loop_),
        drain_limit_(loop_) {}

  const Config& config() const override { return config_; }
  const std::string& podman_socket() const override { return flags_.podman_socket; }
  std::string ConfPath(absl::string_view file) const override {
    return absl::StrCat(flags_.state_root, "/conf/", file);
  }
  absl::StatusOr<std::string> StateFolder() override {
    std::string path = absl::StrCat(flags_.state_root, "/", component_);
    RETURN_IF_ERROR(MakeFolder(path, 0750));
    // Said at the start, not at the first change that is lost.
    if (access(path.c_str(), W_OK | X_OK) != 0) return StateFolderRefused(path, errno);
    return path;
  }
  std::string SocketPath(absl::string_view component) const override {
    return absl::StrCat(flags_.run_root, "/", component, ".sock");
  }

  boost::asio::io_context& loop() override { return loop_; }
  WatchHub& watches() override { return watches_; }

  void AddService(grpc::Service* service) override { server_.AddService(service); }
  void SetGenericService(grpc::CallbackGenericService* service,
                         std::vector<std::string> relayed_services) override {
    server_.SetGenericService(service, std::move(relayed_services));
  }
  void SetServing(bool serving) override { server_.SetServing(serving); }
  void SetRelayedServing(const std::string& service, bool serving) override {
    server_.SetRelayedServing(service, serving);
  }
  void ServeOnlyTo(std::vector<std::string> accounts) override {
    gate_ = std::make_unique<GatedListener>(&loop_, std::move(accounts));
  }
  void OnDrain(absl::AnyInvocable<void()> hook) override {
    drain_hooks_.push_back(std::move(hook));
  }

  absl::Status Serve() override;

 private:
  absl::Status Listen();
  void RunLoop();
  void Ready();
  void AwaitSignal();
  void FeedWatchdog(std::chrono::microseconds interval);
  void Drain();

  const std::string component_;
  const DaemonFlags flags_;
  const Config config_;
  Loop loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer drain_limit_;
  std::vector<absl::AnyInvocable<void()>> drain_hooks_;
  bool draining_ = false;
  bool drained_in_time_ = true;
  WatchHub watches_;
  // Before the server, so that the socket outlives it.
  std::unique_ptr<ServingSocket> socket_;
  DaemonServer server_{&watches_};
  // nullptr where everybody is served who may open the socket.
  std::unique_ptr<GatedListener> gate_;
};

absl::Status DaemonImpl::Serve() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  RETURN_IF_ERROR(Listen());
  AwaitSignal();
  boost::asio::post(loop_, [this] { Ready(); });
  RunLoop();
  loop_.Abandon();
  LOG_INFO("STOPPED", drained_in_time_ ? "Drained and stopped"
                                       : "Stopped; calls that would not end were cancelled");
  return absl::OkStatus();
}

absl::Status DaemonImpl::Listen() {
  ASSIGN_OR_RETURN(socket_, ServingSocket::Claim(flags_.run_root, component_));
  RETURN_IF_ERROR(gate_ != nullptr ? server_.StartBehind(gate_.get(), socket_->bind_path())
                                   : server_.Start(absl::StrCat("unix:", socket_->bind_path())));
  absl::Status published = socket_->Publish();
  if (!published.ok()) server_.Stop();
  return published;
}

void DaemonImpl::RunLoop() {
  const auto work = boost::asio::make_work_guard(loop_);
  try {
    loop_.run();
  } catch (const std::exception& error) {
    // The calls that run refer to what unwinding would destroy. A restart finds all that was
    // acknowledged.
    LOG_ERROR("LOOP_BROKEN", error.what());
    std::_Exit(1);
  }
}

void DaemonImpl::Ready() {
  LOG_INFO("SERVING", "Serving", {{"socket", socket_->path()}, {"version", BuildVersion()}});
  sd_notify(0, "READY=1");
  uint64_t watchdog_usec = 0;
  if (sd_watchdog_enabled(0, &watchdog_usec) > 0) {
    FeedWatchdog(std::chrono::microseconds(watchdog_usec / 2));
  }
}

// The loop feeds it: a loop that hangs is what the watchdog is to find.
void DaemonImpl::FeedWatchdog(std::chrono::microseconds interval) {
  sd_notify(0, "WATCHDOG=1");
  watchdog_.expires_after(interval);
  watchdog_.async_wait([this, interval](const boost::system::error_code& error) {
    if (!error) FeedWatchdog(interval);
  });
}

void DaemonImpl::AwaitSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    if (draining_) {
      LOG_WARNING("DRAIN_CUT_SHORT", "A second signal: exiting without waiting for calls",
                  {{"signal", absl::StrCat(number)}});
      std::_Exit(1);
    }
    LOG_INFO("DRAINING", "Asked to stop", {{"signal", absl::StrCat(number)}});
    draining_ = true;
    AwaitSignal();
    Drain();
  });
}

void DaemonImpl::Drain() {
  sd_notify(0, "STOPPING=1");
  drain_limit_.expires_after(kDrainLimit);
  drain_limit_.async_wait([](const boost::system::error_code& error) {
    if (error) return;
    LOG_ERROR("DRAIN_TIMEOUT", "Calls did not end although cancelled: exiting without them");
    std::_Exit(1);
  });
  server_.SetServing(false);
  if (gate_ != nullptr) gate_->Close();
  while (!drain_hooks_.empty()) {
    drain_hooks_.back()();
    drain_hooks_.pop_back();
  }
  watches_.Drain(CommonErrors::ShuttingDown(component_));
  server_.Shutdown(kDrainGrace, [this](bool in_time) {
    watches_.WaitUntilEmpty();
    boost::asio::post(loop_, [this, in_time] {
      drained_in_time_ = in_time;
      loop_.stop();
    });
  });
}

// systemd starts a daemon again 100 ms after its end, so that a crash is hardly noticed. What fails
// to start will fail again until somebody mends it; systemd 252 knows no slower pace for that.
constexpr absl::Duration kRestOfTheFailed = absl::Seconds(2);

int Fail(absl::string_view id, const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  LOG_ERROR(id, status.message(), {{"reason", reason}});
  if (std::getenv("NOTIFY_SOCKET") != nullptr) absl::SleepFor(kRestOfTheFailed);
  return EXIT_FAILURE;
}

int CheckConfig(const std::string& program, const DaemonFlags& flags) {
  if (const auto config = LoadConfig(flags.config); !config.ok()) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(),
                 Printable(config.status().message(), 2000).c_str());
    return EXIT_FAILURE;
  }
  std::printf("%s: %s is valid\n", program.c_str(), flags.config.c_str());
  return EXIT_SUCCESS;
}

int RunComponent(absl::string_view component, const DaemonFlags& flags,
                 absl::FunctionRef<absl::Status(Daemon&)> run) {
  absl::StatusOr<Config> config = LoadConfig(flags.config);
  if (!config.ok()) return Fail("CONFIG_REFUSED", config.status());
  DaemonImpl daemon(component, flags, *std::move(config));
  if (const absl::Status status = run(daemon); !status.ok()) return Fail("FAILED", status);
  return EXIT_SUCCESS;
}

}  // namespace

int RunDaemon(int argc, char** argv, absl::string_view component,
              absl::FunctionRef<absl::Status(Daemon&)> run) {
  // Writing to a peer that is gone is an error of that write, not the process's end.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string program = absl::StrCat("mpd-", component);
  const absl::StatusOr<DaemonFlags> flags = ParseDaemonFlags(argc, argv);
  absl::Status usable = flags.status();
  if (usable.ok()) usable = InitLogging(component, flags->log_level);
  if (!usable.ok()) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), std::string(usable.message()).c_str());
    return 2;
  }
  switch (flags->action) {
    case DaemonFlags::Action::kHelp:
      std::fputs(DaemonUsage(program).c_str(), stdout);
      return EXIT_SUCCESS;
    case DaemonFlags::Action::kVersion:
      std::printf("%s %s %s\n", program.c_str(), std::string(BuildVersion()).c_str(),
                  std::string(BuildCommit()).c_str());
      return EXIT_SUCCESS;
    case DaemonFlags::Action::kCheckConfig:
      return CheckConfig(program, *flags);
    case DaemonFlags::Action::kServe:
      break;
  }
  try {
    return RunComponent(component, *flags, run);
  } catch (const std::exception& error) {
    return Fail("FAILED", absl::InternalError(error.what()));
  }
}

}  // namespace mpd
