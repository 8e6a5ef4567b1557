#include "common/watch/store_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd {
namespace {

using ipam::v1::LeaseEvent;
using ipam::v1::WatchLeasesResponse;

class StoreWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SqliteStoreOptions options;
    options.path = folder_.path() + "/store";
    absl::StatusOr<std::unique_ptr<Store>> store = OpenSqliteStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  int64_t Put(const std::string& key, const std::string& value = "v") {
    return Commit({StoreOp::Type::kPut, key, value});
  }
  int64_t Delete(const std::string& key) { return Commit({StoreOp::Type::kDelete, key}); }
  int64_t Commit(StoreOp op) {
    StoreTransaction transaction;
    transaction.ops.push_back(std::move(op));
    const auto response = store_->CommitAndWait(std::move(transaction));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->revision : -1;
  }
  void Watch(StoreWatchOptions options) {
    options.prefix = "lease/";
    source_ = std::make_unique<StoreWatchSource<WatchLeasesResponse>>(
        store_.get(), std::move(options),
        [](const StoreEvent& event, WatchLeasesResponse* response) -> absl::Status {
          if (event.kv.value == "damaged") return absl::DataLossError("damaged");
          if (event.kv.value == "hidden") return absl::OkStatus();
          auto* out = response->add_events();
          out->set_type(event.type == StoreEvent::Type::kPut ? LeaseEvent::TYPE_PUT
                                                             : LeaseEvent::TYPE_DELETE);
          out->mutable_lease()->set_owner(event.kv.key);
          return absl::OkStatus();
        });
  }
  void WatchFrom(int64_t revision) {
    StoreWatchOptions options;
    options.start_revision = revision;
    if (revision > 0) options.store_id = store_->store_id();
    Watch(std::move(options));
  }
  // The next message as text: "revision [synced] +put -delete"; "nothing", or the error's reason.
  std::string Next() {
    WatchLeasesResponse message;
    const absl::StatusOr<bool> any = source_->Next(&message);
    if (!any.ok()) return ErrorReason(any.status());
    if (!*any) return "nothing";
    EXPECT_EQ(message.store_id(), store_->store_id());
    std::string text = absl::StrCat(message.revision(), message.synced() ? " synced" : "");
    for (const LeaseEvent& event : message.events()) {
      absl::StrAppend(&text, event.type() == LeaseEvent::TYPE_PUT ? " +" : " -",
                      absl::StripPrefix(event.lease().owner(), "lease/"));
    }
    return text;
  }

  TestFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoreWatchSource<WatchLeasesResponse>> source_;
};

TEST_F(StoreWatchTest, StateThenSyncedThenChanges) {
  Put("lease/a");
  Put("other/x");
  Put("lease/b");
  WatchFrom(0);
  EXPECT_EQ(Next(), "3 +a +b");
  EXPECT_EQ(Next(), "3 synced");
  EXPECT_EQ(Next(), "nothing");
  Delete("lease/a");
  Put("lease/c");
  EXPECT_EQ(Next(), "5 -a +c");
  EXPECT_EQ(Next(), "nothing");
}

TEST_F(StoreWatchTest, AnEmptyStoreIsSyncedAtOnce) {
  WatchFrom(0);
  EXPECT_EQ(Next(), "0 synced");
  EXPECT_EQ(Next(), "nothing");
  Put("lease/a");
  EXPECT_EQ(Next(), "1 +a");
}

TEST_F(StoreWatchTest, PagesShowOneRevisionAndMissNothingThatComesMeanwhile) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Put(absl::StrCat("lease/", name));
  StoreWatchOptions options;
  options.batch = 2;
  Watch(options);
  EXPECT_EQ(Next(), "5 +a +b");
  Delete("lease/e");
  Put("lease/aa");
  EXPECT_EQ(Next(), "5 +c +d");
  EXPECT_EQ(Next(), "5 +e");
  EXPECT_EQ(Next(), "5 synced");
  EXPECT_EQ(Next(), "7 -e +aa");
  EXPECT_EQ(Next(), "nothing");
}

TEST_F(StoreWatchTest, LargeValuesMakeSmallerMessages) {
  const std::string large(1000, 'x');
  for (const char* name : {"a", "b", "c"}) Put(absl::StrCat("lease/", name), large);
  StoreWatchOptions options;
  options.batch_bytes = 2500;
  Watch(options);
  EXPECT_EQ(Next(), "3 +a +b");
  EXPECT_EQ(Next(), "3 +c");
  EXPECT_EQ(Next(), "3 synced");
  for (const char* name : {"d", "e", "f"}) Put(absl::StrCat("lease/", name), large);
  EXPECT_EQ(Next(), "5 +d +e");
  EXPECT_EQ(Next(), "6 +f");
  EXPECT_EQ(Next(), "nothing");
}

TEST_F(StoreWatchTest, OneRevisionStaysTogetherHoweverLarge) {
  StoreTransaction transaction;
  for (const char* name : {"a", "b", "c"}) {
    transaction.ops.push_back(
        {StoreOp::Type::kPut, absl::StrCat("lease/", name), std::string(1000, 'x')});
  }
  ASSERT_TRUE(store_->CommitAndWait(std::move(transaction)).ok());
  Put("lease/d");
  StoreWatchOptions options;
  options.start_revision = 1;
  options.store_id = store_->store_id();
  options.batch_bytes = 10;
  Watch(options);
  EXPECT_EQ(Next(), "1 +a +b +c");
  EXPECT_EQ(Next(), "2 +d");
}

TEST_F(StoreWatchTest, ResumesAtARevision) {
  Put("lease/a");
  Put("lease/b");
  Put("lease/c");
  WatchFrom(2);
  EXPECT_EQ(Next(), "3 +b +c");
  EXPECT_EQ(Next(), "nothing");
}

TEST_F(StoreWatchTest, AResumedStreamThatMissedNothingSaysSoAtOnce) {
  Put("lease/a");
  WatchFrom(2);
  EXPECT_EQ(Next(), "1");
  EXPECT_EQ(Next(), "nothing");
}

// Whatever revision a client has been told, the next one can be watched.
TEST_F(StoreWatchTest, TheRevisionAfterTheOneOfSyncedIsNeverInTheFuture) {
  for (int64_t written = 0; written < 3; ++written) {
    WatchFrom(0);
    WatchLeasesResponse message;
    while (!message.synced()) {
      message.Clear();
      ASSERT_TRUE(*source_->Next(&message));
    }
    EXPECT_EQ(message.revision(), written);
    WatchFrom(message.revision() + 1);
    EXPECT_EQ(Next(), absl::StrCat(written));
    Put("lease/a", absl::StrCat(written));
    EXPECT_EQ(Next(), absl::StrCat(written + 1, " +a"));
  }
}

TEST_F(StoreWatchTest, WhatIsNotOfThePrefixMovesTheRevisionOnly) {
  WatchFrom(0);
  EXPECT_EQ(Next(), "0 synced");
  Put("other/x");
  EXPECT_EQ(Next(), "nothing");
  WatchLeasesResponse progress;
  source_->Progress(&progress);
  EXPECT_EQ(progress.revision(), 1);
  EXPECT_EQ(progress.store_id(), store_->store_id());
}

TEST_F(StoreWatchTest, RevisionsThatCannotBeServedAreRefused) {
  for (int i = 0; i < 5; ++i) Put("lease/a", absl::StrCat(i));
  WatchFrom(7);
  EXPECT_EQ(Next(), "REVISION_FUTURE");
  WatchFrom(-1);
  EXPECT_EQ(Next(), "INVALID_FIELD");
  ASSERT_TRUE(store_->Compact(4).ok());
  WatchFrom(2);
  EXPECT_EQ(Next(), "REVISION_COMPACTED");
  WatchFrom(5);
  EXPECT_EQ(Next(), "5 +a");
}

TEST_F(StoreWatchTest, AnotherStoresRevisionsAreRefused) {
  Put("lease/a");
  StoreWatchOptions options;
  options.start_revision = 1;
  options.store_id = "another";
  Watch(options);
  EXPECT_EQ(Next(), "STORE_RECREATED");
  options.start_revision = 0;
  Watch(options);
  EXPECT_EQ(Next(), "1 +a") << "the state of now is of this store";
  options.start_revision = 1;
  options.store_id = store_->store_id();
  Watch(options);
  EXPECT_EQ(Next(), "1 +a");
}

TEST_F(StoreWatchTest, ARevisionWithoutItsStoreIsRefused) {
  Put("lease/a");
  StoreWatchOptions options;
  options.start_revision = 1;
  Watch(options);
  WatchLeasesResponse message;
  const absl::Status refused = source_->Next(&message).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(refused), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(refused, "field"), "store_id");
}

TEST_F(StoreWatchTest, AReaderThatFallsBehindIsEnded) {
  StoreWatchOptions options;
  options.max_lag = 20;
  Watch(options);
  EXPECT_EQ(Next(), "0 synced");
  EXPECT_EQ(Next(), "nothing");
  for (int i = 0; i < 20; ++i) Put("other/x", absl::StrCat(i));
  EXPECT_EQ(Next(), "nothing");
  for (int i = 0; i < 21; ++i) Put("other/x", absl::StrCat("more ", i));
  EXPECT_EQ(Next(), "SLOW_READER");
}

TEST_F(StoreWatchTest, HistoryIsReadHoweverLongItIs) {
  for (int i = 0; i < 30; ++i) Put("lease/a", absl::StrCat(i));
  StoreWatchOptions options;
  options.start_revision = 1;
  options.store_id = store_->store_id();
  options.max_lag = 20;
  options.batch = 3;
  Watch(options);
  std::string last;
  for (std::string next = Next(); next != "nothing"; next = Next()) {
    last = next;
    ASSERT_THAT(next, ::testing::HasSubstr(" +a")) << "no error, and no end";
  }
  EXPECT_TRUE(absl::StartsWith(last, "30 "));
}

TEST_F(StoreWatchTest, TheAdapterLeavesOutAndRefuses) {
  Put("lease/a", "hidden");
  Put("lease/b");
  WatchFrom(0);
  EXPECT_EQ(Next(), "2 +b");
  EXPECT_EQ(Next(), "2 synced");
  Put("lease/c", "damaged");
  WatchLeasesResponse message;
  EXPECT_EQ(source_->Next(&message).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mpd
