#include "gateway/ca/issued/issued_log.h"

#include "absl/strings/str_cat.h"
#include "common/base/logging.h"
#include "common/base/status.h"

namespace mpd::ca {
namespace {

constexpr absl::string_view kPrefix = "issued/";
constexpr int64_t kPage = 1000;
constexpr absl::Duration kKeptAfterItsEnd = absl::Hours(24);

std::string KeyOf(const std::string& serial) { return absl::StrCat(kPrefix, serial); }

}  // namespace

absl::Status IssuedLog::Add(const std::string& serial, const state::v1::IssuedRecord& record) {
  const StoreTransaction transaction = {
      {}, {{StoreOp::Type::kPut, KeyOf(serial), record.SerializeAsString()}}};
  return store_->CommitAndWait(transaction).status();
}

absl::StatusOr<IssuedPage> IssuedLog::List(const std::string& after, int64_t revision,
                                           int64_t limit) const {
  RangeRequest request;
  request.prefix = std::string(kPrefix);
  request.revision = revision;
  request.limit = limit;
  if (!after.empty()) request.start_after = KeyOf(after);
  ASSIGN_OR_RETURN(const RangeResponse range, store_->Range(request));
  IssuedPage page;
  page.more = range.more;
  page.revision = range.revision;
  for (const KeyValue& kv : range.kvs) {
    IssuedEntry entry;
    entry.serial = kv.key.substr(kPrefix.size());
    if (!entry.record.ParseFromString(kv.value)) {
      LOG_WARNING("RECORD_UNREADABLE", "A record of what was signed can't be read; it is left out",
                  {{"key", kv.key}});
      // Listed all the same, so that a page has an end to go on from.
      entry.record.Clear();
    }
    page.entries.push_back(std::move(entry));
  }
  return page;
}

absl::Status IssuedLog::ForEach(const std::function<void(const IssuedEntry&)>& visit) const {
  std::string after;
  int64_t revision = 0;
  while (true) {
    ASSIGN_OR_RETURN(const IssuedPage page, List(after, revision, kPage));
    for (const IssuedEntry& entry : page.entries) visit(entry);
    if (!page.more) return absl::OkStatus();
    after = page.entries.back().serial;
    revision = page.revision;
  }
}

absl::StatusOr<int> IssuedLog::CountOfOthers(const std::string& issuer_digest,
                                             absl::Time now) const {
  int count = 0;
  RETURN_IF_ERROR(ForEach([&](const IssuedEntry& entry) {
    const bool valid = absl::FromUnixMicros(entry.record.not_after_us()) > now;
    if (valid && entry.record.issuer_fingerprint() != issuer_digest) ++count;
  }));
  return count;
}

absl::Status IssuedLog::Sweep(absl::Time now) {
  StoreTransaction transaction;
  RETURN_IF_ERROR(ForEach([&](const IssuedEntry& entry) {
    const absl::Time end = absl::FromUnixMicros(entry.record.not_after_us());
    if (end + kKeptAfterItsEnd < now && transaction.ops.size() < static_cast<size_t>(kPage)) {
      transaction.ops.push_back({StoreOp::Type::kDelete, KeyOf(entry.serial)});
    }
  }));
  if (transaction.ops.empty()) return absl::OkStatus();
  return store_->CommitAndWait(std::move(transaction)).status();
}

}  // namespace mpd::ca
