// A bound on how many coroutines do something at once; the others wait in order.
#ifndef MPD_CONTAINER_MANAGER_TURNS_H_
#define MPD_CONTAINER_MANAGER_TURNS_H_

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <utility>

#include "container-manager/awaitable.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

// Used on the loop's thread only.
class Turns : public std::enable_shared_from_this<Turns> {
 public:
  static std::shared_ptr<Turns> Make(boost::asio::io_context* loop, int at_once) {
    return std::shared_ptr<Turns>(new Turns(loop, at_once));
  }

  // Ends when destroyed. Keeps the Turns alive, so it may be destroyed with the loop.
  class Turn {
   public:
    Turn(Turn&&) = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->Give();
    }

   private:
    friend class Turns;
    explicit Turn(std::shared_ptr<Turns> turns) : turns_(std::move(turns)) {}
    std::shared_ptr<Turns> turns_;
  };
  Awaitable<Turn> Take();

 private:
  Turns(boost::asio::io_context* loop, int at_once) : loop_(loop), free_(at_once) {}
  void Give();

  boost::asio::io_context* const loop_;
  int free_;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_TURNS_H_
