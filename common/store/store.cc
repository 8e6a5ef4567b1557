#include "common/store/store.h"

#include <utility>

#include "common/base/one_shot.h"

namespace mpd {

absl::StatusOr<CommitResponse> Store::CommitAndWait(StoreTransaction transaction) {
  OneShot<absl::StatusOr<CommitResponse>> reply;
  Commit(std::move(transaction),
         [&reply](absl::StatusOr<CommitResponse> response) { reply.Set(std::move(response)); });
  return reply.Wait();
}

}  // namespace mpd
