#include "container-manager/api/workload_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "container-manager/kinds/registry.h"

namespace mpd::containers {
namespace {

using Response = api::WatchWorkloadsResponse;
using ::testing::ElementsAre;

class WorkloadWatchTest : public ::testing::Test {
 protected:
  WorkloadWatchTest() {
    char folder[] = "/tmp/mpd-watch-XXXXXX";
    folder_ = mkdtemp(folder);
    SqliteStoreOptions options;
    options.path = folder_ + "/store.db";
    store_ = *OpenSqliteStore(options);
    workloads_ = std::make_unique<WorkloadStore>(store_.get());
  }
  ~WorkloadWatchTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // The revision at which it is stored.
  int64_t Put(const std::string& key, const std::string& value) {
    return store_->CommitAndWait({{}, {{StoreOp::Type::kPut, key, value}}})->revision;
  }
  int64_t Wish(const std::string& name) {
    stored::Wish wish;
    wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    return Put("wish/runtime/" + name, wish.SerializeAsString());
  }
  int64_t See(const std::string& name, api::State state) {
    stored::Observed observed;
    observed.set_state(state);
    observed.add_hostnames(name + ".runtime");
    return Put("status/runtime/" + name, observed.SerializeAsString());
  }
  int64_t Delete(const std::string& name) {
    StoreTransaction both;
    both.ops.push_back({StoreOp::Type::kDelete, "wish/runtime/" + name, ""});
    both.ops.push_back({StoreOp::Type::kDelete, "status/runtime/" + name, ""});
    return store_->CommitAndWait(std::move(both))->revision;
  }

  void Watch(int64_t start_revision, const std::string& store_id = "") {
    watch_ = std::make_unique<WorkloadWatch>(workloads_.get(), &kinds_, &zone_, start_revision,
                                             store_id);
  }
  // nullopt: nothing new.
  std::optional<Response> Next() {
    Response message;
    const auto more = watch_->Next(&message);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return std::nullopt;
    return message;
  }
  absl::Status Error() {
    Response message;
    return watch_->Next(&message).status();
  }
  static std::vector<std::string> Shown(const Response& message) {
    std::vector<std::string> all;
    for (const auto& event : message.events()) {
      const auto& status = event.workload().runtime().status();
      all.push_back(
          event.type() == api::WorkloadEvent::TYPE_DELETE
              ? "-" + event.workload().workload()
              : absl::StrCat(event.workload().workload(), " ", api::State_Name(status.state())));
    }
    return all;
  }

  std::string folder_;
  // What is asked of the kinds here needs none of their parts.
  const WorkloadKinds kinds_ = MakeKinds(ContainerDeps());
  const Zone zone_ = *Zone::Parse("mpd.test");
  std::unique_ptr<Store> store_;
  std::unique_ptr<WorkloadStore> workloads_;
  std::unique_ptr<WorkloadWatch> watch_;
};

TEST_F(WorkloadWatchTest, TellsTheStateThenThatItIsCompleteThenChanges) {
  Wish("php");
  const int64_t before = See("php", api::STATE_STARTING);
  Watch(0);
  const auto state = Next();
  ASSERT_TRUE(state);
  EXPECT_THAT(Shown(*state), ElementsAre("runtime/php STATE_STARTING"));
  EXPECT_EQ(state->revision(), before);
  EXPECT_EQ(state->store_id(), store_->store_id());
  EXPECT_FALSE(state->synced());
  EXPECT_THAT(state->events(0).workload().runtime().status().hostnames(),
              ElementsAre("php.runtime.mpd.test"));

  const auto synced = Next();
  ASSERT_TRUE(synced);
  EXPECT_TRUE(synced->synced());
  EXPECT_EQ(synced->events_size(), 0);
  EXPECT_EQ(Next(), std::nullopt);

  const int64_t after = See("php", api::STATE_RUNNING);
  const auto change = Next();
  ASSERT_TRUE(change);
  EXPECT_THAT(Shown(*change), ElementsAre("runtime/php STATE_RUNNING"));
  EXPECT_EQ(change->revision(), after);
  EXPECT_EQ(Next(), std::nullopt);
}

TEST_F(WorkloadWatchTest, AWorkloadThatChangedTwiceIsToldOnceAsItIs) {
  Watch(0);
  Next();
  Next();
  Wish("php");
  See("php", api::STATE_CREATING);
  See("php", api::STATE_RUNNING);
  Wish("node");
  const auto change = Next();
  ASSERT_TRUE(change);
  EXPECT_THAT(Shown(*change),
              ElementsAre("runtime/node STATE_MISSING", "runtime/php STATE_RUNNING"));
}

TEST_F(WorkloadWatchTest, ResumesAtARevisionWithWhatCameFromThereOn) {
  Wish("php");
  const int64_t seen = See("php", api::STATE_STARTING);
  Wish("node");
  Delete("php");
  Watch(seen + 1, store_->store_id());
  const auto change = Next();
  ASSERT_TRUE(change);
  EXPECT_THAT(Shown(*change), ElementsAre("runtime/node STATE_MISSING", "-runtime/php"));
  EXPECT_EQ(Next(), std::nullopt);
}

TEST_F(WorkloadWatchTest, WhatIsNoWorkloadIsPassedOver) {
  Watch(0);
  Next();
  Next();
  const int64_t other = Put(WorkloadStore::kEnvironmentKey, "");
  EXPECT_EQ(Next(), std::nullopt);
  // And yet the place has moved on.
  Response progress;
  watch_->Progress(&progress);
  EXPECT_EQ(progress.revision(), other);
}

// A later version may have left it in the store.
TEST_F(WorkloadWatchTest, AWorkloadOfAnUnknownKindIsPassedOver) {
  Put("wish/project/x", "");
  Watch(0);
  const auto state = Next();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->events_size(), 0);
  Next();
  Put("wish/project/y", "");
  EXPECT_EQ(Next(), std::nullopt);
}

TEST_F(WorkloadWatchTest, APlaceThatIsGoneIsNamed) {
  for (int i = 0; i < 5; ++i) See("php", api::STATE_RUNNING);
  Watch(1, "another store");
  EXPECT_EQ(ErrorReason(Error()), "STORE_RECREATED");
  EXPECT_TRUE(absl::IsOutOfRange(Error()));
  Watch(100);
  EXPECT_EQ(ErrorReason(Error()), "REVISION_FUTURE");
  ASSERT_TRUE(store_->Compact(4).ok());
  Watch(1);
  EXPECT_EQ(ErrorReason(Error()), "REVISION_COMPACTED");
}

TEST_F(WorkloadWatchTest, AReaderThatFellFarBehindIsEnded) {
  Watch(1);
  constexpr int kBatches = 5;
  constexpr int kEach = 4'100;
  for (int batch = 0; batch < kBatches; ++batch) {
    for (int i = 1; i < kEach; ++i) {
      store_->Commit({{}, {{StoreOp::Type::kPut, "wish/runtime/php", absl::StrCat(i)}}},
                     [](const absl::StatusOr<CommitResponse>&) {});
    }
    ASSERT_TRUE(store_->CommitAndWait({}).ok());
  }
  const absl::Status ended = Error();
  EXPECT_TRUE(absl::IsResourceExhausted(ended)) << ended;
  EXPECT_EQ(ErrorReason(ended), "SLOW_READER");
}

}  // namespace
}  // namespace mpd::containers
