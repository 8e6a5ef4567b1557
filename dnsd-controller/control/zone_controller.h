// Takes the leases from ipam's stream to the answers of the resolver, and reports how far they are.
//
// A lease passes through here in this order:
//   1. OnLeases puts it into the ZoneModel, which checks it.
//   2. The ZonePublisher takes the model's changes and writes them to the files that dnsmasq reads.
//   3. OnWritten applies these changes to the RecordTable, which holds the records on the disk, and
//      hands the answers that follow from them to the ResolverProber.
//   4. The ResolverProber asks the resolver until it gives these answers, and then advances the
//      published revision.
//   5. Publish puts the result on the StatusBoard, which ends the calls that wait for the revision.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_H_
#define MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "common/async/folder_watcher.h"
#include "dnsd-controller/control/status_board.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"
#include "dnsd-controller/dnsmasq/static_config.h"
#include "dnsd-controller/dnsmasq/upstreams.h"
#include "dnsd-controller/dnsmasq/zone_publisher.h"
#include "dnsd-controller/verify/forwarding_prober.h"
#include "dnsd-controller/verify/resolver_prober.h"
#include "dnsd-controller/zone/record_table.h"
#include "dnsd-controller/zone/zone_model.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::dnsd {

struct ControllerOptions {
  explicit ControllerOptions(ResolverLayout of_layout)
      : layout(std::move(of_layout)), resolv_file(layout.resolv_file) {}

  ResolverLayout layout;
  std::string state_folder;  // dnsmasq's files are written to "dnsmasq" in it
  std::string conf_folder;   // holds platform.env
  std::string resolv_file;   // the path at which this process finds layout.resolv_file
  // Addresses of this VM and its resolver, besides those of the VM's interfaces: no upstream
  // server.
  std::set<std::string> own_addresses;
  ProberTimes times;
  ForwardingTimes forwarding_times;
};

// All calls are made on the loop's thread.
class ZoneController : public std::enable_shared_from_this<ZoneController> {
 public:
  // `board` must live until Stop.
  ZoneController(boost::asio::io_context* loop, ControllerOptions options,
                 std::shared_ptr<DnsClient> resolver, StatusBoard* board);

  // Writes the resolver's start-up files, then starts writing and probing.
  void Start();
  // Ends all work. The status is not set after this.
  void Stop();

  // The callbacks of ipam's lease stream: a new listing of all leases begins; a message came; the
  // connection was established (OK) or lost.
  void OnReset();
  void OnLeases(const ipam::v1::WatchLeasesResponse& message);
  void OnConnection(const absl::Status& status);

  // Somebody has looked at the status. See ResolverProber::KeepActive.
  void KeepActive();
  // Somebody waits for the resolver's answers. See ResolverProber::Expedite.
  void Expedite(int64_t barrier);

  // All records as rendered, sorted by name, the VM's own record included.
  struct RecordListing {
    std::vector<ZoneRecord> records;
    int64_t revision = 0;  // at which the records are on the disk
    // Which ipam store the revision counts in; empty until something is rendered.
    std::string store_id;
  };
  RecordListing ListRecords() const;

 private:
  static boost::asio::awaitable<void> Housekeep(std::shared_ptr<ZoneController> self);
  static boost::asio::awaitable<void> AwaitIngested(std::shared_ptr<ZoneController> self);
  void RefreshStaticConfig();
  void RefreshUpstreams();
  void ListOwnAddresses();
  void OnWritten(const ZonePublisher::Written& written);
  void UpdateStale();
  void Publish();
  // What is on the disk follows ipam's current leases.
  bool Live() const;
  v1::Status MakeStatus() const;
  // The most serious problem, as a sentence; empty when there is none.
  std::string LastError() const;
  std::string ForwardingError() const;
  v1::ResolverState State(const std::string& last_error) const;
  std::string VmName() const;

  boost::asio::io_context* const loop_;
  const ControllerOptions options_;
  const std::shared_ptr<DnsClient> resolver_;
  StatusBoard* const board_;
  ZoneModel model_;      // the leases as ipam reports them
  RecordTable records_;  // the records on the disk
  StaticConfig static_config_;
  std::shared_ptr<ZonePublisher> publisher_;
  std::shared_ptr<ResolverProber> prober_;
  std::shared_ptr<ForwardingProber> forwarding_;
  std::optional<FolderWatcher> conf_watcher_;
  std::optional<FolderWatcher> resolv_watcher_;
  AsyncEvent housekeep_;

  absl::Status static_error_;  // of the last RefreshStaticConfig
  Upstreams upstreams_;
  std::set<std::string> own_addresses_;
  absl::Time own_addresses_listed_ = absl::InfinitePast();
  ProbeResult zone_result_;
  bool connected_ = false;
  bool rendered_ = false;      // something was written since the start
  std::string ipam_store_id_;  // of the last message from ipam
  std::string store_id_;       // of the revision on the disk
  int64_t rendered_revision_ = 0;
  std::optional<absl::Time> stale_since_;  // unset while the leases are current
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_H_
