// Leases and the resolver's answers.
#include "dnsd-controller/control/zone_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "dnsd-controller/control/zone_controller_test_util.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ZoneControllerTest, PublishedLeasesAreAnsweredAndReleasedOnesAreNot) {
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

TEST_F(ZoneControllerTest, AKilledResolverIsNoticedAndVerifiedAgain) {
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

TEST_F(ZoneControllerTest, ARestartedControllerRemovesLeasesReleasedMeanwhile) {
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

TEST_F(ZoneControllerTest, AResetRemovesOnlyTheLeasesThatAreGone) {
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

// Each address has one file that holds all its names. If two files held names of one address, or
// one file those of two, dnsmasq would lack a PTR record here until it reads everything again.
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

TEST_F(ZoneControllerTest, TheProbeOfTheZoneReportsSinceWhen) {
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
  EXPECT_FALSE(down.has_forwarding()) << "forwarding is not known while the resolver is down";
}

TEST_F(ZoneControllerTest, AmongAThousandRecordsOneIsChanged) {
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
  const auto listing = loop_.Run([this] { return controller_->ListRecords(); });
  ASSERT_EQ(listing.records.size(), 1000u);
  EXPECT_EQ(listing.records.back().name, "vm.service.mpd.test") << "the static record sorts last";
  EXPECT_EQ(listing.revision, 3001);
  EXPECT_EQ(listing.store_id, "store-1");
}

}  // namespace
}  // namespace mpd::dnsd
