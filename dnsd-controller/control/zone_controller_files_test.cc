// Files: those that the controller writes for the resolver, and those that it reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "dnsd-controller/control/zone_controller_test_util.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ZoneControllerTest, TheFilesAreWrittenBeforeTheResolverStarts) {
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
  // The file is too large to be read.
  Write("/conf/platform.env", std::string(2 << 20, '#'));
  ::testing::internal::CaptureStderr();
  StartController();
  AwaitStatus([](const auto& s) { return !s.last_error().empty(); });
  // Each change makes the controller read the files again.
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
  EXPECT_TRUE(own.zone().answered()) << "the zone is served nevertheless";
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
}

TEST_F(ZoneControllerTest, WithoutAnUpstreamServerTheZoneIsServedAndTheReasonReported) {
  Sync({kPhp}, 3);
  dnsmasq_->Start();
  AwaitState(v1::RESOLVER_STATE_SERVING);
  std::filesystem::remove(root_ + "/resolve/resolv.conf");
  EXPECT_THAT(AwaitState(v1::RESOLVER_STATE_DEGRADED).last_error(), HasSubstr("names none"));
  EXPECT_EQ(Ask("php.runtime"), "NOERROR 10.163.0.100");
  Write("/resolve/resolv.conf", "nameserver 192.0.2.1\n");
  AwaitState(v1::RESOLVER_STATE_SERVING);
}

TEST_F(ZoneControllerTest, AFailedWriteIsReportedAndRetried) {
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
