// Listings of the zone's records, page by page, all pages true at one revision.
#ifndef MPD_DNSD_CONTROLLER_API_RECORD_LISTER_H_
#define MPD_DNSD_CONTROLLER_API_RECORD_LISTER_H_

#include "absl/status/status.h"
#include "common/rpc/recent_listings.h"
#include "dnsd-controller/control/zone_controller.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

// On the loop's thread only.
class RecordLister {
 public:
  // `controller` must outlive it.
  explicit RecordLister(const ZoneController* controller) : controller_(controller) {}

  // Errors: UNAVAILABLE (NOT_RENDERED), INVALID_ARGUMENT (INVALID_FIELD, INVALID_PAGE_TOKEN),
  // OUT_OF_RANGE (STORE_RECREATED, LISTING_EXPIRED).
  absl::Status List(const v1::ListRecordsRequest& request, v1::ListRecordsResponse* response);

 private:
  const ZoneController* const controller_;
  RecentListings<ZoneController::RecordListing> recent_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_API_RECORD_LISTER_H_
