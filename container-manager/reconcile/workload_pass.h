// One go at bringing one workload from what it is to what is wanted.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_PASS_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_PASS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "common/config/config.h"
#include "common/probe/probe.h"
#include "container-manager/containers/drivers.h"
#include "container-manager/kinds/runtime/sd_notify_listener.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/peers/peers.h"
#include "container-manager/podman/podman_interface.h"
#include "container-manager/reconcile/workload_specs.h"

namespace mpd::containers {

// Whether the resolver's container is being started, or runs: until then no other one is started.
struct ResolverStart {
  bool begun = false;
  std::function<void()> on_begin;  // wakes those who wait
};

// All must outlive the passes.
struct PassParts {
  boost::asio::io_context* loop = nullptr;
  const Config* config = nullptr;
  WorkloadStore* store = nullptr;
  PodmanInterface* podman = nullptr;
  Drivers* drivers = nullptr;
  LeaseInterface* leases = nullptr;
  ResolverInterface* resolver = nullptr;
  ProbeInterface* probe = nullptr;
  Folders folders;
  std::shared_ptr<ResolverStart> resolver_start = std::make_shared<ResolverStart>();
  // How long a container may run without being usable.
  absl::Duration ready_timeout = absl::Seconds(60);
  // How long a registry may say nothing while an image is fetched.
  absl::Duration pull_silence = absl::Seconds(30);
};

// What is known of the container since it was last started: empty where it does not run.
struct ContainerLife {
  std::string container_id;
  std::string started_at;
  // By our own doing.
  bool end_expected = false;
  // Podman is yet to tell of a start of our own doing.
  bool start_expected = false;
  // Where we started it and systemd in it is to tell of its boot.
  std::shared_ptr<SdNotifyListener> boot;
};

// What a pass asks of the one that runs it.
class PassContext {
 public:
  virtual ~PassContext() = default;
  // The wish, or the environment's, has changed since the pass began: another pass follows, this
  // one should end soon.
  virtual bool Stale() const = 0;
  // Whether something happened to the workload since this was last asked.
  virtual bool TakeNews() = 0;
  // Returns early when something happened to the workload, or when what Waker() gave is called,
  // which may be at any time.
  virtual Awaitable<void> Sleep(absl::Duration duration) = 0;
  virtual std::function<void()> Waker() = 0;
  // Returns early when something happened to another workload too.
  virtual Awaitable<void> SleepForOthers(absl::Duration duration) = 0;
  // Kept from one pass to the next.
  virtual ContainerLife& life() = 0;
};

struct PassResult {
  enum class Outcome {
    kSettled,    // as wanted; look again at the next event or resync
    kWaiting,    // for somebody else; look again soon
    kFailed,     // `error`; try again after a back-off
    kGone,       // deleted, or never was
    kSuperseded  // the wish changed on the way; begin anew at once
  };
  Outcome outcome = Outcome::kSettled;
  absl::Status error;
};

// Used on the loop's thread only, held by a shared_ptr; at most one at a time per workload. Every
// step may be cut off anywhere: the next pass completes it.
class WorkloadPass : public std::enable_shared_from_this<WorkloadPass> {
 public:
  // `retry_note` is appended to the message of a failure: when it is tried again.
  WorkloadPass(const PassParts& parts, PassContext* context, WorkloadId id, std::string retry_note);

  Awaitable<PassResult> Run();

 private:
  using Outcome = PassResult::Outcome;

  Awaitable<absl::StatusOr<Outcome>> Steps();
  Awaitable<absl::Status> EnsureLease();
  Awaitable<absl::StatusOr<Outcome>> Delete();
  Awaitable<absl::StatusOr<Outcome>> Stop();
  Awaitable<absl::StatusOr<Outcome>> RunContainer();
  // Of all workloads' containers, when asked.
  VolumeDriver::OurIds ContainerIds();
  // Whether the container that was seen to run ended by itself; why, if so.
  Awaitable<absl::Status> CheckEnd(std::optional<ContainerInfo> container);
  Awaitable<absl::Status> CheckRuns(ContainerInfo container);
  Awaitable<absl::Status> AwaitResolver();
  // Of the resolver's own pass, to those that await it.
  void MarkStartBegun(bool begun);
  // What the start of a container that does not run is seen by.
  void ExpectStart();
  Awaitable<absl::StatusOr<Outcome>> AwaitUsable(ContainerInfo container);
  // What CheckUsable finds wrong, or nothing. An error: why its answer is not waited for.
  Awaitable<absl::StatusOr<std::string>> Probe(ContainerInfo container, bool was_running);
  Awaitable<absl::Status> CheckUsable(ContainerInfo container, bool was_running);
  Awaitable<absl::Status> CheckRuntime(ContainerInfo container, bool was_running);
  Awaitable<absl::Status> CheckDatabase(ContainerInfo container);
  // Of the services that are not the resolver.
  Awaitable<absl::Status> CheckService();

  // The spec, or nullopt when something is awaited, which the status then says.
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> Spec(std::optional<ContainerInfo> found);
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> DnsmasqContainer(
      std::optional<ContainerInfo> found);
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> ServiceContainer(
      std::optional<ContainerInfo> found);
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> RuntimeContainer(
      std::optional<ContainerInfo> found);
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> DatabaseContainer(
      std::optional<ContainerInfo> found);
  // Which image a database is made from, by name; it is remembered with what was seen.
  Awaitable<absl::StatusOr<std::string>> DatabaseImage();
  // Once it is in Podman's storage: the id of its build, for who has a container to compare; empty
  // for who has none, as Podman reads the whole of an image for its id.
  Awaitable<absl::StatusOr<std::string>> EnsureImage(std::string image, bool has_container);
  // The resolver's; empty where it has none yet, which the status then says.
  Awaitable<absl::StatusOr<std::string>> ResolverAddress();
  Awaitable<absl::Status> StopAndRemove(ContainerInfo container);
  Awaitable<absl::Status> ArchiveData();
  absl::Status PrepareRuntimeFiles(const std::string& hostname);
  // The digest of what the service reads only when it starts.
  absl::StatusOr<std::string> PrepareServiceFiles();
  // What stands in the way just now; empty where nothing does.
  std::string WaitsForZone(const std::optional<ContainerInfo>& found) const;
  std::string WaitsForResolver() const;
  // As of now, and not of when the pass began.
  bool ResolverRuns() const;
  std::string WaitsToStop() const;
  // How long its container gets to end by itself.
  absl::Duration TimeToStop() const;
  // By when all but the resolver have ended, after the environment was asked to stop.
  absl::Time StopDeadline() const;

  bool wanted() const;
  Awaitable<absl::Status> Report(api::State state, std::string message = "");
  // Of what nothing depends on, and nobody waits for: the next report tells of a store that fails,
  // and of a wish that has changed.
  void ReportNoWait(api::State state);
  // Whether that is anything new.
  bool SetState(api::State state, std::string message);
  Awaitable<absl::Status> WriteObserved();

  const PassParts& parts_;
  PassContext* const context_;
  const WorkloadId id_;
  const std::string retry_note_;
  WorkloadList all_;
  WorkloadRecord record_;
  // How long one probe waits for what a server says first.
  absl::Duration patience_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_PASS_H_
