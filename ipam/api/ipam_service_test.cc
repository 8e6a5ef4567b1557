#include "ipam/api/ipam_service.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "common/watch/store_watch.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

constexpr auto kDeadline = std::chrono::seconds(30);

class IpamServiceTest : public testing::Test {
 protected:
  IpamServiceTest() { Serve(); }
  ~IpamServiceTest() override { StopServing(); }

  void Serve() {
    hub_ = std::make_unique<WatchHub>(absl::Milliseconds(100));
    wakes_ = std::make_unique<StoreWakesWatches>(&harness_.store(), hub_.get());
    service_ = std::make_unique<IpamService>(&harness_.book(), &harness_.store(),
                                             &harness_.worker(), hub_.get());
    const std::string socket = folder_.path() + "/ipam.sock";
    server_ = std::make_unique<TestServer>(socket, service_.get());
    stub_ = v1::IpamService::NewStub(
        grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  }

  void StopServing() {
    hub_->Drain(absl::UnavailableError("test ends"));
    server_.reset();
    wakes_.reset();
    service_.reset();
    hub_.reset();
  }

  void Restart() {
    StopServing();
    ASSERT_TRUE(harness_.Reopen().ok());
    Serve();
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::IpamService::StubInterface::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    context.set_wait_for_ready(true);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }

  absl::StatusOr<v1::Lease> Allocate(const std::string& owner, const std::string& pool,
                                     const std::string& hostname = "",
                                     const std::string& request_id = "") {
    v1::AllocateAddressRequest request;
    request.set_owner(owner);
    request.set_pool(pool);
    if (!hostname.empty()) request.add_hostnames(hostname);
    request.set_request_id(request_id);
    return Call(&v1::IpamService::StubInterface::AllocateAddress, request);
  }

  absl::StatusOr<v1::ReleaseLeaseResponse> Release(const std::string& owner) {
    v1::ReleaseLeaseRequest request;
    request.set_owner(owner);
    return Call(&v1::IpamService::StubInterface::ReleaseLease, request);
  }

  absl::StatusOr<v1::ListLeasesResponse> List(int page_size, const std::string& token) {
    v1::ListLeasesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(&v1::IpamService::StubInterface::ListLeases, request);
  }

  absl::StatusOr<v1::Lease> Get(const std::string& owner) {
    v1::GetLeaseRequest request;
    request.set_owner(owner);
    return Call(&v1::IpamService::StubInterface::GetLease, request);
  }

  BookHarness harness_;
  TestFolder folder_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<StoreWakesWatches> wakes_;
  std::unique_ptr<IpamService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::IpamService::Stub> stub_;
};

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

TEST_F(IpamServiceTest, ALeaseFromAllocationToRelease) {
  const auto lease = Allocate("db/postgres-17", "databases", "postgres-17.db");
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->owner(), "db/postgres-17");
  EXPECT_EQ(lease->pool(), "databases");
  EXPECT_EQ(lease->address(), "10.163.0.30");
  EXPECT_EQ(lease->hostnames(0), "postgres-17.db");
  EXPECT_EQ(lease->create_time().seconds(), absl::ToUnixSeconds(harness_.clock().Now().wall));
  EXPECT_GT(lease->revision(), 0);
  EXPECT_FALSE(lease->etag().empty());

  v1::GetLeaseRequest by_address;
  by_address.set_address("10.163.0.30");
  const auto found = Call(&v1::IpamService::StubInterface::GetLease, by_address);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->SerializeAsString(), lease->SerializeAsString());

  v1::UpdateLeaseRequest update;
  update.mutable_lease()->set_owner("db/postgres-17");
  update.mutable_lease()->add_hostnames("pg.db");
  update.set_etag(lease->etag());
  const auto updated = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->hostnames(0), "pg.db");
  EXPECT_NE(updated->etag(), lease->etag());
  update.mutable_lease()->set_hostnames(0, "other.db");
  const auto stale = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(stale.status()), "ETAG_MISMATCH");

  const auto released = Release("db/postgres-17");
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_GT(released->revision(), updated->revision());
  EXPECT_EQ(ErrorReason(Get("db/postgres-17").status()), "LEASE_NOT_FOUND");
  EXPECT_TRUE(Release("db/postgres-17").ok());
}

TEST_F(IpamServiceTest, ErrorsCarryTheirDetails) {
  for (int i = 0; i < 70; ++i) {
    ASSERT_TRUE(Allocate(absl::StrCat("db/d", i), "databases").ok());
  }
  const auto exhausted = Allocate("db/d70", "databases");
  EXPECT_EQ(exhausted.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(exhausted.status()), "POOL_EXHAUSTED");
  EXPECT_EQ(ErrorMetadataValue(exhausted.status(), "pool"), "databases");
  EXPECT_EQ(ErrorMetadataValue(exhausted.status(), "capacity"), "70");
  EXPECT_EQ(Allocate("DB/x", "databases").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Allocate("db/x", "nowhere").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Call(&v1::IpamService::StubInterface::GetLease, v1::GetLeaseRequest()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(IpamServiceTest, PoolsShowTheirUse) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  ASSERT_TRUE(Allocate("db/b", "databases").ok());
  const auto released = Release("db/a");
  ASSERT_TRUE(released.ok());
  const auto pools = Call(&v1::IpamService::StubInterface::ListPools, v1::ListPoolsRequest());
  ASSERT_TRUE(pools.ok()) << pools.status();
  EXPECT_EQ(pools->revision(), released->revision());
  ASSERT_EQ(pools->pools_size(), 3);
  const v1::Pool& databases = pools->pools(1);
  EXPECT_EQ(databases.name(), "databases");
  EXPECT_EQ(databases.first_address(), "10.163.0.30");
  EXPECT_EQ(databases.last_address(), "10.163.0.99");
  EXPECT_EQ(databases.capacity(), 70);
  EXPECT_EQ(databases.used(), 1);
  EXPECT_EQ(databases.resting(), 1);
}

TEST_F(IpamServiceTest, AllPagesShowOneRevision) {
  for (const char* owner : {"db/a", "db/b", "db/c", "db/d", "db/e"}) {
    ASSERT_TRUE(Allocate(owner, "databases").ok());
  }
  auto page = List(2, "");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->store_id(), harness_.store().store_id());
  const int64_t revision = page->revision();
  ASSERT_TRUE(Release("db/d").ok());
  ASSERT_TRUE(Allocate("db/ca", "databases").ok());

  std::vector<std::string> owners;
  while (true) {
    for (const v1::Lease& lease : page->leases()) owners.push_back(lease.owner());
    EXPECT_EQ(page->revision(), revision);
    if (page->next_page_token().empty()) break;
    page = List(2, page->next_page_token());
    ASSERT_TRUE(page.ok()) << page.status();
  }
  EXPECT_EQ(owners, (std::vector<std::string>{"db/a", "db/b", "db/c", "db/d", "db/e"}));
  EXPECT_EQ(List(0, "")->leases_size(), 5) << "with db/ca, without db/d";
}

TEST_F(IpamServiceTest, PageTokensAreChecked) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  ASSERT_TRUE(Allocate("db/b", "databases").ok());
  const auto page = List(1, "");
  ASSERT_FALSE(page->next_page_token().empty());
  for (const std::string& token : {std::string("x"), std::string("AAAA"), std::string("!"),
                                   page->next_page_token().substr(1)}) {
    const auto refused = List(1, token);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(ErrorReason(refused.status()), "INVALID_PAGE_TOKEN") << token;
  }
  EXPECT_EQ(ErrorReason(List(-1, "").status()), "INVALID_FIELD");
  ASSERT_TRUE(Allocate("db/c", "databases").ok());
  ASSERT_TRUE(harness_.store().Compact(harness_.store().revision()).ok());
  const auto old = List(1, page->next_page_token());
  EXPECT_EQ(old.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(old.status()), "REVISION_COMPACTED");
}

TEST_F(IpamServiceTest, WatchSendsStateThenChanges) {
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

TEST_F(IpamServiceTest, WatchResumesAcrossARestart) {
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

TEST_F(IpamServiceTest, RepetitionsAndReuseOfRequestIds) {
  const auto first = Allocate("db/a", "databases", "a.db", "id-1");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Release("db/a").ok());
  Restart();
  const auto again = Allocate("db/a", "databases", "a.db", "id-1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  const auto reused = Allocate("db/a", "databases", "b.db", "id-1");
  EXPECT_EQ(reused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(reused.status()), "REQUEST_ID_REUSED");
}

TEST_F(IpamServiceTest, SixtyFourCallersGetSixtyFourAddressesThatLast) {
  std::vector<std::thread> threads;
  std::vector<absl::StatusOr<v1::Lease>> leases(64, absl::UnknownError("no answer"));
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([this, i, &leases] {
      leases[i] = Allocate(absl::StrCat("db/d", i), "databases", absl::StrCat("d", i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  Restart();
  std::set<std::string> addresses;
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(leases[i].ok()) << leases[i].status();
    EXPECT_TRUE(addresses.insert(leases[i]->address()).second) << leases[i]->address();
    const auto found = Get(leases[i]->owner());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->SerializeAsString(), leases[i]->SerializeAsString());
  }
  EXPECT_EQ(*addresses.rbegin(), "10.163.0.93") << "the lowest 64 of them";
}

TEST_F(IpamServiceTest, ReadsGoOnWhileTheDiskRefuses) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  harness_.store().Refuse(StoreErrors::Unavailable("ipam.db", "no space left"));
  const auto refused = Allocate("db/b", "databases");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(refused.status()), "STORE_UNAVAILABLE");
  EXPECT_TRUE(Get("db/a").ok());
  EXPECT_EQ(List(0, "")->leases_size(), 1);
  harness_.store().Refuse(absl::OkStatus());
  EXPECT_TRUE(Allocate("db/b", "databases").ok());
}

}  // namespace
}  // namespace mpd::ipam
