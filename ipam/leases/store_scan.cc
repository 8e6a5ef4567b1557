#include "ipam/leases/store_scan.h"

#include <string>

#include "common/base/status.h"

namespace mpd::ipam {
namespace {

constexpr int64_t kKeysAtOnce = 4096;

}  // namespace

absl::Status ScanStore(Store* store, absl::string_view prefix, int64_t revision,
                       absl::FunctionRef<absl::Status(const KeyValue&)> visit) {
  RangeRequest request;
  request.prefix = std::string(prefix);
  request.revision = revision;
  request.limit = kKeysAtOnce;
  while (true) {
    ASSIGN_OR_RETURN(const RangeResponse page, store->Range(request));
    for (const KeyValue& kv : page.kvs) RETURN_IF_ERROR(visit(kv));
    if (!page.more || page.kvs.empty()) return absl::OkStatus();
    request.start_after = page.kvs.back().key;
    request.revision = page.revision;
  }
}

}  // namespace mpd::ipam
