#include "ipam/testing/ipam_test_util.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/test_server.h"

namespace mpd::ipam {

Ipv4Address TestAddress(uint32_t offset) { return Ipv4Address(0x0aa30000 + offset); }

std::vector<PoolConfig> DefaultPools() {
  return ParseConfig("", "default configuration").value().pools;
}

Moment FakeClock::Now() const {
  MutexLock lock(&mutex_);
  return now_;
}

void FakeClock::Advance(absl::Duration duration) {
  MutexLock lock(&mutex_);
  now_.wall += duration;
  now_.steady += duration;
}

void FakeClock::StepWall(absl::Duration step) {
  MutexLock lock(&mutex_);
  now_.wall += step;
}

void TestStore::Hold() {
  MutexLock lock(&mutex_);
  holding_ = true;
}

void TestStore::Resume() {
  std::vector<Held> held;
  {
    MutexLock lock(&mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (Held& each : held) Commit(std::move(each.transaction), std::move(each.done));
}

void TestStore::WaitForHeld(size_t count) {
  MutexLock lock(&mutex_);
  while (held_.size() < count) changed_.Wait(&mutex_);
}

void TestStore::Refuse(absl::Status error, bool at_once) {
  MutexLock lock(&mutex_);
  refusal_ = std::move(error);
  at_once_ = at_once;
}

void TestStore::Commit(StoreTransaction transaction, CommitCallback done) {
  absl::Status refusal;
  bool at_once = false;
  {
    MutexLock lock(&mutex_);
    if (holding_) {
      held_.push_back({std::move(transaction), std::move(done)});
      changed_.NotifyAll();
      return;
    }
    refusal = refusal_;
    at_once = at_once_;
  }
  if (refusal.ok() || transaction.ops.empty()) {
    real_->Commit(std::move(transaction), std::move(done));
  } else if (at_once) {
    std::move(done)(refusal);
  } else {
    // Through an empty transaction, so that the refusal comes after all earlier results and on the
    // store's thread.
    real_->Commit({}, [refusal, done = std::move(done)](absl::StatusOr<CommitResponse>) mutable {
      std::move(done)(refusal);
    });
  }
}

absl::StatusOr<RangeResponse> TestStore::Range(const RangeRequest& request) {
  return real_->Range(request);
}
absl::StatusOr<EventBatch> TestStore::ReadEvents(const std::string& prefix, int64_t from_revision,
                                                 int64_t limit) {
  return real_->ReadEvents(prefix, from_revision, limit);
}
int64_t TestStore::Subscribe(std::function<void(int64_t revision)> listener) {
  return real_->Subscribe(std::move(listener));
}
void TestStore::Unsubscribe(int64_t handle) { real_->Unsubscribe(handle); }
absl::Status TestStore::Compact(int64_t revision) { return real_->Compact(revision); }
void TestStore::Close() { real_->Close(); }
int64_t TestStore::revision() const { return real_->revision(); }
int64_t TestStore::compact_revision() const { return real_->compact_revision(); }
const std::string& TestStore::store_id() const { return real_->store_id(); }

BookHarness::BookHarness(std::vector<PoolConfig> pools, absl::Duration cooldown)
    : folder_(std::make_unique<TestFolder>()), pools_(std::move(pools)), cooldown_(cooldown) {
  const absl::Status opened = Reopen();
  EXPECT_TRUE(opened.ok()) << opened;
}

BookHarness::~BookHarness() {
  book_.reset();
  worker_.reset();
}

absl::Status BookHarness::Reopen() {
  book_.reset();
  worker_.reset();
  store_.reset();
  real_store_.reset();
  SqliteStoreOptions options;
  options.path = folder_->path() + "/ipam.db";
  ASSIGN_OR_RETURN(real_store_, OpenSqliteStore(options));
  store_ = std::make_unique<TestStore>(real_store_.get());
  worker_ = std::make_unique<WorkerThread>();
  ASSIGN_OR_RETURN(book_, LeaseBook::Open(store_.get(), pools_, cooldown_, &clock_, worker_.get()));
  return absl::OkStatus();
}

absl::Status BookHarness::ReopenWith(std::vector<PoolConfig> pools) {
  pools_ = std::move(pools);
  return Reopen();
}

absl::StatusOr<Outcome> BookHarness::Allocate(AllocateParams params) {
  OneShot<absl::StatusOr<Outcome>> result;
  book_->Submit(MakeAllocation(
      std::move(params), [&](absl::StatusOr<Outcome> outcome) { result.Set(std::move(outcome)); }));
  return result.Wait();
}

absl::StatusOr<Lease> BookHarness::Allocate(const std::string& owner, const std::string& pool,
                                            std::vector<std::string> hostnames) {
  const auto outcome = Allocate({owner, pool, {}, std::move(hostnames), {}});
  if (!outcome.ok()) return outcome.status();
  return outcome->lease.value();
}

absl::StatusOr<Outcome> BookHarness::Update(UpdateParams params) {
  OneShot<absl::StatusOr<Outcome>> result;
  book_->Submit(MakeHostnameUpdate(
      std::move(params), [&](absl::StatusOr<Outcome> outcome) { result.Set(std::move(outcome)); }));
  return result.Wait();
}

absl::StatusOr<Outcome> BookHarness::Release(ReleaseParams params) {
  OneShot<absl::StatusOr<Outcome>> result;
  book_->Submit(MakeRelease(
      std::move(params), [&](absl::StatusOr<Outcome> outcome) { result.Set(std::move(outcome)); }));
  return result.Wait();
}

absl::StatusOr<int64_t> BookHarness::Release(const std::string& owner) {
  ASSIGN_OR_RETURN(const Outcome outcome, Release(ReleaseParams{owner, {}}));
  return outcome.revision;
}

PoolUsage BookHarness::Usage(const std::string& pool) {
  for (const PoolUsage& usage : book_->GetUsage().pools) {
    if (usage.name == pool) return usage;
  }
  ADD_FAILURE() << "no pool " << pool;
  return {};
}

size_t BookHarness::CountKeys(const std::string& prefix) {
  RangeRequest request;
  request.prefix = prefix;
  const auto range = real_store_->Range(request);
  EXPECT_TRUE(range.ok()) << range.status();
  return range.ok() ? range->kvs.size() : 0;
}

}  // namespace mpd::ipam
