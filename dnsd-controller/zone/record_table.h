// The records of the zone as they are on the disk, by name and by address. Not thread-safe.
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

class RecordTable {
 public:
  // What the resolver has to answer to every name and address that these changes touch.
  std::vector<ExpectedAnswer> Apply(const std::vector<ZoneChange>& changes);
  // What it has to answer to all of them.
  std::vector<ExpectedAnswer> Everything() const;

  // At most `limit` records whose names come after `after`, in the order of their names.
  std::vector<ZoneRecord> List(const std::string& after, size_t limit) const;
  // The record after `name`, the first one after the last; nothing to be found only in an empty
  // table. For visiting all of them one at a time.
  const ZoneRecord* Next(const std::string& name) const;

  // Addresses with at least one name.
  int64_t address_count() const { return static_cast<int64_t>(first_names_.size()); }

 private:
  ExpectedAnswer ForName(const std::string& name) const;
  ExpectedAnswer ForAddress(Ipv4Address address) const;

  std::map<std::string, ZoneRecord> records_;
  std::map<Ipv4Address, std::string> first_names_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_RECORD_TABLE_H_
