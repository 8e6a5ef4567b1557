// The controller with the lease stream of the real ipam service, which is stopped and started
// again. In place of dnsmasq, a fake resolver answers from the files that dnsmasq would read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "absl/strings/match.h"
#include "common/base/files.h"
#include "common/rpc/grpc_client.h"
#include "common/testing/test_server.h"
#include "common/testing/testing_loop.h"
#include "common/watch/store_watch.h"
#include "common/watch/watch_client.h"
#include "dnsd-controller/control/zone_controller.h"
#include "ipam/api/ipam_service.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::dnsd {
namespace {

using ipam::BookHarness;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using Names = std::map<std::string, std::string>;

constexpr auto kPatience = std::chrono::seconds(20);

// Answers every question from the hosts files.
class FolderResolver : public DnsClient {
 public:
  explicit FolderResolver(std::string folder) : folder_(std::move(folder)) {}

  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration) override {
    DnsResponse response;
    response.rcode = DnsRcode::kNameError;
    for (const auto& [known, address] : Read()) {
      const bool reverse = Ipv4Address::Parse(address)->ReverseName() == name;
      if (type == DnsType::kPtr ? !reverse : known != name) continue;
      response.rcode = DnsRcode::kNoError;
      response.answers.push_back({name, type, 0, type == DnsType::kPtr ? known : address});
    }
    co_return response;
  }
  std::string name() const override { return "files:53"; }

  // All names with their addresses. The leases of these tests have one name each.
  Names Read() const {
    Names names;
    const absl::StatusOr<std::vector<std::string>> files = ListFolder(folder_);
    if (!files.ok()) return names;
    for (const std::string& file : *files) {
      const absl::StatusOr<std::string> text = ReadFile(folder_ + "/" + file);
      const auto line = text.ok() ? ParseHostsFile(*text) : std::nullopt;
      if (line) names[line->names.front()] = line->address.ToString();
    }
    return names;
  }

 private:
  const std::string folder_;
};

// A store with leases, and a server of it that can be stopped and started again.
class Ipam {
 public:
  explicit Ipam(std::string socket) : socket_(std::move(socket)) { Start(); }
  ~Ipam() { Stop(); }

  void Start() {
    hub_ = std::make_unique<WatchHub>();
    wakes_ = std::make_unique<StoreWakesWatches>(&harness.store(), hub_.get());
    service_ = std::make_unique<ipam::IpamService>(&harness.book(), &harness.store(),
                                                   &harness.worker(), hub_.get());
    server_ = std::make_unique<TestServer>(socket_, service_.get());
  }
  void Stop() {
    if (server_ == nullptr) return;
    hub_->Drain(absl::UnavailableError("gone"));
    server_.reset();
    service_.reset();
    wakes_.reset();
    hub_.reset();
  }
  int64_t Allocate(const std::string& name) {
    const auto lease = harness.Allocate("db/" + name, "databases", {name + ".db"});
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease->revision;
  }
  int64_t Release(const std::string& name) { return *harness.Release("db/" + name); }

  BookHarness harness{ipam::DefaultPools(), absl::ZeroDuration()};

 private:
  const std::string socket_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<StoreWakesWatches> wakes_;
  std::unique_ptr<ipam::IpamService> service_;
  std::unique_ptr<TestServer> server_;
};

class LeaseStreamTest : public ::testing::Test {
 protected:
  using Leases = WatchClient<ipam::v1::WatchLeasesRequest, ipam::v1::WatchLeasesResponse>;

  void SetUp() override {
    ResolverLayout layout(*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/24"),
                          {Ipv4Address(0x7f000001)});
    layout.resolv_file = folder_.path() + "/resolv.conf";
    ControllerOptions options(layout);
    options.state_folder = folder_.path() + "/state";
    options.conf_folder = folder_.path();
    loop_.Run([&] {
      controller_ = std::make_shared<ZoneController>(loop_.get(), options, resolver_, board_.get());
      controller_->Start();
      leases_ = std::make_unique<Leases>(
          loop_.get(), MakeLocalChannel(socket_), "/mpd.ipam.v1.IpamService/WatchLeases",
          Leases::Callbacks{
              [this] {
                ++resets_;
                controller_->OnReset();
              },
              [this](const auto& message) { controller_->OnLeases(message); },
              [this](const absl::Status& status) { controller_->OnConnection(status); }});
      leases_->Start();
    });
  }
  void TearDown() override {
    loop_.Run([this] {
      leases_.reset();
      controller_->Stop();
    });
    loop_.Join();
  }

  v1::Status Await(const std::function<bool(const v1::Status&)>& wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return wanted(board_->Get()); }))
        << board_->Get().DebugString();
    return board_->Get();
  }
  v1::Status AwaitPublished(int64_t revision) {
    return Await([=](const v1::Status& status) {
      return status.published_revision() >= revision && !status.has_stale_since();
    });
  }
  v1::Status AwaitStale() {
    return Await([](const v1::Status& status) { return status.has_stale_since(); });
  }
  int resets() {
    return loop_.Run([this] { return resets_; });
  }

  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/ipam.sock";
  const std::shared_ptr<FolderResolver> resolver_ =
      std::make_shared<FolderResolver>(folder_.path() + "/state/dnsmasq/hosts.d");
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<StatusBoard> board_ = std::make_unique<StatusBoard>([this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_all();
  });
  TestingLoop loop_;
  std::shared_ptr<ZoneController> controller_;
  std::unique_ptr<Leases> leases_;
  int resets_ = 0;  // used on the loop only
};

TEST_F(LeaseStreamTest, CatchesUpFromItsLastRevision) {
  Ipam ipam(socket_);
  ipam.Allocate("a");
  AwaitPublished(ipam.Allocate("b"));
  ipam.Stop();
  const v1::Status stale = AwaitStale();
  EXPECT_GT(stale.stale_since().seconds(), 0);
  EXPECT_TRUE(stale.zone().answered()) << "the resolver still answers";
  ipam.Release("a");
  const int64_t last = ipam.Allocate("c");
  EXPECT_THAT(resolver_->Read(), ElementsAre(Pair("a.db.mpd.test", "10.163.0.30"),
                                             Pair("b.db.mpd.test", "10.163.0.31")));
  ipam.Start();
  EXPECT_EQ(AwaitPublished(last).published_revision(), last);
  EXPECT_THAT(resolver_->Read(), ElementsAre(Pair("b.db.mpd.test", "10.163.0.31"),
                                             Pair("c.db.mpd.test", "10.163.0.30")));
  EXPECT_EQ(resets(), 1) << "a new listing was requested needlessly";
}

TEST_F(LeaseStreamTest, AfterCompactionANewListingRemovesWhatIsGone) {
  Ipam ipam(socket_);
  ipam.Allocate("a");
  AwaitPublished(ipam.Allocate("b"));
  ipam.Stop();
  AwaitStale();
  ipam.Release("a");
  const int64_t last = ipam.Allocate("c");
  ASSERT_TRUE(ipam.harness.store().Compact(last).ok());
  ipam.Start();
  AwaitPublished(last);
  EXPECT_THAT(resolver_->Read(), ElementsAre(Pair("b.db.mpd.test", "10.163.0.31"),
                                             Pair("c.db.mpd.test", "10.163.0.30")));
  EXPECT_EQ(resets(), 2);
}

TEST_F(LeaseStreamTest, ARecreatedStoreRemovesLeasesThatItDoesNotHave) {
  auto ipam = std::make_unique<Ipam>(socket_);
  for (const char* name : {"a", "b", "c"}) ipam->Allocate(name);
  const v1::Status before = AwaitPublished(ipam->Allocate("d"));
  ipam.reset();
  AwaitStale();
  ipam = std::make_unique<Ipam>(socket_);
  const int64_t revision = ipam->Allocate("d");
  const v1::Status after = Await([&](const v1::Status& status) {
    return status.store_id() != before.store_id() && status.published_revision() >= revision;
  });
  EXPECT_LT(after.published_revision(), before.published_revision()) << "revisions start again";
  EXPECT_THAT(resolver_->Read(), ElementsAre(Pair("d.db.mpd.test", "10.163.0.30")));
}

TEST_F(LeaseStreamTest, WithoutIpamTheStatusIsStaleFromTheStart) {
  const v1::Status stale = AwaitStale();
  EXPECT_EQ(stale.rendered_revision(), 0);
  EXPECT_THAT(stale.store_id(), IsEmpty());
  Ipam ipam(socket_);
  AwaitPublished(ipam.Allocate("a"));
}

}  // namespace
}  // namespace mpd::dnsd
