// The readers while the server is killed: watchers, and one that lists again and again.
#ifndef MPD_IPAM_HISTORY_OBSERVERS_H_
#define MPD_IPAM_HISTORY_OBSERVERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "ipam/history/history.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {

// Watches leases, and resumes from the last revision after each break of the stream.
class HistoryWatcher {
 public:
  // Begins with the current state when `from_state`, otherwise with the first change of the log.
  HistoryWatcher(const std::string& address, bool from_state)
      : address_(address), from_state_(from_state) {}

  // Returns after Stop.
  void Run();
  // Waits until a message says that everything up to the revision was sent. False after `limit`.
  bool WaitFor(int64_t revision, absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the stream.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // This and complaints() may be called once Run has returned.
  const std::vector<SeenStream>& streams() const { return streams_; }
  // Errors other than those of a server that is down. There must be none.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  bool BeginStream(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndStream() ABSL_LOCKS_EXCLUDED(mutex_);
  // It stays empty where the server does not answer.
  void LearnStoreId(v1::IpamService::Stub* stub);
  void Note(const SeenMessage& message) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string address_;
  const bool from_state_;
  std::vector<SeenStream> streams_;
  std::vector<std::string> complaints_;
  std::string store_id_;
  bool in_step_ = false;  // revision_ is one from which the watch can be resumed

  Mutex mutex_;
  CondVar moved_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// Lists all leases at one revision, and retries for `limit` while the server is down.
absl::StatusOr<SeenListing> ListAll(v1::IpamService::Stub* stub, absl::Duration limit);

// Reads every change up to the revision, of the store with this id.
absl::StatusOr<std::vector<SeenChange>> ReadLog(v1::IpamService::Stub* stub,
                                                const std::string& store_id, int64_t revision);

// Lists again and again until `stop`.
std::vector<SeenListing> KeepListing(const std::string& address, const std::atomic<bool>& stop);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_OBSERVERS_H_
