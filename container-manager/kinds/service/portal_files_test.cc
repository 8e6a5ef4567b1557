#include "container-manager/kinds/service/portal_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mpd::containers {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Config Parsed(const std::string& text) { return *ParseConfig(text, "test"); }

TEST(PortalFilesTest, ServersFollowTheConfiguration) {
  EXPECT_THAT(PortalServers(Parsed("")),
              AllOf(HasSubstr("server_name mpd.test portal.service.mpd.test;"),
                    HasSubstr("server_name adminer.service.mpd.test;"),
                    HasSubstr("proxy_pass http://10.163.0.6:80;"),
                    HasSubstr("proxy_set_header Host $host;")));
  EXPECT_THAT(PortalServers(Parsed("zone: '7.mpd.test' network { subnet: '10.163.7.0/24' }")),
              AllOf(HasSubstr("server_name 7.mpd.test portal.service.7.mpd.test;"),
                    HasSubstr("http://10.163.7.6:80"), Not(HasSubstr("10.163.0."))));
}

TEST(PortalFilesTest, WithoutAdminerItsNameIsAnsweredAllTheSame) {
  const Config config = Parsed(
      "pools { name: 'services' first_offset: 3 last_offset: 29 "
      "        fixed { owner: 'service/dnsmasq' offset: 3 } "
      "        fixed { owner: 'service/portal' offset: 4 } }");
  EXPECT_THAT(PortalServers(config),
              AllOf(HasSubstr("server_name adminer.service.mpd.test;\n  return 404;"),
                    Not(HasSubstr("proxy_pass"))));
}

TEST(PortalFilesTest, ThePageIsTitledByTheVmWhateverThatIsCalled) {
  const Config config = Parsed("zone: '7.mpd.test'");
  EXPECT_THAT(PortalPage(config, "dev-vm"),
              AllOf(HasSubstr("<title>dev-vm</title>"), HasSubstr(".runtime.7.mpd.test"),
                    HasSubstr("href=\"http://adminer.service.7.mpd.test/\"")));
  EXPECT_THAT(PortalPage(config, "<script>&\"'"),
              AllOf(HasSubstr("<title>&lt;script&gt;&amp;&quot;&#39;</title>"),
                    Not(HasSubstr("<script>"))));
}

}  // namespace
}  // namespace mpd::containers
