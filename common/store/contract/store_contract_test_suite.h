// What every backend of Store must do, as a parameterised test suite. A backend's test includes
// this and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContractTest, ::testing::Values(&MakeTestedSqliteStore));
#ifndef MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_TEST_SUITE_H_
#define MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_TEST_SUITE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/store.h"

namespace mpd {

// A new, empty store of the backend, that can be closed and opened again.
class TestedStore {
 public:
  virtual ~TestedStore() = default;
  virtual Store& store() = 0;
  virtual void Reopen() = 0;
};

using TestedStoreFactory = std::unique_ptr<TestedStore> (*)();

inline StoreTransaction PutOf(std::string key, std::string value) {
  return {{}, {{StoreOp::Type::kPut, std::move(key), std::move(value)}}};
}

inline StoreTransaction DeleteOf(std::string key) {
  return {{}, {{StoreOp::Type::kDelete, std::move(key), ""}}};
}

inline StoreTransaction PutIf(std::string key, int64_t mod_revision, std::string value) {
  return {{{key, mod_revision}}, {{StoreOp::Type::kPut, key, std::move(value)}}};
}

// "put a=1 @3" and the like, to compare whole histories.
inline std::vector<std::string> Described(const std::vector<StoreEvent>& events) {
  std::vector<std::string> lines;
  for (const StoreEvent& event : events) {
    const bool put = event.type == StoreEvent::Type::kPut;
    lines.push_back(absl::StrCat(put ? "put " : "delete ", event.kv.key, "=", event.kv.value, " @",
                                 event.kv.mod_revision));
  }
  return lines;
}

inline std::vector<std::string> Described(const RangeResponse& response) {
  std::vector<std::string> lines;
  for (const KeyValue& kv : response.kvs) lines.push_back(absl::StrCat(kv.key, "=", kv.value));
  return lines;
}

class StoreContractTest : public ::testing::TestWithParam<TestedStoreFactory> {
 protected:
  Store& store() { return tested_->store(); }
  void Reopen() { tested_->Reopen(); }

  // Each commits and returns the revision; the test fails where it can't.
  int64_t Commit(StoreTransaction transaction) {
    const absl::StatusOr<CommitResponse> response = store().CommitAndWait(std::move(transaction));
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return -1;
    EXPECT_TRUE(response->succeeded);
    return response->revision;
  }
  int64_t Put(std::string key, std::string value) {
    return Commit(PutOf(std::move(key), std::move(value)));
  }
  int64_t Delete(std::string key) { return Commit(DeleteOf(std::move(key))); }
  bool Succeeds(StoreTransaction transaction) {
    const absl::StatusOr<CommitResponse> response = store().CommitAndWait(std::move(transaction));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() && response->succeeded;
  }

  RangeResponse Range(const RangeRequest& request) {
    absl::StatusOr<RangeResponse> response = store().Range(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : RangeResponse{};
  }
  std::vector<std::string> All(int64_t revision = 0) {
    return Described(Range({.revision = revision, .limit = 0}));
  }
  EventBatch Events(const std::string& prefix, int64_t from_revision, int64_t limit = 0) {
    absl::StatusOr<EventBatch> batch = store().ReadEvents(prefix, from_revision, limit);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? *std::move(batch) : EventBatch{};
  }

  const std::unique_ptr<TestedStore> tested_ = GetParam()();
};

}  // namespace mpd

// The tests themselves, by subject.
#include "common/store/contract/store_contract_commit_tests.h"
#include "common/store/contract/store_contract_concurrency_tests.h"
#include "common/store/contract/store_contract_history_tests.h"
#include "common/store/contract/store_contract_read_tests.h"

#endif  // MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_TEST_SUITE_H_
