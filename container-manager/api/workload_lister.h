// Listings a page at a time, all pages true at the revision of the first.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_LISTER_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_LISTER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

struct WorkloadPage {
  std::vector<WorkloadRecord> records;  // in the order of their names
  std::string next_page_token;          // empty on the last page
  int64_t revision = 0;
};

// The workloads of a type ("runtime"), but for those that no kind is responsible for. `page_size` 0
// = 100; at most 1000. Errors: INVALID_ARGUMENT (INVALID_FIELD, INVALID_PAGE_TOKEN); OUT_OF_RANGE
// (STORE_RECREATED; LISTING_EXPIRED or REVISION_COMPACTED where the token's revision is not kept).
absl::StatusOr<WorkloadPage> ListWorkloads(const WorkloadStore& store, const WorkloadKinds& kinds,
                                           absl::string_view type, int page_size,
                                           const std::string& page_token);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_LISTER_H_
