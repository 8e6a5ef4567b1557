// A bound on how many coroutines do something at once; the others wait in order.
#ifndef MPD_COMMON_ASYNC_SEMAPHORE_H_
#define MPD_COMMON_ASYNC_SEMAPHORE_H_

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <utility>

#include "common/async/awaitable.h"

namespace boost::asio {
class io_context;
}

namespace mpd {

// Used on the loop's thread only.
class Semaphore : public std::enable_shared_from_this<Semaphore> {
 public:
  static std::shared_ptr<Semaphore> Make(boost::asio::io_context* loop, int permits) {
    return std::shared_ptr<Semaphore>(new Semaphore(loop, permits));
  }

  // Ends when destroyed. Keeps the Semaphore alive, so it may be destroyed with the loop.
  class Permit {
   public:
    Permit(Permit&&) = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (semaphore_) semaphore_->Release();
    }

   private:
    friend class Semaphore;
    explicit Permit(std::shared_ptr<Semaphore> semaphore) : semaphore_(std::move(semaphore)) {}
    std::shared_ptr<Semaphore> semaphore_;
  };
  Awaitable<Permit> Acquire();

 private:
  Semaphore(boost::asio::io_context* loop, int permits) : loop_(loop), free_(permits) {}
  void Release();

  boost::asio::io_context* const loop_;
  int free_;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_SEMAPHORE_H_
