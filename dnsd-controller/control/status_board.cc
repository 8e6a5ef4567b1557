#include "dnsd-controller/control/status_board.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {

using google::protobuf::util::MessageDifferencer;

std::optional<absl::StatusOr<StatusBoard::Published>> StatusBoard::Result(
    const Waiter& waiter) const {
  if (!drained_.ok()) return drained_;
  const bool same_store = waiter.store_id.empty() || waiter.store_id == status_.store_id();
  if (same_store && !status_.store_id().empty() && passed_barrier_ >= waiter.barrier &&
      status_.published_revision() >= waiter.revision) {
    return Published{status_.published_revision(), status_.store_id()};
  }
  if (!same_store && live_) {
    return DnsdErrors::StoreRecreated(waiter.store_id, status_.store_id());
  }
  return std::nullopt;
}

void StatusBoard::Set(const v1::Status& status, bool live, int64_t passed_barrier) {
  std::vector<std::pair<Done, absl::StatusOr<Published>>> ended;
  {
    const MutexLock lock(&mutex_);
    const bool same = live == live_ && MessageDifferencer::Equals(status, status_);
    if (same && passed_barrier <= passed_barrier_) return;
    status_ = status;
    live_ = live;
    passed_barrier_ = std::max(passed_barrier_, passed_barrier);
    ++version_;
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (auto result = Result(waiter->second)) {
        ended.emplace_back(std::move(waiter->second.done), *std::move(result));
        waiter = waiters_.erase(waiter);
      } else {
        ++waiter;
      }
    }
  }
  for (auto& [done, result] : ended) done(std::move(result));
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

int64_t StatusBoard::NewBarrier() {
  const MutexLock lock(&mutex_);
  return ++last_barrier_;
}

int64_t StatusBoard::Wait(int64_t revision, const std::string& store_id, Done done,
                          int64_t barrier) {
  Waiter waiter{revision, store_id, std::move(done), barrier};
  std::optional<absl::StatusOr<Published>> result;
  int64_t id = 0;
  {
    const MutexLock lock(&mutex_);
    id = ++last_waiter_;
    result = Result(waiter);
    if (!result && waiters_.size() >= kMaxWaiters) result = DnsdErrors::TooManyWaiters(kMaxWaiters);
    if (!result) {
      waiters_.emplace(id, std::move(waiter));
      return id;
    }
  }
  waiter.done(*std::move(result));
  return id;
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
  for (auto& [id, waiter] : waiters) waiter.done(reason);
}

}  // namespace mpd::dnsd
