// What mpd-ca does without being asked: follows its files, and forgets what has ended.
#ifndef MPD_GATEWAY_CA_API_UPKEEP_H_
#define MPD_GATEWAY_CA_API_UPKEEP_H_

#include <boost/asio/steady_timer.hpp>

#include "common/async/worker_thread.h"
#include "common/store/store.h"
#include "common/watch/watch_reactor.h"
#include "gateway/ca/authority/authority.h"
#include "gateway/ca/issued/issued_log.h"

namespace mpd::ca {

// Reads conf/caroot each second, since it is pushed by others, and sweeps the log each hour; both
// on the worker. Used on the loop's thread.
class Upkeep {
 public:
  // All must outlive this; the worker may hold its jobs until it ends.
  Upkeep(boost::asio::io_context* loop, Authority* authority, Store* store, WorkerThread* worker,
         WatchHub* watches);

  void Start() { Tick(); }
  void Stop();

 private:
  void Tick();

  Authority* const authority_;
  IssuedLog log_;
  WorkerThread* const worker_;
  WatchHub* const watches_;
  boost::asio::steady_timer timer_;
  int64_t ticks_ = 0;
  bool stopped_ = false;
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_API_UPKEEP_H_
