// The A and PTR records that are in the files on the disk, and the answers expected of a resolver
// that has read them.
#ifndef MPD_DNSD_CONTROLLER_ZONE_RECORD_TABLE_H_
#define MPD_DNSD_CONTROLLER_ZONE_RECORD_TABLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/types/net_types.h"
#include "dnsd-controller/zone/expected_answer.h"
#include "dnsd-controller/zone/zone_model.h"

namespace mpd::dnsd {

struct ZoneRecord {
  std::string name;  // fully qualified
  Ipv4Address address;
  std::string owner;  // empty for a static record

  bool operator==(const ZoneRecord&) const = default;
};

// Not thread-safe.
class RecordTable {
 public:
  // Applies changes that have been written. Returns the expected answer for every name and address
  // that they touch, including those that have no record any more.
  std::vector<ExpectedAnswer> Apply(const std::vector<ZoneChange>& changes);
  // The expected answers for all names and addresses.
  std::vector<ExpectedAnswer> ExpectAll() const;

  // At most `limit` A records with names after `after`, sorted by name.
  std::vector<ZoneRecord> List(const std::string& after, size_t limit) const;
  // The A record that follows `name`, and after the last one the first one again, so that calling
  // it with the name of each result visits all records in turn. nullptr when the table is empty.
  const ZoneRecord* Next(const std::string& name) const;

  // The number of addresses that have at least one name.
  int64_t address_count() const { return static_cast<int64_t>(first_names_.size()); }
  // Increases with each Apply.
  int64_t version() const { return version_; }

 private:
  ExpectedAnswer ForName(const std::string& name) const;
  ExpectedAnswer ForAddress(Ipv4Address address) const;

  std::map<std::string, ZoneRecord> records_;
  std::map<Ipv4Address, std::string> first_names_;  // what PTR answers
  int64_t version_ = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_RECORD_TABLE_H_
