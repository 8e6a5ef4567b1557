// Turns leases, as ipam reports them, into the records that each one publishes in the zone. All
// values of a lease are checked here again, because they end up in dnsmasq's files.
#ifndef MPD_DNSD_CONTROLLER_ZONE_ZONE_MODEL_H_
#define MPD_DNSD_CONTROLLER_ZONE_ZONE_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/types/names.h"
#include "common/types/net_types.h"

namespace mpd::dnsd {

// The name of the VM itself, relative to the zone. A lease that claims it is not served.
inline constexpr char kVmHostname[] = "vm.service";

// A lease as it came over the wire, unchecked.
struct RawLease {
  std::string owner;
  std::string address;
  std::vector<std::string> hostnames;
};

// The records that one lease publishes: an A record for each name, and a PTR record with the first
// name. `names` are fully qualified; there is at least one.
struct LeaseRecords {
  std::string owner;
  Ipv4Address address;
  std::vector<std::string> names;

  bool operator==(const LeaseRecords&) const = default;
};

// What one owner published before and what it publishes now; unset where it publishes nothing. At
// least one of the two is set, and they differ.
struct ZoneChange {
  std::optional<LeaseRecords> before;
  std::optional<LeaseRecords> after;
};

// Not thread-safe.
class ZoneModel {
 public:
  ZoneModel(Zone zone, Ipv4Prefix subnet);

  // Adds or replaces the lease of its owner. A lease that does not pass the checks publishes
  // nothing and gets a sentence in problems(). When two leases claim the same name or address (ipam
  // does not allow that), the one whose owner sorts first gets it.
  void Put(const RawLease& lease);
  void Remove(const std::string& owner);

  // A reset is a new listing of all leases: call BeginReset, Put for each lease, then EndReset,
  // which removes the leases that were not put in between. BeginReset may be called again to start
  // over.
  void BeginReset();
  void EndReset();
  bool resetting() const { return seen_.has_value(); }

  // The changes of what is published since the last call, sorted by owner.
  std::vector<ZoneChange> TakeChanges();
  // What is published, by owner, as of the last TakeChanges.
  const std::map<std::string, LeaseRecords>& published() const { return published_; }
  // Why a lease, or one of its names, is not served: one sentence per owner.
  const std::map<std::string, std::string>& problems() const { return problems_; }

 private:
  struct Checked {
    Ipv4Address address;
    std::vector<std::string> names;
  };
  absl::StatusOr<Checked> Check(const RawLease& lease) const;
  // What the lease claims: its names and its address, as text.
  std::vector<std::string> KeysOf(const Checked& lease) const;
  void Claim(const std::string& owner, const Checked& lease);
  void Unclaim(const std::string& owner);
  bool Holds(const std::string& owner, const std::string& key) const;
  // What the owner publishes once conflicting claims are settled.
  std::optional<LeaseRecords> Effective(const std::string& owner);

  const Zone zone_;
  const Ipv4Prefix subnet_;
  std::map<std::string, Checked> leases_;
  // For each name and address the owners that claim it; the first one gets it.
  std::map<std::string, std::set<std::string>> claims_;
  std::set<std::string> dirty_;  // owners whose records may have changed since TakeChanges
  std::map<std::string, LeaseRecords> published_;
  std::map<std::string, std::string> problems_;
  std::optional<std::set<std::string>> seen_;  // owners put since BeginReset; set during a reset
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_ZONE_MODEL_H_
