#include "common/store/open/open_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/testing/test_server.h"

namespace mpd {
namespace {

// Of a store's check: the keys that it holds, and what is wrong with it.
class Seen : public StoreVisitor {
 public:
  void OnFinding(absl::string_view finding) override { findings.emplace_back(finding); }
  void OnState(const StoreState& state) override { revision = state.revision; }
  void OnRow(const StoreLogRow&) override { ++rows; }
  void OnValue(const KeyValue& kv) override { keys.push_back(kv.key); }

  std::vector<std::string> findings;
  std::vector<std::string> keys;
  int64_t revision = -1;
  int rows = 0;
};

class OpenStoreTest : public ::testing::Test {
 protected:
  void Put(const std::string& key) {
    const std::unique_ptr<Store> store = OpenStore(url_).value();
    ASSERT_TRUE(store->CommitAndWait({{}, {{StoreOp::Type::kPut, key, "v"}}}).ok());
  }

  const TestFolder folder_;
  const std::string url_ = "sqlite:" + folder_.path() + "/a.db";
};

TEST_F(OpenStoreTest, AStoreIsMadeAndFoundAgain) {
  EXPECT_EQ(ErrorReason((*OpenStoreTools(url_))->Find()), "STORE_NOT_FOUND");
  Put("a");
  Put("b");
  EXPECT_TRUE(Exists(folder_.path() + "/a.db"));
  EXPECT_EQ((*OpenStore(url_))->revision(), 2);
  EXPECT_TRUE((*OpenStoreTools(url_))->Find().ok());
}

TEST_F(OpenStoreTest, ACheckSeesEachRowAndThenEachKey) {
  Put("b");
  Put("a");
  Put("b");
  Seen seen;
  ASSERT_TRUE((*OpenStoreTools(url_))->Check(&seen).ok());
  EXPECT_EQ(seen.findings, std::vector<std::string>());
  EXPECT_EQ(seen.revision, 3);
  EXPECT_EQ(seen.rows, 3);
  EXPECT_EQ(seen.keys, (std::vector<std::string>{"a", "b"}));
}

TEST_F(OpenStoreTest, TheLockKeepsOthersOut) {
  Put("a");
  const std::unique_ptr<StoreTools> tools = OpenStoreTools(url_).value();
  {
    const std::unique_ptr<Store> store = OpenStore(url_).value();
    EXPECT_EQ(ErrorReason(tools->Lock().status()), "STORE_LOCKED");
  }
  const auto lock = tools->Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(ErrorReason(OpenStore(url_).status()), "STORE_LOCKED");
}

TEST_F(OpenStoreTest, ABackupIsVerifiedBeforeItTakesItsName) {
  Put("a");
  const std::string target = folder_.path() + "/backup.db";
  const std::unique_ptr<StoreTools> tools = OpenStoreTools(url_).value();
  const absl::Status refused = tools->Backup(
      target, [](StoreTools&) -> absl::Status { return absl::DataLossError("not good enough"); });
  EXPECT_EQ(refused.message(), "not good enough");
  EXPECT_FALSE(Exists(target));
  Seen seen;
  ASSERT_TRUE(tools->Backup(target, [&](StoreTools& copy) { return copy.Check(&seen); }).ok());
  EXPECT_EQ(seen.keys, std::vector<std::string>{"a"});
  EXPECT_TRUE(Exists(target));
}

TEST_F(OpenStoreTest, WhatNoBackendHasIsRefused) {
  for (const char* url : {"", "a.db", "sqlite:", "etcd:host", "SQLITE:a.db"}) {
    EXPECT_EQ(ErrorReason(OpenStore(url).status()), "INVALID_FIELD") << url;
    EXPECT_EQ(ErrorReason(OpenStoreTools(url).status()), "INVALID_FIELD") << url;
  }
}

}  // namespace
}  // namespace mpd
