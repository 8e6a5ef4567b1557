// The errors of mpd-dnsd-controller's API: one factory per reason.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_DNSD_ERRORS_H_
#define MPD_DNSD_CONTROLLER_CONTROL_DNSD_ERRORS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace mpd::dnsd {

struct DnsdErrors {
  // OUT_OF_RANGE, STORE_RECREATED
  static absl::Status StoreRecreated(const std::string& asked, const std::string& current);
  // RESOURCE_EXHAUSTED, TOO_MANY_WAITERS
  static absl::Status TooManyWaiters(size_t limit);
  // RESOURCE_EXHAUSTED, TOO_MANY_LOOKUPS
  static absl::Status TooManyLookups(size_t limit);
  // UNAVAILABLE, NOT_RENDERED, to be tried again after half a second: no leases are on the disk
  // yet.
  static absl::Status NotRendered();
  // UNAVAILABLE, SHUTTING_DOWN
  static absl::Status ShuttingDown();
  // DEADLINE_EXCEEDED, NOT_PUBLISHED
  static absl::Status NotPublished();
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_DNSD_ERRORS_H_
