// Streams of leases: the current state, changes, and where one may resume.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "ipam/api/ipam_service_test_util.h"

namespace mpd::ipam {
namespace {

using LeaseWatchTest = IpamServiceTest;

// One watch stream.
class Watch {
 public:
  Watch(v1::IpamService::Stub* stub, int64_t start_revision, const std::string& store_id = "") {
    context_.set_deadline(std::chrono::system_clock::now() + kDeadline);
    v1::WatchLeasesRequest request;
    request.set_start_revision(start_revision);
    request.set_store_id(store_id);
    reader_ = stub->WatchLeases(&context_, request);
  }
  ~Watch() { context_.TryCancel(); }

  bool Read(v1::WatchLeasesResponse* message) { return reader_->Read(message); }

  // The next event; messages without are passed over. Fails the test at the stream's end.
  v1::LeaseEvent NextEvent() {
    while (queue_.empty()) {
      v1::WatchLeasesResponse message;
      if (!reader_->Read(&message)) {
        ADD_FAILURE() << "the stream has ended: " << FromGrpcStatus(reader_->Finish());
        return {};
      }
      queue_.assign(message.events().begin(), message.events().end());
    }
    const v1::LeaseEvent event = queue_.front();
    queue_.erase(queue_.begin());
    return event;
  }
  absl::Status Finish() { return FromGrpcStatus(reader_->Finish()); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchLeasesResponse>> reader_;
  std::vector<v1::LeaseEvent> queue_;
};

TEST_F(LeaseWatchTest, WatchSendsStateThenChanges) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  Watch watch(stub_.get(), 0);
  EXPECT_EQ(watch.NextEvent().lease().owner(), "db/a");
  v1::WatchLeasesResponse message;
  while (!message.synced()) ASSERT_TRUE(watch.Read(&message));
  EXPECT_EQ(message.store_id(), harness_.store().store_id());

  const auto lease = Allocate("db/b", "databases", "b.db");
  v1::LeaseEvent event = watch.NextEvent();
  EXPECT_EQ(event.type(), v1::LeaseEvent::TYPE_PUT);
  EXPECT_EQ(event.lease().SerializeAsString(), lease->SerializeAsString());
  const auto released = Release("db/b");
  event = watch.NextEvent();
  EXPECT_EQ(event.type(), v1::LeaseEvent::TYPE_DELETE);
  EXPECT_EQ(event.lease().owner(), "db/b");
  EXPECT_EQ(event.lease().address(), lease->address());
  EXPECT_EQ(event.lease().hostnames(0), "b.db");
  EXPECT_EQ(event.lease().revision(), released->revision());

  ASSERT_TRUE(watch.Read(&message)) << "progress comes without a change";
  EXPECT_EQ(message.events_size(), 0);
  EXPECT_GE(message.revision(), released->revision());
}

TEST_F(LeaseWatchTest, WatchResumesAcrossARestart) {
  const auto first = Allocate("db/a", "databases");
  const auto second = Allocate("db/b", "databases");
  const std::string store_id = harness_.store().store_id();
  Restart();
  Watch watch(stub_.get(), first->revision() + 1, store_id);
  EXPECT_EQ(watch.NextEvent().lease().owner(), "db/b");

  Watch foreign(stub_.get(), 1, "another store");
  v1::WatchLeasesResponse message;
  EXPECT_FALSE(foreign.Read(&message));
  EXPECT_EQ(ErrorReason(foreign.Finish()), "STORE_RECREATED");
}

// A revision is told only when it can be read: whoever has an answer can watch from the next one.
TEST_F(LeaseWatchTest, TheRevisionAfterAnAnswersIsNeverInTheFuture) {
  for (int i = 0; i < 20; ++i) {
    const auto lease = Allocate(absl::StrCat("db/d", i), "databases");
    ASSERT_TRUE(lease.ok()) << lease.status();
    Watch watch(stub_.get(), lease->revision() + 1, lease->store_id());
    v1::WatchLeasesResponse message;
    ASSERT_TRUE(watch.Read(&message)) << watch.Finish();
    EXPECT_EQ(message.revision(), lease->revision());
    EXPECT_FALSE(message.synced());
  }
}

TEST_F(LeaseWatchTest, AWatchFromARevisionHasToSayOfWhichStore) {
  const auto lease = Allocate("db/a", "databases");
  Watch watch(stub_.get(), lease->revision());
  v1::WatchLeasesResponse message;
  EXPECT_FALSE(watch.Read(&message));
  const absl::Status refused = watch.Finish();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorMetadataValue(refused, "field"), "store_id");
}

}  // namespace
}  // namespace mpd::ipam
