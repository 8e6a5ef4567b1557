#include "gateway/ctl/view/status_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpd::gateway::ctl {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTime[] = "20[0-9][0-9]-[0-9-]+ [0-9:]+";

mpd::gateway::v1::Status Serving() {
  mpd::gateway::v1::Status status;
  status.set_zone("mpd.test");
  mpd::dnsd::v1::Status* dns = status.mutable_dns();
  dns->set_resolver("10.163.0.3:53");
  dns->set_resolver_state(mpd::dnsd::v1::RESOLVER_STATE_SERVING);
  dns->add_upstream_servers("192.0.2.1");
  for (mpd::dnsd::v1::Probe* probe : {dns->mutable_zone(), dns->mutable_forwarding()}) {
    probe->set_answered(true);
    probe->mutable_since()->set_seconds(1'800'000'000);
  }
  return status;
}

TEST(StatusViewTest, ZoneAndForwardingAreShownSeparately) {
  const std::string text = RenderStatus(Serving(), /*color=*/false);
  EXPECT_THAT(text, ContainsRegex(std::string(" zone answered since ") + kTime));
  EXPECT_THAT(text, ContainsRegex(std::string(" upstream 192.0.2.1 answered since ") + kTime));
  for (const char* trouble : {"NOT ANSWERED", "STALE", "not asked", "did not follow"}) {
    EXPECT_THAT(text, Not(HasSubstr(trouble)));
  }
}

TEST(StatusViewTest, FailuresAreShownWithTheirReasons) {
  mpd::gateway::v1::Status status = Serving();
  mpd::dnsd::v1::Status* dns = status.mutable_dns();
  dns->set_resolver_state(mpd::dnsd::v1::RESOLVER_STATE_DEGRADED);
  dns->set_last_error("Names outside the zone are not answered");
  dns->mutable_forwarding()->set_answered(false);
  dns->mutable_forwarding()->set_error("no server answers");
  dns->add_dropped_servers("10.163.0.3");
  dns->mutable_stale_since()->set_seconds(1'800'000'100);
  dns->set_reload_request(2);
  const std::string text = RenderStatus(status, /*color=*/false);
  EXPECT_THAT(text, HasSubstr("DEGRADED mpd.test at 10.163.0.3:53"));
  EXPECT_THAT(text, ContainsRegex(std::string("upstream 192.0.2.1 NOT ANSWERED since ") + kTime +
                                  ": no server answers\n"));
  EXPECT_THAT(text, HasSubstr("not asked, because this VM itself: 10.163.0.3\n"));
  EXPECT_THAT(text, ContainsRegex(std::string("STALE since ") + kTime + ": ipam"));
  EXPECT_THAT(text, HasSubstr("did not follow: reloads 2, restarts 0\n"));
  EXPECT_THAT(text, HasSubstr("Names outside the zone are not answered\n"));
}

TEST(StatusViewTest, ForwardingIsNotShownWhileTheResolverIsDown) {
  mpd::gateway::v1::Status status = Serving();
  mpd::dnsd::v1::Status* dns = status.mutable_dns();
  dns->set_resolver_state(mpd::dnsd::v1::RESOLVER_STATE_DOWN);
  dns->mutable_zone()->set_answered(false);
  dns->mutable_zone()->set_error("10.163.0.3:53 does not answer");
  dns->clear_forwarding();
  dns->clear_upstream_servers();
  const std::string text = RenderStatus(status, /*color=*/false);
  EXPECT_THAT(text, ContainsRegex(std::string("zone NOT ANSWERED since ") + kTime +
                                  ": 10.163.0.3:53 does not answer\n"));
  EXPECT_THAT(text, HasSubstr(" upstream (none)\n"));
}

}  // namespace
}  // namespace mpd::gateway::ctl
