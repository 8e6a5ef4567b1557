// Shared by the tests of mpd-ipam: a lease book on a real store in a temporary folder, a fake
// clock, and a store that can hold back or refuse transactions.
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
// The pools of the default configuration: services, databases, runtimes.
std::vector<PoolConfig> DefaultPools();

class FakeClock final : public Clock {
 public:
  Moment Now() const override;
  // Moves both clocks on.
  void Advance(absl::Duration duration);
  // Moves only the wall clock, as when somebody sets it.
  void StepWall(absl::Duration step);

 private:
  mutable Mutex mutex_;
  Moment now_ ABSL_GUARDED_BY(mutex_) = {absl::FromUnixSeconds(1'800'000'000), absl::Hours(1)};
};

// Forwards all calls to a real store, but holds back or refuses transactions when told to.
class TestStore final : public Store {
 public:
  explicit TestStore(Store* real) : real_(real) {}

  // From now until Resume, Commit only queues.
  void Hold() ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until so many transactions are held.
  void WaitForHeld(size_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  // From now on each transaction with ops fails with this error: on the store's thread, or before
  // Commit returns when `at_once`. With an OK status no more transactions are refused.
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

// A lease book on a real store in a temporary folder.
class BookHarness {
 public:
  // Fails the test when the book does not open.
  explicit BookHarness(std::vector<PoolConfig> pools = DefaultPools(),
                       absl::Duration cooldown = absl::Seconds(60));
  ~BookHarness();

  // Closes the book and the store and opens them again, as a restart of the daemon does. The clocks
  // go on.
  absl::Status Reopen();
  absl::Status ReopenWith(std::vector<PoolConfig> pools);

  // Each submits the change and waits for its result.
  absl::StatusOr<Outcome> Allocate(AllocateParams params);
  absl::StatusOr<Lease> Allocate(const std::string& owner, const std::string& pool,
                                 std::vector<std::string> hostnames = {});
  absl::StatusOr<Outcome> Update(UpdateParams params);
  absl::StatusOr<Outcome> Release(ReleaseParams params);
  absl::StatusOr<int64_t> Release(const std::string& owner);

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
