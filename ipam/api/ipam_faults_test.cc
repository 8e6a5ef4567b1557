// What callers of mpd-ipam see when its disk fills up, fails, and loses power.
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/store/sqlite/fault_vfs.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/sqlite/sqlite_tools.h"
#include "common/testing/test_server.h"
#include "common/watch/store_watch.h"
#include "ipam/api/ipam_service.h"
#include "ipam/book/lease_book.h"
#include "ipam/maintenance/fsck.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

using Fault = FaultVfs::Fault;

// A store, a book and their server, in that order, on a disk with faults.
class IpamFaultsTest : public testing::TestWithParam<Fault> {
 protected:
  IpamFaultsTest() {
    path_ = folder_.path() + "/ipam.db";
    store_ = OpenSqliteStore({.path = path_, .log_bytes = 0}).value();
    book_ =
        LeaseBook::Open(store_.get(), DefaultPools(), absl::Seconds(60), &clock_, &worker_).value();
    wakes_ = std::make_unique<StoreWakesWatches>(store_.get(), &hub_);
    service_ = std::make_unique<IpamService>(book_.get(), store_.get(), &worker_, &hub_);
    const std::string socket = folder_.path() + "/ipam.sock";
    server_ = std::make_unique<TestServer>(socket, service_.get());
    stub_ = v1::IpamService::NewStub(
        grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  }
  ~IpamFaultsTest() override {
    hub_.Drain(absl::UnavailableError("test ends"));
    server_.reset();
  }

  static void SetDeadline(grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  absl::StatusOr<std::string> Allocate(const std::string& owner, const std::string& request_id) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::AllocateAddressRequest request;
    request.set_owner(owner);
    request.set_pool("databases");
    request.add_hostnames(absl::StrCat(owner.substr(3), ".db"));
    request.set_request_id(request_id);
    v1::Lease lease;
    const grpc::Status status = stub_->AllocateAddress(&context, request, &lease);
    if (!status.ok()) return FromGrpcStatus(status);
    return lease.address();
  }

  absl::Status Release(const std::string& owner) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ReleaseLeaseRequest request;
    request.set_owner(owner);
    v1::ReleaseLeaseResponse response;
    return FromGrpcStatus(stub_->ReleaseLease(&context, request, &response));
  }

  absl::Status Rename(const std::string& owner, const std::string& hostname) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::UpdateLeaseRequest request;
    request.mutable_lease()->set_owner(owner);
    request.mutable_lease()->add_hostnames(hostname);
    v1::Lease lease;
    return FromGrpcStatus(stub_->UpdateLease(&context, request, &lease));
  }

  // Owner to "address hostname".
  std::map<std::string, std::string> List() {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ListLeasesResponse response;
    const grpc::Status status = stub_->ListLeases(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::map<std::string, std::string> leases;
    for (const v1::Lease& lease : response.leases()) {
      leases[lease.owner()] = absl::StrCat(lease.address(), " ", lease.hostnames(0));
    }
    return leases;
  }

  static void ExpectRefusal(const absl::Status& status) {
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(ErrorReason(status), "STORE_UNAVAILABLE");
    EXPECT_FALSE(ErrorMetadataValue(status, "problem").empty());
  }

  // Opens the files of a crash as the daemon would, after they were found sound.
  void ExpectAfterCrash(const std::string& path,
                        const std::map<std::string, std::string>& expected) {
    const auto report = Fsck(MakeSqliteStoreTools(path).get(), nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    for (const Finding& finding : report->findings) ADD_FAILURE() << finding.text;
    const auto store = OpenSqliteStore({.path = path});
    ASSERT_TRUE(store.ok()) << store.status();
    WorkerThread worker;
    const auto book =
        LeaseBook::Open(store->get(), DefaultPools(), absl::Seconds(60), &clock_, &worker);
    ASSERT_TRUE(book.ok()) << book.status();
    for (const auto& [owner, told] : expected) {
      const auto lease = (*book)->GetByOwner(owner);
      ASSERT_TRUE(lease.ok()) << owner;
      EXPECT_EQ(absl::StrCat(lease->address.ToString(), " ", lease->hostnames.at(0)), told);
    }
  }

  FaultVfs vfs_;
  TestFolder folder_;
  std::string path_;
  FakeClock clock_;
  WorkerThread worker_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LeaseBook> book_;
  WatchHub hub_{absl::Milliseconds(100)};
  std::unique_ptr<StoreWakesWatches> wakes_;
  std::unique_ptr<IpamService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::IpamService::Stub> stub_;
};

TEST_P(IpamFaultsTest, WritesAreRefusedReadsGoOnAndItRecoversByItself) {
  ASSERT_EQ(*Allocate("db/a", "r1"), "10.163.0.30");
  ASSERT_EQ(*Allocate("db/b", "r2"), "10.163.0.31");
  const auto before = List();

  grpc::ClientContext watch_context;
  SetDeadline(&watch_context);
  const auto watch = stub_->WatchLeases(&watch_context, {});
  v1::WatchLeasesResponse message;
  while (watch->Read(&message) && !message.synced()) {
  }

  vfs_.Set(GetParam());
  for (int i = 0; i < 3; ++i) {
    ExpectRefusal(Allocate("db/c", "r3").status());
    ExpectRefusal(Rename("db/a", "renamed.db"));
    ExpectRefusal(Release("db/b"));
    EXPECT_EQ(List(), before);
    EXPECT_EQ(*Allocate("db/a", ""), "10.163.0.30") << "what changes nothing is answered";
  }
  EXPECT_TRUE(vfs_.has_failed());

  vfs_.Set(Fault::kNone);
  EXPECT_EQ(*Allocate("db/c", "r3"), "10.163.0.32") << "nothing of the refused ones is left";
  EXPECT_EQ(*Allocate("db/c", "r3"), "10.163.0.32");
  ASSERT_TRUE(Rename("db/a", "renamed.db").ok());
  ASSERT_TRUE(Release("db/b").ok());

  std::vector<std::string> seen;
  while (seen.size() < 3 && watch->Read(&message)) {
    for (const v1::LeaseEvent& event : message.events()) seen.push_back(event.lease().owner());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"db/c", "db/a", "db/b"}))
      << "watchers hear of what happened, once, and of nothing else";
  watch_context.TryCancel();
  watch->Finish();
}

// The power goes while the disk is failing: what was acknowledged is there, and what was refused is
// either not made or made whole.
TEST_P(IpamFaultsTest, PowerLostDuringFaultsLosesNothingAcknowledged) {
  for (uint32_t round = 1; round <= 20 && !HasFailure(); ++round) {
    const std::string kept = absl::StrCat("db/kept", round);
    ASSERT_TRUE(Allocate(kept, absl::StrCat("k", round)).ok());
    vfs_.Set(GetParam());
    ExpectRefusal(Allocate(absl::StrCat("db/refused", round), "").status());
    const std::string crashed = absl::StrCat(folder_.path(), "/crashed", round);
    vfs_.LosePower(path_, crashed, round);
    vfs_.Set(Fault::kNone);
    ExpectAfterCrash(crashed, List());
  }
}

std::string NameOf(const testing::TestParamInfo<Fault>& tested) {
  return FaultVfs::Name(tested.param);
}

INSTANTIATE_TEST_SUITE_P(Faults, IpamFaultsTest,
                         testing::Values(Fault::kFull, Fault::kWriteError, Fault::kTornWrite,
                                         Fault::kSyncError),
                         NameOf);

}  // namespace
}  // namespace mpd::ipam
