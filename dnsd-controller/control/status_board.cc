#include "dnsd-controller/control/status_board.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {

using google::protobuf::util::MessageDifferencer;

bool StatusBoard::Decide(const Waiter& waiter, absl::StatusOr<int64_t>* result) const {
  if (!drained_.ok()) {
    *result = drained_;
    return true;
  }
  const bool same_store = waiter.store_id.empty() || waiter.store_id == status_.store_id();
  if (same_store && !status_.store_id().empty() && dispelled_ >= waiter.doubt &&
      status_.published_revision() >= waiter.revision) {
    *result = status_.published_revision();
    return true;
  }
  if (!same_store && live_) {
    *result = DnsdErrors::StoreRecreated(waiter.store_id, status_.store_id());
    return true;
  }
  return false;
}

void StatusBoard::Set(const v1::Status& status, bool live, int64_t dispelled) {
  std::vector<std::pair<Done, absl::StatusOr<int64_t>>> done;
  {
    const MutexLock lock(&mutex_);
    const bool same = live == live_ && MessageDifferencer::Equals(status, status_);
    if (same && dispelled <= dispelled_) return;
    status_ = status;
    live_ = live;
    dispelled_ = std::max(dispelled_, dispelled);
    ++version_;
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      absl::StatusOr<int64_t> result = 0;
      if (Decide(waiter->second, &result)) {
        done.emplace_back(std::move(waiter->second.done), std::move(result));
        waiter = waiters_.erase(waiter);
      } else {
        ++waiter;
      }
    }
  }
  for (auto& [call, result] : done) call(std::move(result));
  if (on_change_) on_change_();
}

v1::Status StatusBoard::Get() const {
  const MutexLock lock(&mutex_);
  return status_;
}

int64_t StatusBoard::version() const {
  const MutexLock lock(&mutex_);
  return version_;
}

std::pair<v1::Status, int64_t> StatusBoard::GetVersioned() const {
  const MutexLock lock(&mutex_);
  return {status_, version_};
}

int64_t StatusBoard::NewDoubt() {
  const MutexLock lock(&mutex_);
  return ++last_doubt_;
}

int64_t StatusBoard::Wait(int64_t revision, const std::string& store_id, Done done, int64_t doubt) {
  Waiter waiter{revision, store_id, std::move(done), doubt};
  absl::StatusOr<int64_t> result = 0;
  int64_t number = 0;
  {
    const MutexLock lock(&mutex_);
    number = ++last_waiter_;
    if (!Decide(waiter, &result)) {
      if (waiters_.size() < kMaxWaiters) {
        waiters_.emplace(number, std::move(waiter));
        return number;
      }
      result = DnsdErrors::TooManyWaiters(kMaxWaiters);
    }
  }
  waiter.done(std::move(result));
  return number;
}

bool StatusBoard::Cancel(int64_t waiter) {
  const MutexLock lock(&mutex_);
  return waiters_.erase(waiter) > 0;
}

void StatusBoard::Drain(const absl::Status& reason) {
  std::map<int64_t, Waiter> waiters;
  {
    const MutexLock lock(&mutex_);
    drained_ = reason;
    waiters.swap(waiters_);
  }
  for (auto& [number, waiter] : waiters) waiter.done(reason);
}

}  // namespace mpd::dnsd
