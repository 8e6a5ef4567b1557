// What was signed, durably.
#ifndef MPD_GATEWAY_CA_ISSUED_ISSUED_LOG_H_
#define MPD_GATEWAY_CA_ISSUED_ISSUED_LOG_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "mpd/ca/state/v1/state.pb.h"

namespace mpd::ca {

struct IssuedEntry {
  std::string serial;  // hex
  state::v1::IssuedRecord record;
};

struct IssuedPage {
  std::vector<IssuedEntry> entries;  // by serial
  bool more = false;
  int64_t revision = 0;
};

// Thread-safe; reads and Add block on the disk. The store must outlive it.
class IssuedLog {
 public:
  explicit IssuedLog(Store* store) : store_(store) {}

  // Durable when it returns. Errors: those of Store::Commit.
  absl::Status Add(const std::string& serial, const state::v1::IssuedRecord& record);

  // Those after a serial number, as of a revision (0: now); records that can't be read are left out
  // and logged.
  absl::StatusOr<IssuedPage> List(const std::string& after, int64_t revision, int64_t limit) const;

  // Of those that are still valid, how many another key than the one of this digest has signed.
  absl::StatusOr<int> CountOfOthers(const std::string& issuer_digest, absl::Time now) const;

  // Deletes what ended more than a day before, at most a thousand. OK where there is none.
  absl::Status Sweep(absl::Time now);

 private:
  absl::Status ForEach(const std::function<void(const IssuedEntry&)>& visit) const;

  Store* const store_;
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_ISSUED_ISSUED_LOG_H_
