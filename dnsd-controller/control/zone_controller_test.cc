// The controller with a real dnsmasq on a loopback port.
#include "dnsd-controller/control/zone_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/dns/udp_dns_client.h"
#include "common/testing/testing_loop.h"
#include "dnsd-controller/api/lookup.h"
#include "dnsd-controller/testing/testing_dnsmasq.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kPatience = std::chrono::seconds(20);
const Ipv4Address kLocal(0x7f000001);

struct LeaseText {
  std::string owner, address;
  std::vector<std::string> hostnames;
};

class ZoneControllerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(TestingDnsmasq::Installed()) << "needs the package dnsmasq-base";
    char folder[] = "/tmp/zone_controller_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    // dnsmasq runs as a user of its own where the test runs as root.
    chmod(folder, 0755);
    for (const char* name : {"/state", "/conf", "/resolve"}) {
      ASSERT_TRUE(MakeFolder(root_ + name, 0755).ok());
    }
    Write("/resolve/resolv.conf", "nameserver 127.0.0.53\nnameserver 192.0.2.1\n");
    Write("/conf/platform.env", "MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.7\n");
    dnsmasq_ = std::make_unique<TestingDnsmasq>(root_ + "/state/dnsmasq/dnsmasq.conf");
    port_ = TestingDnsmasq::FreePort();
    resolver_ = std::make_shared<UdpDnsClient>(kLocal, port_);
    StartController();
  }

  void TearDown() override {
    if (controller_) StopController();
    loop_.Join();
    dnsmasq_.reset();
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }

  void StartController() {
    ResolverLayout layout(*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/16"), {kLocal});
    layout.port = port_;
    layout.config_folder = root_ + "/state/dnsmasq";
    layout.resolv_file = root_ + "/resolve/resolv.conf";
    ControllerOptions options(layout);
    options.state_folder = root_ + "/state";
    options.conf_folder = root_ + "/conf";
    options.times.check = absl::Milliseconds(50);
    options.times.knock = absl::Milliseconds(20);
    // 192.0.2.1 never answers, and no test here is about that.
    options.forwarding_times.answer = absl::Hours(1);
    board_ = std::make_unique<StatusBoard>([this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      changed_.notify_all();
    });
    controller_ = loop_.Run([&] {
      auto controller =
          std::make_shared<ZoneController>(loop_.get(), options, resolver_, board_.get());
      controller->Start();
      return controller;
    });
  }

  void StopController() {
    loop_.Run([this] { controller_->Stop(); });
    controller_.reset();
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + name, text, 0644).ok());
  }

  void Tell(ipam::v1::WatchLeasesResponse message, int64_t revision,
            const std::string& store = "store-1") {
    message.set_revision(revision);
    message.set_store_id(store);
    loop_.Run([&] { controller_->OnLeases(message); });
  }
  static void Add(ipam::v1::WatchLeasesResponse* message, const LeaseText& lease,
                  ipam::v1::LeaseEvent::Type type = ipam::v1::LeaseEvent::TYPE_PUT) {
    ipam::v1::LeaseEvent* event = message->add_events();
    event->set_type(type);
    event->mutable_lease()->set_owner(lease.owner);
    event->mutable_lease()->set_address(lease.address);
    for (const auto& name : lease.hostnames) event->mutable_lease()->add_hostnames(name);
  }
  void Put(const LeaseText& lease, int64_t revision) {
    ipam::v1::WatchLeasesResponse message;
    Add(&message, lease);
    Tell(message, revision);
  }
  void Delete(const std::string& owner, int64_t revision) {
    ipam::v1::WatchLeasesResponse message;
    Add(&message, {owner, "", {}}, ipam::v1::LeaseEvent::TYPE_DELETE);
    Tell(message, revision);
  }
  // All leases there are, as a stream that begins anew tells them.
  void Sync(const std::vector<LeaseText>& leases, int64_t revision,
            const std::string& store = "store-1") {
    loop_.Run([this] {
      controller_->OnConnection(absl::OkStatus());
      controller_->OnReset();
    });
    ipam::v1::WatchLeasesResponse message;
    for (const LeaseText& lease : leases) Add(&message, lease);
    message.set_synced(true);
    Tell(message, revision, store);
  }

  v1::Status AwaitStatus(const std::function<bool(const v1::Status&)>& wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool came = changed_.wait_for(lock, kPatience, [&] { return wanted(board_->Get()); });
    EXPECT_TRUE(came) << "never came; it is\n" << board_->Get().DebugString();
    return board_->Get();
  }
  v1::Status AwaitPublished(int64_t revision) {
    return AwaitStatus([=](const v1::Status& s) { return s.published_revision() >= revision; });
  }
  v1::Status AwaitState(v1::ResolverState state) {
    return AwaitStatus([=](const v1::Status& s) { return s.resolver_state() == state; });
  }

  // "NOERROR 10.163.0.100"
  std::string Ask(const std::string& name, const std::string& type = "") {
    v1::LookupRequest request;
    request.set_name(name);
    request.set_type(type);
    const auto question = ParseLookup(request, *Zone::Parse("mpd.test"));
    if (!question.ok()) return std::string(question.status().message());
    const auto response = boost::asio::co_spawn(*loop_.get(), LookUp(resolver_.get(), *question),
                                                boost::asio::use_future)
                              .get();
    if (!response.ok()) return ErrorReason(response.status());
    std::string text = response->rcode();
    for (const std::string& answer : response->answers()) text += " " + answer;
    return text;
  }

  std::string root_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  TestingLoop loop_;
  std::unique_ptr<TestingDnsmasq> dnsmasq_;
  std::shared_ptr<UdpDnsClient> resolver_;
  std::unique_ptr<StatusBoard> board_;
  std::shared_ptr<ZoneController> controller_;
};

const LeaseText kPhp{"runtime/php", "10.163.0.100", {"php.runtime", "shop", "behat.shop"}};
const LeaseText kPortal{"service/portal", "10.163.0.4", {"portal.service", "@"}};

TEST_F(ZoneControllerTest, WhatIsPublishedIsAnsweredAndWhatIsReleasedIsNot) {
  Sync({kPortal}, 5);
  dnsmasq_->Start();
  v1::Status status = AwaitState(v1::RESOLVER_STATE_SERVING);
  EXPECT_EQ(status.published_revision(), 5);
  EXPECT_EQ(status.record_count(), 2);
  EXPECT_THAT(status.last_error(), IsEmpty());
  EXPECT_FALSE(status.has_stale_since());
  EXPECT_EQ(Ask("@"), "NOERROR 10.163.0.4");
  EXPECT_EQ(Ask("vm.service"), "NOERROR 192.168.64.7");

  Put(kPhp, 6);
  AwaitPublished(6);
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  EXPECT_EQ(Ask("behat.shop.mpd.test"), "NOERROR 10.163.0.100");
  EXPECT_EQ(Ask("10.163.0.100"), "NOERROR php.runtime.mpd.test");
  EXPECT_EQ(Ask("10.163.0.101"), "NXDOMAIN");
  for (const char* type : {"AAAA", "MX", "TXT", "SOA", "HTTPS"}) {
    EXPECT_EQ(Ask("php.runtime", type), "NOERROR") << type;
  }
  EXPECT_EQ(Ask("x.php.runtime"), "NXDOMAIN");
  EXPECT_EQ(Ask("unknown"), "NXDOMAIN");

  Put({"runtime/php", "10.163.0.100", {"php.runtime", "blog"}}, 7);
  AwaitPublished(7);
  EXPECT_EQ(Ask("blog"), "NOERROR 10.163.0.100");
  EXPECT_EQ(Ask("shop"), "NXDOMAIN");

  Delete("runtime/php", 8);
  AwaitPublished(8);
  EXPECT_EQ(Ask("php.runtime"), "NXDOMAIN");
  EXPECT_EQ(Ask("10.163.0.100"), "NXDOMAIN");
  EXPECT_EQ(Ask("@"), "NOERROR 10.163.0.4");
}

TEST_F(ZoneControllerTest, EverythingIsOnTheDiskBeforeTheResolverStarts) {
  Sync({kPhp}, 3);
  v1::Status status = AwaitStatus([](const auto& s) { return s.rendered_revision() == 3; });
  EXPECT_EQ(status.resolver_state(), v1::RESOLVER_STATE_DOWN);
  EXPECT_EQ(status.published_revision(), 0);
  EXPECT_EQ(status.static_config_digest().size(), 64u);
  EXPECT_THAT(status.upstream_servers(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(*ReadFile(root_ + "/state/dnsmasq/hosts.d/10.163.0.100"),
            "10.163.0.100 php.runtime.mpd.test shop.mpd.test behat.shop.mpd.test\n");
  EXPECT_EQ(Ask("php.runtime"), "RESOLVER_SILENT");
  dnsmasq_->Start();
  AwaitPublished(3);
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
}

TEST_F(ZoneControllerTest, AKilledResolverIsNoticedAndProvedAnew) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  dnsmasq_->Kill();
  EXPECT_THAT(AwaitState(v1::RESOLVER_STATE_DOWN).last_error(), HasSubstr("does not answer"));
  Delete("runtime/php", 4);
  AwaitStatus([](const auto& s) { return s.rendered_revision() == 4; });
  EXPECT_EQ(board_->Get().published_revision(), 3);
  dnsmasq_->Start();
  AwaitPublished(4);
  EXPECT_EQ(Ask("php.runtime"), "NXDOMAIN");
}

TEST_F(ZoneControllerTest, AHungResolverIsNotServing) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  dnsmasq_->Signal(SIGSTOP);
  AwaitState(v1::RESOLVER_STATE_DOWN);
  dnsmasq_->Signal(SIGCONT);
  AwaitState(v1::RESOLVER_STATE_SERVING);
}

TEST_F(ZoneControllerTest, ARestartedControllerRemovesWhatDiedMeanwhile) {
  Sync({kPhp, kPortal}, 3);
  dnsmasq_->Start();
  AwaitPublished(3);
  StopController();
  StartController();
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  Sync({kPortal}, 9);
  AwaitPublished(9);
  EXPECT_EQ(Ask("php.runtime"), "NXDOMAIN");
  EXPECT_THAT(*ListFolder(root_ + "/state/dnsmasq/hosts.d"), ElementsAre("10.163.0.4"));
}

TEST_F(ZoneControllerTest, AResetTellsOnlyTheDifference) {
  Sync({kPhp, kPortal}, 3);
  dnsmasq_->Start();
  AwaitPublished(3);
  loop_.Run([this] { controller_->OnConnection(absl::UnavailableError("gone")); });
  EXPECT_TRUE(board_->Get().has_stale_since());
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  Sync({kPortal}, 1, "store-2");
  v1::Status status = AwaitStatus(
      [](const auto& s) { return s.store_id() == "store-2" && s.published_revision() == 1; });
  EXPECT_FALSE(status.has_stale_since());
  EXPECT_EQ(Ask("php.runtime"), "NXDOMAIN");
}

// Had a file more than one address's names, or an address more than one file, dnsmasq would now
// lack a PTR record until it is told to read everything again.
TEST_F(ZoneControllerTest, AddressesThatChangePlacesAreAnsweredWithoutAReload) {
  Sync({{"db/a", "10.163.0.30", {"a.db"}}, {"db/b", "10.163.0.31", {"b.db"}}}, 3);
  dnsmasq_->Start();
  AwaitPublished(3);
  Sync({{"db/a", "10.163.0.31", {"a.db"}}, {"db/b", "10.163.0.30", {"b.db"}}}, 1, "store-2");
  v1::Status status = AwaitStatus(
      [](const auto& s) { return s.store_id() == "store-2" && s.published_revision() == 1; });
  EXPECT_EQ(status.reload_request(), 0);
  EXPECT_EQ(Ask("a.db"), "NOERROR 10.163.0.31");
  EXPECT_EQ(Ask("10.163.0.30"), "NOERROR b.db.mpd.test");
  EXPECT_EQ(Ask("10.163.0.31"), "NOERROR a.db.mpd.test");
}

TEST_F(ZoneControllerTest, AHostileLeaseIsReportedAndTheRestIsServed) {
  Sync({{"runtime/bad", "10.163.0.9", {"a\n10.163.0.9 bank.example"}},
        {"runtime/worse", "10.163.0.10", {"a#b"}},
        {"runtime/x\nresolv-file=/etc/passwd", "10.163.0.11", {"c"}},
        kPhp},
       3);
  dnsmasq_->Start();
  v1::Status status = AwaitState(v1::RESOLVER_STATE_DEGRADED);
  EXPECT_EQ(status.published_revision(), 3);
  EXPECT_THAT(status.last_error(), HasSubstr("runtime/bad is not served"));
  EXPECT_THAT(status.last_error(), HasSubstr("(and 2 more)"));
  EXPECT_EQ(status.last_error().find('\n'), std::string::npos);
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  EXPECT_THAT(*ListFolder(root_ + "/state/dnsmasq/hosts.d"), ElementsAre("10.163.0.100"));
}

TEST_F(ZoneControllerTest, AChangedPlatformFileChangesTheDigestUntilTheResolverIsRestarted) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  const std::string before = AwaitState(v1::RESOLVER_STATE_SERVING).static_config_digest();
  Write("/conf/platform.env", "MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.9\n");
  AwaitStatus([&](const auto& s) { return s.static_config_digest() != before; });
  EXPECT_THAT(AwaitState(v1::RESOLVER_STATE_DEGRADED).last_error(), HasSubstr("restart"));
  dnsmasq_->Kill();
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  EXPECT_EQ(Ask("vm.service"), "NOERROR 192.168.64.9");
}

TEST_F(ZoneControllerTest, AStaleStartUpFileIsLoggedOnce) {
  StopController();
  // Too large to be read.
  Write("/conf/platform.env", std::string(2 << 20, '#'));
  ::testing::internal::CaptureStderr();
  StartController();
  AwaitStatus([](const auto& s) { return !s.last_error().empty(); });
  // Each looks at the files anew.
  for (int i = 0; i < 5; ++i) {
    const auto seen = board_->version();
    Write("/conf/unrelated", "x");
    Write("/resolve/resolv.conf", absl::StrCat("nameserver 192.0.2.", 10 + i, "\n"));
    AwaitStatus([&](const auto&) { return board_->version() > seen; });
  }
  Write("/conf/platform.env", "MPD_PLATFORM=managed\nMPD_VM_IP=\n");
  AwaitStatus(
      [](const auto& s) { return s.last_error().find("platform.env") == std::string::npos; });
  const std::string log = ::testing::internal::GetCapturedStderr();
  size_t times = 0;
  for (size_t at = log.find("STATIC_CONFIG_STALE"); at != std::string::npos;
       at = log.find("STATIC_CONFIG_STALE", at + 1)) {
    ++times;
  }
  EXPECT_EQ(times, 1u) << log;
}

TEST_F(ZoneControllerTest, UpstreamServersFollowTheFile) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  Write("/resolve/resolv.conf", "nameserver 192.0.2.9\n");
  AwaitStatus([](const auto& s) {
    return s.upstream_servers_size() == 1 && s.upstream_servers(0) == "192.0.2.9";
  });
  Write("/resolve/resolv.conf", "nameserver 127.0.0.53\n");
  const v1::Status own = AwaitState(v1::RESOLVER_STATE_DEGRADED);
  EXPECT_THAT(own.last_error(), HasSubstr("names only this VM itself (127.0.0.53)"));
  EXPECT_THAT(own.dropped_servers(), ElementsAre("127.0.0.53"));
  EXPECT_TRUE(own.zone().answered()) << "the zone is served all the same";
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
}

TEST_F(ZoneControllerTest, WithoutAServerTheZoneIsServedAndTheReasonTold) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  std::filesystem::remove(root_ + "/resolve/resolv.conf");
  EXPECT_THAT(AwaitState(v1::RESOLVER_STATE_DEGRADED).last_error(), HasSubstr("names none"));
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  Write("/resolve/resolv.conf", "nameserver 192.0.2.1\n");
  AwaitState(v1::RESOLVER_STATE_SERVING);
}

TEST_F(ZoneControllerTest, TheZonesProbeTellsSinceWhen) {
  const v1::Probe silent = AwaitStatus([](const auto& s) { return s.zone().has_since(); }).zone();
  EXPECT_FALSE(silent.answered());
  EXPECT_THAT(silent.error(), HasSubstr("does not answer"));
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  const v1::Status serving = AwaitState(v1::RESOLVER_STATE_SERVING);
  EXPECT_TRUE(serving.zone().answered());
  EXPECT_THAT(serving.zone().error(), IsEmpty());
  EXPECT_GE(serving.zone().since().seconds(), silent.since().seconds());
  dnsmasq_->Kill();
  const v1::Status down = AwaitState(v1::RESOLVER_STATE_DOWN);
  EXPECT_FALSE(down.zone().answered());
  EXPECT_FALSE(down.has_forwarding()) << "nothing is known of it";
}

TEST_F(ZoneControllerTest, AThousandRecordsArePublishedAndChangedOneByOne) {
  std::vector<LeaseText> leases;
  for (int i = 0; i < 1000; ++i) {
    leases.push_back({absl::StrCat("runtime/n", i),
                      absl::StrCat("10.163.", 1 + i / 200, ".", 1 + i % 200),
                      {absl::StrCat("n", i, ".runtime")}});
  }
  dnsmasq_->Start();
  Sync(leases, 3000);
  EXPECT_EQ(AwaitPublished(3000).record_count(), 1001);
  EXPECT_EQ(Ask("n998.runtime"), "NOERROR 10.163.5.199");
  Delete("runtime/n500", 3001);
  AwaitPublished(3001);
  EXPECT_EQ(Ask("n500.runtime"), "NXDOMAIN");
  const auto page =
      loop_.Run([this] { return controller_->ListRecords("n999.runtime.mpd.test", 5); });
  ASSERT_EQ(page.records.size(), 1u) << "the static record is the last one";
  EXPECT_EQ(page.records[0].name, "vm.service.mpd.test");
  EXPECT_EQ(page.revision, 3001);
}

TEST_F(ZoneControllerTest, ADiskThatRefusesIsToldAndTriedAgain) {
  Sync({kPhp}, 3);
  AwaitStatus([](const auto& s) { return s.rendered_revision() == 3; });
  const std::string hosts = root_ + "/state/dnsmasq/hosts.d";
  std::filesystem::rename(hosts, hosts + ".away");
  std::ofstream(hosts) << "in the way";
  Put(kPortal, 4);
  v1::Status status =
      AwaitStatus([](const auto& s) { return s.last_error().find(".d") != std::string::npos; });
  EXPECT_EQ(status.rendered_revision(), 3);
  std::filesystem::remove(hosts);
  std::filesystem::rename(hosts + ".away", hosts);
  AwaitStatus([](const auto& s) { return s.rendered_revision() == 4; });
  EXPECT_THAT(*ListFolder(hosts), ElementsAre("10.163.0.100", "10.163.0.4"));
}

}  // namespace
}  // namespace mpd::dnsd
