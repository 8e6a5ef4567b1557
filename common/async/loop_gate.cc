#include "common/async/loop_gate.h"

#include <boost/asio/execution_context.hpp>

namespace mpd {
namespace {

// A loop shuts its services down before it destroys anything, the youngest first: this one always
// before the loop's own queue.
class GateService : public boost::asio::execution_context::service {
 public:
  static inline boost::asio::execution_context::id id;

  explicit GateService(boost::asio::execution_context& loop)
      : boost::asio::execution_context::service(loop), gate_(std::make_shared<LoopGate>()) {}
  const std::shared_ptr<LoopGate>& gate() const { return gate_; }

 private:
  void shutdown() override { gate_->Close(); }

  const std::shared_ptr<LoopGate> gate_;
};

}  // namespace

std::shared_ptr<LoopGate> LoopGate::Of(boost::asio::execution_context& loop) {
  return boost::asio::use_service<GateService>(loop).gate();
}

void LoopGate::Pass(absl::FunctionRef<void()> post) {
  MutexLock lock(&mutex_);
  if (open_) post();
}

void LoopGate::Close() {
  MutexLock lock(&mutex_);
  open_ = false;
}

}  // namespace mpd
