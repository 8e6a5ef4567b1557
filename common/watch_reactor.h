// Server streams that tell of changes. A stream holds no queue: it pulls its next message from a
// source (as a rule a cursor over the store's log) when the last one has been taken, so a slow
// reader costs nothing but its place; one that has fallen too far behind is ended by its source with
// RESOURCE_EXHAUSTED.
#ifndef MPD_COMMON_WATCH_REACTOR_H_
#define MPD_COMMON_WATCH_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mpd {

// Where one stream gets its messages. Called by one thread at a time, a worker of the hub's; may
// read the disk, must not wait for anything else.
template <typename Message>
class WatchSource {
 public:
  virtual ~WatchSource() = default;
  // True: `message` is to be sent. False: nothing new; asked again after the hub's next Wake. An
  // error ends the stream with it.
  virtual absl::StatusOr<bool> Next(Message* message) = 0;
  // A message that says how far the stream is, for when nothing else is sent.
  virtual void Progress(Message* message) = 0;
};

// All watch streams of a daemon. Thread-safe.
class WatchHub {
 public:
  explicit WatchHub(absl::Duration progress_interval = absl::Seconds(5));
  ~WatchHub();  // After Drain, and after the server is down.

  // The reactor to return from a streaming handler. It owns the source and itself. One write is in
  // flight at a time; Finish is called exactly once.
  template <typename Message>
  grpc::ServerWriteReactor<Message>* Start(std::unique_ptr<WatchSource<Message>> source);

  // Something changed: every idle stream asks its source.
  void Wake();

  // Ends every stream, now and later, with this error.
  void Drain(const absl::Status& reason);

  int64_t stream_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_REACTOR_H_
