#include "dnsd-controller/dnsmasq/upstreams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(UpstreamsTest, ReadsEachServerOnce) {
  const Upstreams upstreams = ParseResolvConf(
      "# a comment\nsearch lan\nnameserver 192.168.64.1\n\tnameserver\t2001:DB8:0::53 # second\r\n"
      "nameserver 192.168.64.1\nnameserver fe80::1%enp0s1\noptions edns0\n",
      {});
  EXPECT_THAT(upstreams.servers, ElementsAre("192.168.64.1", "2001:db8::53", "fe80::1"));
  EXPECT_THAT(upstreams.dropped, IsEmpty());
}

TEST(UpstreamsTest, DropsTheResolverItselfAndLocalStubs) {
  const Upstreams upstreams = ParseResolvConf(
      "nameserver 127.0.0.53\nnameserver 10.163.0.3\nnameserver ::1\n"
      "nameserver 0.0.0.0\nnameserver 9.9.9.9\n",
      {"10.163.0.3"});
  EXPECT_THAT(upstreams.servers, ElementsAre("9.9.9.9"));
  EXPECT_THAT(upstreams.dropped, ElementsAre("127.0.0.53", "10.163.0.3", "::1", "0.0.0.0"));
}

TEST(UpstreamsTest, IgnoresWhatIsNoAddress) {
  EXPECT_EQ(ParseResolvConf("nameserver\nnameserver dns.example\nnameserver 1.2.3\nnameservers "
                            "1.2.3.4\n;nameserver 1.2.3.4\nnameserver 1.2.3.4.5",
                            {}),
            Upstreams{});
}

TEST(UpstreamsTest, KeepsAtMost32Servers) {
  std::string text;
  for (int i = 1; i < 250; ++i) absl::StrAppend(&text, "nameserver 10.9.9.", i, "\n");
  EXPECT_THAT(ParseResolvConf(text, {}).servers, SizeIs(32));
}

TEST(UpstreamsTest, AnAbsentFileHasNoServers) {
  EXPECT_EQ(LoadUpstreams("/nonexistent/resolv.conf", {}), Upstreams{});
}

TEST(UpstreamsTest, KnowsThisMachinesAddresses) {
  EXPECT_TRUE(LocalAddresses().contains("127.0.0.1"));
}

}  // namespace
}  // namespace mpd::dnsd
