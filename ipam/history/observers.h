// Those who only look while the server is killed: watchers, and one who lists.
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

// Watches from the beginning, and from its last revision on after each break.
class HistoryWatcher {
 public:
  // `from_state`: begins with the present state, else with the first change.
  HistoryWatcher(const std::string& address, bool from_state)
      : address_(address), from_state_(from_state) {}

  // Until Stop.
  void Run();
  // Once it has been told that it has everything up to the revision; false: not within the limit.
  bool WaitFor(int64_t revision, absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the stream.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // After Run has returned.
  const std::vector<SeenStream>& streams() const { return streams_; }
  // Errors other than that the server was gone: there must be none.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  bool BeginStream(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndStream() ABSL_LOCKS_EXCLUDED(mutex_);
  void Note(const SeenMessage& message) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string address_;
  const bool from_state_;
  std::vector<SeenStream> streams_;
  std::vector<std::string> complaints_;
  std::string store_id_;
  bool in_step_ = false;

  Mutex mutex_;
  CondVar moved_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// All leases at one revision, however often it has to be asked.
absl::StatusOr<SeenListing> ListAll(v1::IpamService::Stub* stub, absl::Duration limit);

// Every change up to the revision.
absl::StatusOr<std::vector<SeenChange>> ReadLog(v1::IpamService::Stub* stub, int64_t revision);

// Lists again and again until `stop`.
std::vector<SeenListing> KeepListing(const std::string& address, const std::atomic<bool>& stop);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_OBSERVERS_H_
