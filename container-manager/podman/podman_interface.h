// Podman, as far as this component uses it.
#ifndef MPD_CONTAINER_MANAGER_PODMAN_PODMAN_INTERFACE_H_
#define MPD_CONTAINER_MANAGER_PODMAN_PODMAN_INTERFACE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"

namespace mpd::containers {

using Labels = std::map<std::string, std::string>;

struct BindMount {
  std::string source;
  std::string destination;
  bool read_only = true;
};

struct VolumeMount {
  std::string name;
  std::string destination;
};

struct ContainerSpec {
  std::string name;
  std::string image;
  // Of the build that `image` names now; empty: whichever it is made from is right.
  std::string image_id;
  std::string hostname;
  Labels labels;
  std::string network;  // empty: none
  std::string address;  // static, in that network
  // Empty: the image's own.
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<BindMount> mounts;
  std::vector<VolumeMount> volumes;
  // Empty `capabilities` leaves Podman's default set; otherwise these and no others.
  std::vector<std::string> capabilities;
  std::vector<std::string> dns_servers;
  std::vector<std::string> dns_options;
  std::map<std::string, std::string> env;
  bool systemd = false;  // systemd is its process 1
  int64_t pids_limit = 2048;
  int stop_timeout_s = 10;
  int stop_signal = 0;    // 0: the image's own
  int64_t shm_bytes = 0;  // of /dev/shm; 0: Podman's default
};

struct ContainerInfo {
  std::string id;
  std::string name;
  std::string image_id;
  // Podman's word: created, initialized, running, stopped, exited, paused, …
  std::string status;
  bool running = false;
  int exit_code = 0;
  // As Podman writes it; changes with each start.
  std::string started_at;
  std::string error;
  // Of each network that it is connected to; the address is empty where it does not run.
  std::map<std::string, std::string> networks;
  Labels labels;

  // Its processes may run though Podman does not call it running. A Podman that is killed between
  // the start and the writing of its record leaves "initialized", which otherwise is seen only
  // after a `podman init`: a start by Podman's API does both under one lock.
  bool MayRun() const { return running || status == "initialized"; }
};

struct ContainerSummary {
  std::string id;
  std::string name;
  bool running = false;
  Labels labels;
};

struct NetworkSpec {
  std::string name;
  std::string interface;
  std::string subnet;  // prefix notation
  std::string gateway;
  bool dns_enabled = false;
  Labels labels;
};

struct VolumeInfo {
  std::string mountpoint;  // the folder on the machine
  Labels labels;
};

struct PodmanEvent {
  std::string type;    // container, network
  std::string action;  // start, died, remove, rename, pause, unpause, connect, disconnect
  std::string container_id;
  std::string container_name;  // may be empty
  absl::Time time;
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  // standard output and standard error, shortened to 64 KiB
};

struct LogChunk {
  bool is_stderr = false;
  std::string data;
};

struct LogRequest {
  bool follow = false;
  std::optional<int64_t> tail;  // the last so many lines of what was printed before; unset: all
  // May be empty. Given a way to end the reading, for the loop's thread.
  std::function<void(std::function<void()> cancel)> on_open;
};

// Of an image that is being fetched; zeros while the registry is being asked.
struct PullProgress {
  int layers = 0;
  int64_t bytes = 0;
  int64_t total_bytes = 0;  // of the layers known so far
};

struct PullRequest {
  std::string image;
  // Ends with an error when nothing comes for so long.
  absl::Duration silence;
  std::function<void(const PullProgress&)> on_progress;
  // As LogRequest's. What was fetched is not lost.
  std::function<void(std::function<void()> cancel)> on_open;
};

// Used on the loop's thread only. Every call has a time limit. Errors: UNAVAILABLE
// (PODMAN_UNAVAILABLE: no answer), NOT_FOUND (PODMAN_NOT_FOUND), ALREADY_EXISTS
// (PODMAN_CONFLICT), INTERNAL (PODMAN_ERROR); the message carries Podman's own words.
class PodmanInterface {
 public:
  virtual ~PodmanInterface() = default;

  virtual Awaitable<absl::StatusOr<NetworkSpec>> InspectNetwork(std::string name) = 0;
  virtual Awaitable<absl::Status> CreateNetwork(NetworkSpec spec) = 0;
  // Refused by Podman while a container uses it.
  virtual Awaitable<absl::Status> RemoveNetwork(std::string name) = 0;
  // Whether the container runs or not; one that runs goes on running.
  virtual Awaitable<absl::Status> ConnectNetwork(std::string network, std::string container,
                                                 std::string address) = 0;
  virtual Awaitable<absl::Status> DisconnectNetwork(std::string network, std::string container) = 0;

  virtual Awaitable<absl::StatusOr<VolumeInfo>> InspectVolume(std::string name) = 0;
  virtual Awaitable<absl::Status> CreateVolume(std::string name, Labels labels) = 0;
  // With all that is in it. Gone already is success; refused by Podman while a container uses it.
  virtual Awaitable<absl::Status> RemoveVolume(std::string name) = 0;

  // Whether it is in local storage. Costs Podman far less than the id.
  virtual Awaitable<absl::StatusOr<bool>> HasImage(std::string image) = 0;
  // The image's id. NOT_FOUND where it is not in local storage.
  virtual Awaitable<absl::StatusOr<std::string>> ImageId(std::string image) = 0;
  // From the registry that its name says; here already is success.
  virtual Awaitable<absl::Status> PullImage(PullRequest request) = 0;

  // The new container's id.
  virtual Awaitable<absl::StatusOr<std::string>> CreateContainer(ContainerSpec spec) = 0;
  // By name or id, as in all that follow.
  virtual Awaitable<absl::StatusOr<ContainerInfo>> InspectContainer(std::string container) = 0;
  // All, running or not, that match: `key` is "label", "network" or "volume".
  virtual Awaitable<absl::StatusOr<std::vector<ContainerSummary>>> ListContainers(
      std::string key, std::string value) = 0;
  virtual Awaitable<absl::Status> UnpauseContainer(std::string container) = 0;
  virtual Awaitable<absl::Status> RenameContainer(std::string container, std::string name) = 0;
  // Running already is success.
  virtual Awaitable<absl::Status> StartContainer(std::string container) = 0;
  // Its stop signal, then SIGKILL after `grace`. Stopped already is success.
  virtual Awaitable<absl::Status> StopContainer(std::string container, absl::Duration grace) = 0;
  virtual Awaitable<absl::Status> SignalContainer(std::string container, std::string signal) = 0;
  // Killed first where it runs. Gone already is success.
  virtual Awaitable<absl::Status> RemoveContainer(std::string container) = 0;
  // An exit code other than 0 is no error.
  virtual Awaitable<absl::StatusOr<ExecResult>> Exec(std::string container,
                                                     std::vector<std::string> command,
                                                     absl::Duration timeout) = 0;
  // Until the log ends, `on_chunk` answers false, or the connection ends.
  virtual Awaitable<absl::Status> Logs(std::string container, LogRequest request,
                                       std::function<bool(LogChunk)> on_chunk) = 0;

  // What happened from `since` on, those that PodmanEvent names, until the connection ends.
  // `on_open` is called when the request is on its way.
  virtual Awaitable<absl::Status> Events(absl::Time since, std::function<void()> on_open,
                                         std::function<void(const PodmanEvent&)> on_event) = 0;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_PODMAN_INTERFACE_H_
