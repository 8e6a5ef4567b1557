#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace mpd::dnsd {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

ResolverLayout Layout() {
  return ResolverLayout(*Zone::Parse("7.mpd.test"), *Ipv4Prefix::Parse("10.163.7.0/24"),
                        {*Ipv4Address::Parse("10.163.7.3"), *Ipv4Address::Parse("127.0.0.1")});
}

TEST(DnsmasqRendererTest, TheConfigurationFollowsZoneAndSubnet) {
  const std::vector<std::string> lines = absl::StrSplit(RenderMainConfig(Layout()), '\n');
  for (const char* line :
       {"local=/7.mpd.test/", "local=/7.163.10.in-addr.arpa/", "listen-address=10.163.7.3",
        "listen-address=127.0.0.1", "port=53", "pid-file=", "keep-in-foreground", "no-hosts",
        "user=dnsmasq", "dns-loop-detect", "hostsdir=/etc/mpd/dnsmasq/hosts.d",
        "conf-file=/etc/mpd/dnsmasq/dnsmasq.d/services.conf",
        "resolv-file=/run/systemd/resolve/resolv.conf"}) {
    EXPECT_THAT(lines, Contains(line));
  }
}

TEST(DnsmasqRendererTest, WithoutAUserThereIsNoSuchLine) {
  ResolverLayout layout = Layout();
  layout.user = "";
  EXPECT_THAT(RenderMainConfig(layout), Not(::testing::HasSubstr("user=")));
}

TEST(DnsmasqRendererTest, TheVmsRecordIsThereOnlyWithAnAddress) {
  const Zone zone = *Zone::Parse("mpd.test");
  EXPECT_THAT(RenderServicesConfig(zone, "192.168.64.7"),
              ::testing::HasSubstr("\nhost-record=vm.service.mpd.test,192.168.64.7\n"));
  EXPECT_THAT(RenderServicesConfig(zone, ""), Not(::testing::HasSubstr("host-record")));
}

TEST(DnsmasqRendererTest, AHostsFileIsOneLineWithThePtrNameFirst) {
  const HostsLine line{*Ipv4Address::Parse("10.163.0.100"), {"php.runtime.mpd.test", "a.mpd.test"}};
  EXPECT_EQ(RenderHostsFile(line), "10.163.0.100 php.runtime.mpd.test a.mpd.test\n");
}

TEST(DnsmasqRendererTest, AHostsFileIsNamedAfterItsAddress) {
  EXPECT_EQ(HostsFileName(*Ipv4Address::Parse("10.163.0.100")), "10.163.0.100");
}

TEST(DnsmasqRendererTest, AHostsFileIsReadBackAsItWasRendered) {
  const HostsLine line{*Ipv4Address::Parse("10.163.0.100"), {"php.runtime.mpd.test", "mpd.test"}};
  EXPECT_EQ(ParseHostsFile(RenderHostsFile(line)), line);
}

TEST(DnsmasqRendererTest, AFileInAnotherFormIsNotParsed) {
  for (const char* text :
       {"", "\n", "10.163.0.100\n", "10.163.0.100 a", "10.163.0.100  a\n", "10.163.0.100 a \n",
        "10.163.0.100 a\n10.163.0.101 b\n", "10.163.0.100 a # b\n", "10.163.0.300 a\n",
        "a 10.163.0.100\n", "10.163.0.100\ta\n", "10.163.0.100 A\n", "10.163.0.100 @\n"}) {
    EXPECT_FALSE(ParseHostsFile(text)) << text;
  }
}

TEST(DnsmasqRendererTest, ReverseZonesCoverTheSubnetAndNothingElse) {
  const auto zones = [](const char* subnet) { return ReverseZones(*Ipv4Prefix::Parse(subnet)); };
  EXPECT_THAT(zones("10.163.0.0/24"), ElementsAre("0.163.10.in-addr.arpa"));
  EXPECT_THAT(zones("10.163.0.0/16"), ElementsAre("163.10.in-addr.arpa"));
  EXPECT_THAT(zones("10.163.4.0/22"),
              ElementsAre("4.163.10.in-addr.arpa", "5.163.10.in-addr.arpa", "6.163.10.in-addr.arpa",
                          "7.163.10.in-addr.arpa"));
  const auto small = zones("10.163.0.16/28");
  EXPECT_EQ(small.size(), 16u);
  EXPECT_EQ(small.front(), "16.0.163.10.in-addr.arpa");
  EXPECT_EQ(small.back(), "31.0.163.10.in-addr.arpa");
}

}  // namespace
}  // namespace mpd::dnsd
