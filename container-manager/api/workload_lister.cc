#include "container-manager/api/workload_lister.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/paging.h"

namespace mpd::containers {

absl::StatusOr<WorkloadPage> ListWorkloads(const WorkloadStore& store, const WorkloadKinds& kinds,
                                           absl::string_view type, int page_size,
                                           const std::string& page_token) {
  ASSIGN_OR_RETURN(const size_t limit, PageSize(page_size));
  const Listing listing{std::string(type), store.store()->store_id(), store.store()->revision()};
  ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(page_token, listing));
  ASSIGN_OR_RETURN(WorkloadList list, store.ReadAll(start.revision));
  WorkloadPage page;
  page.revision = list.revision;
  for (auto& [id, record] : list.workloads) {
    if (id.type != type || id.name <= start.after || kinds.Find(id) == nullptr) continue;
    if (page.records.size() == limit) {
      page.next_page_token = EncodePageToken(listing, {page.revision, page.records.back().id.name});
      break;
    }
    page.records.push_back(std::move(record));
  }
  return page;
}

}  // namespace mpd::containers
