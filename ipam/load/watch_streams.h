// Opens many watch streams at once.
#ifndef MPD_IPAM_LOAD_WATCH_STREAMS_H_
#define MPD_IPAM_LOAD_WATCH_STREAMS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {

// Reads one stream as fast as messages come. Thread-safe.
class WatchReader final : public grpc::ClientReadReactor<v1::WatchLeasesResponse> {
 public:
  // The stub must outlive it.
  explicit WatchReader(v1::IpamService::Stub* stub);
  // Cancels the stream and waits for its end.
  ~WatchReader() override;

  struct Seen {
    int64_t revision = 0;
    absl::Time when;  // the revision was first seen
    bool synced = false;
    bool ended = false;
  };
  Seen seen() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  grpc::ClientContext context_;
  const v1::WatchLeasesRequest request_;
  v1::WatchLeasesResponse message_;
  mutable Mutex mutex_;
  CondVar changed_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
};

class WatchStreams {
 public:
  // Opens the streams on several connections to the server's socket and waits until all are synced.
  // UNAVAILABLE when one of them ends.
  static absl::StatusOr<std::unique_ptr<WatchStreams>> Open(const std::string& socket, int count);

  // Waits until all streams have seen the revision, and returns when each one did. UNAVAILABLE when
  // a stream ends or the time is over.
  absl::StatusOr<std::vector<absl::Time>> WaitFor(int64_t revision, absl::Duration timeout) const;

 private:
  std::vector<std::unique_ptr<v1::IpamService::Stub>> stubs_;
  std::vector<std::unique_ptr<WatchReader>> readers_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_WATCH_STREAMS_H_
