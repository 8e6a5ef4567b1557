#include "container-manager/api/workload_lister.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;

// "<revision>:<name of the last one sent>"
struct PageToken {
  int64_t revision = 0;
  std::string after;
};

absl::StatusOr<PageToken> ParseToken(const std::string& text) {
  PageToken token;
  if (text.empty()) return token;
  const size_t colon = text.find(':');
  const bool valid = colon != std::string::npos &&
                     absl::SimpleAtoi(text.substr(0, colon), &token.revision) && token.revision > 0;
  if (!valid) return WorkloadErrors::InvalidPageToken(text);
  token.after = text.substr(colon + 1);
  return token;
}

}  // namespace

absl::StatusOr<WorkloadPage> ListWorkloads(const WorkloadStore& store, WorkloadKind kind,
                                           int page_size, const std::string& page_token) {
  if (page_size < 0) {
    return InvalidField("page_size", absl::StrCat(page_size), "is negative");
  }
  const size_t limit =
      static_cast<size_t>(page_size == 0 ? kDefaultPage : std::min(page_size, kMaxPage));
  ASSIGN_OR_RETURN(const PageToken token, ParseToken(page_token));
  ASSIGN_OR_RETURN(WorkloadList list, store.ReadAll(token.revision));
  WorkloadPage page;
  page.revision = list.revision;
  for (auto& [id, record] : list.workloads) {
    if (id.kind != kind || id.name <= token.after) continue;
    if (page.records.size() == limit) {
      page.next_page_token = absl::StrCat(page.revision, ":", page.records.back().id.name);
      break;
    }
    page.records.push_back(std::move(record));
  }
  return page;
}

}  // namespace mpd::containers
