// What a WatchClient does whatever its messages are: where to resume, when to retry, when a silent
// stream is given up.
#ifndef MPD_COMMON_WATCH_WATCH_SESSION_H_
#define MPD_COMMON_WATCH_WATCH_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/async/backoff.h"
#include "common/async/loop_mailbox.h"

namespace boost::asio {
class io_context;
}
namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace mpd {

struct WatchClientOptions {
  // Between attempts, doubling.
  absl::Duration min_backoff = absl::Milliseconds(20);
  absl::Duration max_backoff = absl::Milliseconds(500);
  // A stream on which nothing comes for so long is dropped and made anew.
  absl::Duration silence_limit = absl::Seconds(20);
};

// On the loop's thread, all of it. Held by a shared_ptr.
class WatchSession : public std::enable_shared_from_this<WatchSession> {
 public:
  WatchSession(boost::asio::io_context* loop, WatchClientOptions options);
  virtual ~WatchSession();

  void Start();
  // No hook is called from here on.
  void Close();
  bool closed() const { return closed_; }

 protected:
  const std::shared_ptr<LoopMailbox>& mailbox() const { return mailbox_; }

  // To be told of each message, before and after it is handed on, and of the stream's end.
  void MessageCame();
  void MessageTaken(int64_t revision, const std::string& store_id, bool synced);
  void StreamEnded(const grpc::Status& status);

 private:
  // Opens a stream; StreamEnded is called once for it.
  virtual void OpenStream(const std::shared_ptr<grpc::ClientContext>& context,
                          int64_t start_revision, const std::string& store_id) = 0;
  virtual void OnReset() = 0;
  virtual void OnConnection(const absl::Status& status) = 0;

  void Connect();
  void RetryLater();
  void WatchSilence(absl::Duration wait);
  void CheckSilence();

  struct Timers;

  const WatchClientOptions options_;
  const std::shared_ptr<LoopMailbox> mailbox_;
  const std::unique_ptr<Timers> timers_;
  // Of the stream that runs; nullptr between streams.
  std::shared_ptr<grpc::ClientContext> context_;
  Backoff backoff_;
  absl::Time last_message_;
  // Where a new stream resumes; only a complete state can be resumed.
  bool resumable_ = false;
  int64_t revision_ = 0;
  std::string store_id_;

  bool closed_ = false;
  bool connected_ = false;
  bool told_disconnected_ = false;
  bool silent_ = false;
};

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_WATCH_SESSION_H_
