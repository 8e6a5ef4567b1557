// A world in memory for tests of what reconciles: Podman, ipam, dnsd-controller and the network,
// with faults. What is in it outlives those who act on it, as the real one does.
#ifndef MPD_CONTAINER_MANAGER_TESTING_FAKE_ENVIRONMENT_H_
#define MPD_CONTAINER_MANAGER_TESTING_FAKE_ENVIRONMENT_H_

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/probe/probe.h"
#include "container-manager/host/host_bridges.h"
#include "container-manager/host/orphan_cleaner.h"
#include "container-manager/peers/peers.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

struct FakeContainer {
  ContainerInfo info;
  ContainerSpec spec;

  bool Uses(const std::string& volume) const;
};

struct FakeWorld {
  std::map<std::string, FakeContainer> containers;  // by name
  std::map<std::string, NetworkSpec> networks;
  std::map<std::string, Labels> volumes;
  std::set<std::string> images = {
      "localhost/mpd-dnsmasq:latest",    "localhost/mpd-portal:latest",
      "localhost/mpd-fileaccess:latest", "localhost/mpd-adminer:latest",
      "localhost/mpd-runtime:latest",    "localhost/mpd-runtime-php:latest"};
  std::map<std::string, int> rebuilt;                // how often, by image
  std::map<std::string, std::string> address_table;  // address to the id that holds it
  std::map<std::string, LeaseInfo> leases;
  std::map<std::string, std::string> fixed_addresses = {{"service/dnsmasq", "10.163.0.3"},
                                                        {"service/portal", "10.163.0.4"},
                                                        {"service/fileaccess", "10.163.0.5"},
                                                        {"service/adminer", "10.163.0.6"}};
  int64_t lease_revision = 0;
  std::string store_id = "store one";  // ipam's
  ResolverStatus resolver;
  bool dnsd_stalled = false;   // dnsd-controller does not see what ipam does
  bool resolver_deaf = false;  // its container runs, it answers nothing, and nobody knows that yet
  std::vector<std::string> history;  // what was done, in order: "start mpd-runtime-php"

  // Faults.
  absl::Status podman_down;                      // not OK: every call's answer
  std::map<std::string, absl::Status> no_lease;  // the answer, by owner
  std::set<std::string> exits_at_once;           // containers by name
  std::set<std::string> never_ready;             // containers by name: no banner, no open port
  std::set<std::string> no_login;                // containers by name
  std::set<std::string> never_stops;    // containers by name: killed when their time is over
  std::set<std::string> stop_hangs;     // containers by name: Podman never answers
  std::set<std::string> in_registry;    // images; others cannot be fetched
  bool registry_hangs = false;          // after the first layer
  std::set<std::string> hanging_probe;  // likewise: asking for the banner takes for ever
  int probes_hanging = 0;
  // A connection that fails leaves nothing in the container's record: newer Podmans.
  bool rolls_back = false;
  // Volumes by name: Podman has a record and no folder.
  std::set<std::string> without_folder;
  // Ids of containers that run and are in no record.
  std::set<std::string> left_running;
  bool bridge_left = false;  // of a network that is gone: none can be made before it is removed
  // Addresses that namespaces in no record have and answer at.
  std::set<std::string> left_connected;
  // Nobody comes past this many gates; each call has two, before and after its effect.
  int64_t halt_at = -1;
  int64_t gates = 0;
  bool halted = false;

  std::map<std::string, absl::Duration> grace_given;  // by container: at its last stop
  int started = 0;
  std::function<void(const PodmanEvent&)> on_event;

  int Did(const std::string& what) const;
  // The id of what an image's name stands for now.
  std::string BuildOf(const std::string& image) const;
  // ipam's store is replaced by one that holds the same leases, at revisions from 1 on.
  void RestoreIpam();
  // dnsd-controller has rendered and published all that ipam has.
  void CatchUpDnsd();
  // What happened to it without anybody of ours.
  void Kill(const std::string& container);
  // It runs, and Podman, which was killed while it started it, has no record of that.
  void CutOffStart(const std::string& container);
  void Rename(const std::string& container, const std::string& name);
  void Move(const std::string& container, const std::string& address);
  void Remove(const std::string& container);
};

// Acts on a world by way of one loop; to be destroyed after it.
class FakeActors : public PodmanInterface,
                   public LeaseInterface,
                   public ResolverInterface,
                   public ProbeInterface,
                   public HostBridges,
                   public OrphanCleaner {
 public:
  FakeActors(boost::asio::io_context* loop, FakeWorld* world) : loop_(loop), world_(world) {}
  ~FakeActors() override { world_->on_event = nullptr; }

  Awaitable<absl::StatusOr<NetworkSpec>> InspectNetwork(std::string name) override;
  Awaitable<absl::Status> CreateNetwork(NetworkSpec spec) override;
  Awaitable<absl::Status> RemoveNetwork(std::string name) override;
  Awaitable<absl::Status> ConnectNetwork(std::string network, std::string container,
                                         std::string address) override;
  Awaitable<absl::Status> DisconnectNetwork(std::string network, std::string container) override;
  Awaitable<absl::StatusOr<VolumeInfo>> InspectVolume(std::string name) override;
  Awaitable<absl::Status> CreateVolume(std::string name, Labels labels) override;
  Awaitable<absl::Status> RemoveVolume(std::string name) override;
  Awaitable<absl::StatusOr<bool>> HasImage(std::string image) override;
  Awaitable<absl::StatusOr<std::string>> ImageId(std::string image) override;
  Awaitable<absl::Status> PullImage(PullRequest request) override;
  Awaitable<absl::StatusOr<std::string>> CreateContainer(ContainerSpec spec) override;
  Awaitable<absl::StatusOr<ContainerInfo>> InspectContainer(std::string container) override;
  Awaitable<absl::StatusOr<std::vector<ContainerSummary>>> ListContainers(
      std::string key, std::string value) override;
  Awaitable<absl::Status> UnpauseContainer(std::string container) override;
  Awaitable<absl::Status> RenameContainer(std::string container, std::string name) override;
  Awaitable<absl::Status> StartContainer(std::string container) override;
  Awaitable<absl::Status> StopContainer(std::string container, absl::Duration grace) override;
  Awaitable<absl::Status> SignalContainer(std::string container, std::string signal) override;
  Awaitable<absl::Status> RemoveContainer(std::string container) override;
  Awaitable<absl::StatusOr<ExecResult>> Exec(std::string container,
                                             std::vector<std::string> command,
                                             absl::Duration timeout) override;
  Awaitable<absl::Status> Logs(std::string container, LogRequest request,
                               std::function<bool(LogChunk)> on_chunk) override;
  Awaitable<absl::Status> Events(absl::Time since, std::function<void()> on_open,
                                 std::function<void(const PodmanEvent&)> on_event) override;

  Awaitable<absl::StatusOr<LeaseInfo>> Allocate(LeaseRequest request) override;
  Awaitable<absl::Status> Release(std::string owner) override;
  void Follow(std::function<void()> on_change) override;
  absl::StatusOr<ResolverStatus> Status() override;
  Awaitable<absl::Status> WaitForRevision(int64_t revision, std::string store_id,
                                          absl::Duration timeout) override;
  Awaitable<absl::Status> SshBanner(std::string address, absl::Duration timeout) override;
  Awaitable<absl::Status> Accepts(std::string address, uint16_t port,
                                  absl::Duration timeout) override;
  Awaitable<absl::Status> HttpAnswers(std::string address, std::string host,
                                      absl::Duration timeout) override;
  bool Has(const std::string& name, const std::string& address) const override;
  absl::Status Remove(const std::string& name) override;
  int Unplug(const std::string& name, const std::string& hardware_address) override;
  int EndProcesses(const std::string& container_id) override;
  bool IsGone(const std::string& volume_folder) const override;

 private:
  // Never comes back once the world is halted.
  Awaitable<void> Gate();
  Awaitable<void> Sleep(absl::Duration duration);
  Awaitable<void> NotifyOfChanges(std::function<void()> on_change);
  FakeContainer* Find(const std::string& name_or_id);
  void EmitEvent(const std::string& action, const FakeContainer& container);
  absl::Status Held(const std::string& address) const;
  absl::Status NoSuch(const std::string& what) const;

  boost::asio::io_context* const loop_;
  FakeWorld* const world_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_TESTING_FAKE_ENVIRONMENT_H_
