// Deletes old records from the store periodically: of rests that are over every 5 s, of request_ids
// at the start and then every hour.
#ifndef MPD_IPAM_BOOK_SWEEPER_H_
#define MPD_IPAM_BOOK_SWEEPER_H_

#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "ipam/book/lease_book.h"

namespace mpd::ipam {

// All calls are made on the loop's thread.
class Sweeper {
 public:
  // Both must outlive it.
  Sweeper(boost::asio::io_context* loop, LeaseBook* book);

  void Start();
  // No sweep begins after this.
  void Stop();

 private:
  void Schedule();
  void Sweep();

  LeaseBook* const book_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
  int64_t sweeps_ = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_SWEEPER_H_
