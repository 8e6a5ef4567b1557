#include "common/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/status.h"

namespace mpd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Problem(absl::string_view text) {
  const auto config = ParseConfig(text, "mpd.textproto");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(ErrorReason(config.status()), "INVALID_CONFIG") << text;
  const std::string message(config.status().message());
  EXPECT_EQ(message.find('\n'), std::string::npos) << "one line: " << message;
  return message;
}

TEST(ConfigTest, AbsentFileIsTheContractsDefaults) {
  const auto config = LoadConfig(testing::TempDir() + "/no-such-file.textproto");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zone.value(), "mpd.test");
  EXPECT_EQ(config->subnet.ToString(), "10.163.0.0/24");
  EXPECT_EQ(config->gateway.ToString(), "10.163.0.1");
  EXPECT_EQ(config->network_name, "mpd-internal");
  EXPECT_EQ(config->bridge, "podman1");
  EXPECT_EQ(config->tunnel_laptop.ToString(), "10.164.0.1");
  EXPECT_EQ(config->tunnel_vm.ToString(), "10.164.0.2");
  EXPECT_EQ(config->tunnel_port, 51820);
  EXPECT_EQ(config->dnsmasq_address().ToString(), "10.163.0.3");
  EXPECT_EQ(config->FixedAddressOf("runtime/util")->ToString(), "10.163.0.102");
  EXPECT_EQ(config->FixedAddressOf("service/adminer")->ToString(), "10.163.0.6");
  EXPECT_EQ(ErrorReason(config->FixedAddressOf("runtime/other").status()), "NO_FIXED_ADDRESS");
  const PoolConfig* databases = config->FindPool("databases");
  ASSERT_NE(databases, nullptr);
  EXPECT_EQ(databases->first.ToString(), "10.163.0.30");
  EXPECT_EQ(databases->last.ToString(), "10.163.0.99");
  EXPECT_FALSE(databases->fixed_only);
  EXPECT_TRUE(config->FindPool("services")->fixed_only);
  EXPECT_EQ(config->FindPool("other"), nullptr);
  EXPECT_EQ(config->release_cooldown, absl::Seconds(60));
  EXPECT_EQ(config->database_stop_timeout, absl::Seconds(120));
  EXPECT_EQ(config->environment_stop_timeout, absl::Seconds(130));
  EXPECT_EQ(config->runtime_images.at("php"), "localhost/mpd-runtime-php:latest");
  EXPECT_EQ(config->service_images.size(), 4u);
  EXPECT_EQ(config->service_images.at("adminer"), "localhost/mpd-adminer:latest");
}

TEST(ConfigTest, EverythingMovesWithTheSubnetAndZone) {
  const auto config =
      ParseConfig("zone: '7.mpd.test' network { subnet: '10.163.7.0/24' }", "mpd.textproto");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zone.value(), "7.mpd.test");
  EXPECT_EQ(config->gateway.ToString(), "10.163.7.1");
  EXPECT_EQ(config->dnsmasq_address().ToString(), "10.163.7.3");
  EXPECT_EQ(config->FindPool("runtimes")->last.ToString(), "10.163.7.254");
}

TEST(ConfigTest, SyntaxErrorNamesLineAndColumn) {
  EXPECT_THAT(Problem("zone: 'mpd.test'\nzoom: 1\n"),
              AllOf(HasSubstr("mpd.textproto:2:"), HasSubstr("zoom")));
  EXPECT_THAT(Problem("network {"), HasSubstr("mpd.textproto:1:"));
}

TEST(ConfigTest, BadValueNamesLineFieldAndValue) {
  EXPECT_THAT(Problem("\n\nzone: 'Mpd'"),
              AllOf(HasSubstr("mpd.textproto:3: zone \"Mpd\": must be")));
  EXPECT_THAT(Problem("network {\n  subnet: '10.163.0.1/24'\n}"),
              AllOf(HasSubstr(":2: network.subnet"), HasSubstr("10.163.0.0/24")));
  EXPECT_THAT(Problem("network { subnet: '10.0.0.0/8' }"), HasSubstr("/12 to /28"));
  EXPECT_THAT(Problem("zone: 'a\\nb.test'"), HasSubstr("a\\nb.test"));
}

TEST(ConfigTest, RefusesBadPools) {
  const std::string fixed = "fixed { owner: 'service/dnsmasq' offset: 3 }";
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 9 }"),
              HasSubstr("service/dnsmasq"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 2 last_offset: 9 " + fixed + " }"),
              HasSubstr("never leased"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 255 " + fixed + " }"),
              HasSubstr("not inside the subnet"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 9 last_offset: 3 }"), HasSubstr("before"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 9 " + fixed +
                      " }\npools { name: 'b' first_offset: 9 last_offset: 12 }"),
              AllOf(HasSubstr(":2:"), HasSubstr("overlaps pool a")));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 9 " + fixed +
                      " }\npools { name: 'a' first_offset: 10 last_offset: 12 }"),
              HasSubstr("name of another pool"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 4 last_offset: 9 " + fixed + " }"),
              HasSubstr("pools[0].fixed[0].offset \"3\": is outside its pool"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 9 " + fixed +
                      " fixed { owner: 'service/portal' offset: 3 } }"),
              HasSubstr("another owner"));
  EXPECT_THAT(Problem("pools { name: 'a' first_offset: 3 last_offset: 9 " + fixed +
                      " fixed { owner: 'service/dnsmasq' offset: 4 } }"),
              HasSubstr("has a fixed address already"));
  EXPECT_THAT(Problem("network { subnet: '10.163.0.0/28' }"), HasSubstr("give pools that fit"));
}

TEST(ConfigTest, RefusesWhatWouldLeakIntoCommands) {
  EXPECT_THAT(Problem("network { bridge: 'br0;reboot' }"), HasSubstr("network.bridge"));
  EXPECT_THAT(Problem("network { bridge: 'sixteencharacter' }"), HasSubstr("1 to 15"));
  EXPECT_THAT(Problem("network { name: '--all' }"), HasSubstr("network.name"));
  EXPECT_THAT(Problem("developer { user: 'root' }"), HasSubstr("not root"));
  EXPECT_THAT(Problem("developer { user: 'a b' }"), HasSubstr("developer.user"));
  EXPECT_THAT(Problem("developer { authorized_keys_file: 'keys' }"), HasSubstr("absolute"));
  EXPECT_THAT(Problem("images { dnsmasq: '-v /:/host x' }"), HasSubstr("images.dnsmasq"));
  EXPECT_THAT(Problem("images { portal: 'a b' }"), HasSubstr("images.portal"));
  EXPECT_THAT(Problem("environment_stop_timeout { seconds: 4 }"), HasSubstr("from 5 to 3610"));
  EXPECT_THAT(Problem("images { runtimes { name: 'P' image: 'x' } }"),
              HasSubstr("images.runtimes[0].name"));
}

TEST(ConfigTest, TunnelMustNotOverlapTheContainers) {
  EXPECT_THAT(Problem("tunnel { subnet: '10.163.0.0/30' }"), HasSubstr("overlaps network.subnet"));
  EXPECT_THAT(Problem("tunnel { port: 65536 }"), HasSubstr("65535"));
  EXPECT_THAT(Problem("tunnel { subnet: '10.164.0.0/31' }"), HasSubstr("/30"));
}

TEST(ConfigTest, CooldownHasBounds) {
  EXPECT_EQ(ParseConfig("release_cooldown { }", "f")->release_cooldown, absl::ZeroDuration());
  EXPECT_THAT(Problem("release_cooldown { seconds: -1 }"), HasSubstr("86400"));
  EXPECT_THAT(Problem("\nrelease_cooldown { seconds: 86401 }"),
              HasSubstr("mpd.textproto:2: release_cooldown \"{ seconds: 86401 }\": must be whole "
                        "seconds, from 0 to 86400"));
  EXPECT_THAT(Problem("release_cooldown { seconds: 1 nanos: 500000000 }"),
              HasSubstr("\"{ seconds: 1 nanos: 500000000 }\": must be whole seconds"));
  EXPECT_THAT(Problem("release_cooldown: 60"), HasSubstr("mpd.textproto:1:19"));
}

TEST(ConfigTest, ReadsTheCatalogueOfDatabases) {
  const auto config = ParseConfig(
      "images { databases { engine: 'postgres' version: '17' image: 'localhost/mine:17' }\n"
      "databases { engine: 'mysql' image: 'mirror.example/mysql:{version}' } }",
      "f");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->database_images.at({"postgres", "17"}), "localhost/mine:17");
  EXPECT_EQ(config->database_images.at({"mysql", ""}), "mirror.example/mysql:{version}");
  EXPECT_EQ(config->database_stop_timeout, absl::Seconds(120));
  EXPECT_EQ(ParseConfig("database_stop_timeout { seconds: 5 }", "f")->database_stop_timeout,
            absl::Seconds(5));
}

TEST(ConfigTest, RefusesWhatNoCatalogueCanHold) {
  EXPECT_THAT(Problem("images { databases { engine: 'oracle' image: 'x' } }"),
              HasSubstr("images.databases[0].engine \"oracle\": must be postgres"));
  EXPECT_THAT(Problem("images { databases { engine: 'mysql' version: '../8' image: 'x' } }"),
              HasSubstr("images.databases[0].version"));
  EXPECT_THAT(Problem("images { databases { engine: 'mysql' version: '8' image: 'x:{version}' } }"),
              HasSubstr("images.databases[0].image"));
  EXPECT_THAT(Problem("images { databases { engine: 'mysql' image: 'x:{v}' } }"),
              HasSubstr("images.databases[0].image"));
  EXPECT_THAT(Problem("images { databases { engine: 'mysql' image: 'x' }\n"
                      "databases { engine: 'mysql' image: 'y' } }"),
              HasSubstr("has an entry already"));
  EXPECT_THAT(Problem("database_stop_timeout { }"), HasSubstr("1 to 3600"));
}

TEST(ConfigTest, ReadsAFile) {
  const std::string path = testing::TempDir() + "/config_test.textproto";
  std::ofstream(path) << "zone: 'dev.example'\n";
  const auto config = LoadConfig(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->zone.value(), "dev.example");
}

}  // namespace
}  // namespace mpd
