// What the tests of ipam/ share: a store in a throwaway folder, a clock that is set, a store that
// can be made to hesitate or to refuse, and calls that wait.
#ifndef MPD_IPAM_TESTING_IPAM_TEST_UTIL_H_
#define MPD_IPAM_TESTING_IPAM_TEST_UTIL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/worker_thread.h"
#include "common/base/mutex.h"
#include "common/config/config.h"
#include "common/store/store.h"
#include "ipam/book/lease_book.h"
#include "ipam/leases/clock.h"

namespace mpd {
class TestFolder;
}

namespace mpd::ipam {

// 10.163.0.<offset>
Ipv4Address TestAddress(uint32_t offset);
// The contract's: services, databases, runtimes.
std::vector<PoolConfig> DefaultPools();

class FakeClock final : public Clock {
 public:
  Moment Now() const override;
  // Time passes.
  void Advance(absl::Duration duration);
  // Somebody sets the wall clock.
  void StepWall(absl::Duration step);

 private:
  mutable Mutex mutex_;
  Moment now_ ABSL_GUARDED_BY(mutex_) = {absl::FromUnixSeconds(1'800'000'000), absl::Hours(1)};
};

// Passes everything on, but keeps transactions back or has them refused when told to.
class TestStore final : public Store {
 public:
  explicit TestStore(Store* real) : real_(real) {}

  // Until Resume, Commit only queues.
  void Hold() ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until so many transactions are held.
  void WaitForHeld(size_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  // From now on each transaction with ops fails with this, on the store's thread or, with
  // `at_once`, before Commit returns. OK: no more.
  void Refuse(absl::Status error, bool at_once = false) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<RangeResponse> Range(const RangeRequest& request) override;
  void Commit(StoreTransaction transaction, CommitCallback done) override;
  absl::StatusOr<EventBatch> ReadEvents(const std::string& prefix, int64_t from_revision,
                                        int64_t limit) override;
  int64_t Subscribe(std::function<void(int64_t revision)> listener) override;
  void Unsubscribe(int64_t handle) override;
  absl::Status Compact(int64_t revision) override;
  void Close() override;
  int64_t revision() const override;
  int64_t compact_revision() const override;
  const std::string& store_id() const override;

 private:
  struct Held {
    StoreTransaction transaction;
    CommitCallback done;
  };

  Store* const real_;
  Mutex mutex_;
  CondVar changed_;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  bool at_once_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  std::vector<Held> held_ ABSL_GUARDED_BY(mutex_);
};

// A book on a real store, in a folder of its own.
class BookHarness {
 public:
  // Fails the test when the book does not open.
  explicit BookHarness(std::vector<PoolConfig> pools = DefaultPools(),
                       absl::Duration cooldown = absl::Seconds(60));
  ~BookHarness();

  // As after a restart of the daemon; the clocks go on.
  absl::Status Reopen();
  absl::Status ReopenWith(std::vector<PoolConfig> pools);

  // Each waits for the answer.
  absl::StatusOr<Outcome> Allocate(AllocateParams params);
  absl::StatusOr<Lease> Allocate(const std::string& owner, const std::string& pool,
                                 std::vector<std::string> hostnames = {});
  absl::StatusOr<Outcome> Update(UpdateParams params);
  absl::StatusOr<Outcome> Release(ReleaseParams params);
  absl::StatusOr<int64_t> Release(const std::string& owner);

  // The pool's use, now.
  PoolUsage Usage(const std::string& pool);
  // How many keys the store has with the prefix.
  size_t CountKeys(const std::string& prefix);

  LeaseBook& book() { return *book_; }
  TestStore& store() { return *store_; }
  FakeClock& clock() { return clock_; }
  WorkerThread& worker() { return *worker_; }

 private:
  const std::unique_ptr<TestFolder> folder_;
  std::vector<PoolConfig> pools_;
  const absl::Duration cooldown_;
  FakeClock clock_;
  std::unique_ptr<Store> real_store_;
  std::unique_ptr<TestStore> store_;
  std::unique_ptr<WorkerThread> worker_;
  std::unique_ptr<LeaseBook> book_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_TESTING_IPAM_TEST_UTIL_H_
