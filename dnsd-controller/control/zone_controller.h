// The whole controller, but for gRPC: leases in, files and questions out, one status.
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
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::dnsd {

struct ControllerOptions {
  explicit ControllerOptions(ResolverLayout of_layout)
      : layout(std::move(of_layout)), resolv_file(layout.resolv_file) {}

  ResolverLayout layout;
  std::string state_folder;             // dnsmasq's files are in its folder "dnsmasq"
  std::string conf_folder;              // holds platform.env
  std::string resolv_file;              // layout.resolv_file as this process sees it
  std::set<std::string> own_addresses;  // of this VM and its resolver, besides its interfaces'
  ProberTimes times;
  ForwardingTimes forwarding_times;
};

// On the loop's thread only.
class ZoneController : public std::enable_shared_from_this<ZoneController> {
 public:
  // `board` must outlive the controller's work on the loop.
  ZoneController(boost::asio::io_context* loop, ControllerOptions options,
                 std::shared_ptr<DnsClient> resolver, StatusBoard* board);

  // Writes the start-up files, and begins.
  void Start();
  // Ends all work; nothing is told to the board any more.
  void Stop();

  // From the stream of leases.
  void OnReset();
  void OnLeases(const ipam::v1::WatchLeasesResponse& message);
  void OnConnection(const absl::Status& status);

  // Somebody looks at the status.
  void Attend();
  // Somebody waits for what the resolver answers; `doubt`: from now on (0: or has answered).
  void Hurry(int64_t doubt);

  struct Page {
    std::vector<ZoneRecord> records;
    int64_t revision = 0;
  };
  // Records whose names come after `after`.
  Page ListRecords(const std::string& after, size_t limit) const;

 private:
  static boost::asio::awaitable<void> Housekeep(std::shared_ptr<ZoneController> self);
  static boost::asio::awaitable<void> Settle(std::shared_ptr<ZoneController> self);
  void RefreshStatic();
  void RefreshUpstreams();
  void ListOwnAddresses();
  void OnWritten(const ZonePublisher::Written& written);
  void UpdateStale();
  void Publish();
  bool Live() const;
  std::string LastError() const;
  std::string ForwardingError() const;
  v1::ResolverState State(const std::string& last_error) const;
  std::string VmName() const;

  boost::asio::io_context* const loop_;
  const ControllerOptions options_;
  const std::shared_ptr<DnsClient> resolver_;
  StatusBoard* const board_;
  StaticConfig static_config_;
  std::shared_ptr<ZonePublisher> publisher_;
  std::shared_ptr<ResolverProber> prober_;
  std::shared_ptr<ForwardingProber> forwarding_;
  std::optional<FolderWatcher> conf_watcher_;
  std::optional<FolderWatcher> resolv_watcher_;
  AsyncEvent housekeep_;

  absl::Status static_error_;
  Upstreams upstreams_;
  std::set<std::string> own_addresses_;
  absl::Time own_addresses_listed_ = absl::InfinitePast();
  ProbeResult zone_;
  bool connected_ = false;
  bool rendered_ = false;
  std::string told_store_id_;  // ipam's, as last told
  std::string store_id_;       // the one that the disk is at
  int64_t rendered_revision_ = 0;
  std::optional<absl::Time> stale_since_;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_H_
