// The leases as the zone sees them: what each one publishes, once everything in it has been checked
// again. Not thread-safe.
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

// The name that belongs to the VM itself: no lease gets it.
inline constexpr char kVmHostname[] = "vm.service";

// A lease as it came over the wire; nothing in it is trusted.
struct RawLease {
  std::string owner;
  std::string address;
  std::vector<std::string> hostnames;
};

// What one lease publishes. `names` are fully qualified, at least one; PTR answers the first.
struct LeaseRecords {
  std::string owner;
  Ipv4Address address;
  std::vector<std::string> names;

  bool operator==(const LeaseRecords&) const = default;
};

// What one owner published before and publishes now; at least one of the two is set.
struct ZoneChange {
  std::optional<LeaseRecords> before;
  std::optional<LeaseRecords> after;
};

class ZoneModel {
 public:
  ZoneModel(Zone zone, Ipv4Prefix subnet);

  // A lease that does not pass the checks publishes nothing and is told of in Problems(). Of two
  // that claim one name or one address (ipam never allows it), the owner that sorts first has it.
  void Put(const RawLease& lease);
  void Remove(const std::string& owner);

  // Between the two the leases are told anew; those that are not told are gone at the end.
  void BeginReset();
  void EndReset();
  bool resetting() const { return seen_.has_value(); }

  // How what is published differs from what the last call told; owners in order.
  std::vector<ZoneChange> TakeChanges();
  // All that TakeChanges has told, by owner.
  const std::map<std::string, LeaseRecords>& published() const { return published_; }
  // One sentence per lease or name that is not served, by owner.
  const std::map<std::string, std::string>& problems() const { return problems_; }

 private:
  struct Checked {
    Ipv4Address address;
    std::vector<std::string> names;
  };
  absl::StatusOr<Checked> Check(const RawLease& lease) const;
  std::vector<std::string> KeysOf(const Checked& lease) const;
  void Claim(const std::string& owner, const Checked& lease);
  void Unclaim(const std::string& owner);
  bool Holds(const std::string& owner, const std::string& key) const;
  std::optional<LeaseRecords> Effective(const std::string& owner);

  const Zone zone_;
  const Ipv4Prefix subnet_;
  std::map<std::string, Checked> leases_;
  // A name or an address to the owners that claim it; the first one has it.
  std::map<std::string, std::set<std::string>> claims_;
  std::set<std::string> dirty_;
  std::map<std::string, LeaseRecords> published_;
  std::map<std::string, std::string> problems_;
  std::optional<std::set<std::string>> seen_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_ZONE_MODEL_H_
