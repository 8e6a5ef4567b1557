// What systemd tells its container's manager: that the boot is over.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RUNTIME_SD_NOTIFY_LISTENER_H_
#define MPD_CONTAINER_MANAGER_KINDS_RUNTIME_SD_NOTIFY_LISTENER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "container-manager/reconcile/pass_context.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

// The name of the socket in a runtime's folder.
inline constexpr char kBootSocket[] = "boot";

// Listens for one boot, from before the container's start on. systemd as process 1 of a container
// sends READY=1 to $NOTIFY_SOCKET once its job queue has emptied, which is when it calls itself
// running or degraded (systemd.io/CONTAINER_INTERFACE). Then, or when this is destroyed, the socket
// is taken away. On the loop's thread only.
class SdNotifyListener : public ReadySignal {
 public:
  // Takes the place of what stood there. `on_ready` is called once, if it comes.
  static absl::StatusOr<std::shared_ptr<SdNotifyListener>> Listen(boost::asio::io_context* loop,
                                                                  const std::string& folder,
                                                                  std::function<void()> on_ready);
  ~SdNotifyListener() override;

  Awaitable<bool> Ready(absl::Duration patience) override;
  absl::Duration age() const override;

 private:
  class Impl;
  explicit SdNotifyListener(std::shared_ptr<Impl> impl);
  const std::shared_ptr<Impl> impl_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RUNTIME_SD_NOTIFY_LISTENER_H_
