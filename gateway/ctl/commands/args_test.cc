#include "gateway/ctl/commands/args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpd::gateway::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ArgsTest, OptionsStandAnywhere) {
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"--json", "--timeout", "5", "runtime", "create", "php"},
        {"runtime", "--timeout=5s", "create", "--json", "php"},
        {"runtime", "create", "php", "--json", "--timeout", "5000ms"}}) {
    const auto args = ParseArgs(line);
    ASSERT_TRUE(args.ok()) << args.status();
    EXPECT_THAT(args->words, ElementsAre("runtime", "create", "php"));
    EXPECT_TRUE(args->json);
    EXPECT_TRUE(args->wait);
    EXPECT_EQ(args->timeout, absl::Seconds(5));
  }
}

TEST(ArgsTest, TwoDashesEndOptions) {
  const auto args = ParseArgs({"--no-wait", "dns", "--", "--json"});
  ASSERT_TRUE(args.ok());
  EXPECT_FALSE(args->wait);
  EXPECT_FALSE(args->json);
  EXPECT_THAT(args->words, ElementsAre("dns", "--json"));
}

TEST(ArgsTest, ErrorsNameTheWrongOption) {
  EXPECT_THAT(ParseArgs({"--jsno"}).status().message(), HasSubstr("--jsno"));
  EXPECT_THAT(ParseArgs({"--json=1"}).status().message(), HasSubstr("--json=1"));
  EXPECT_THAT(ParseArgs({"--timeout"}).status().message(), HasSubstr("needs a value"));
  for (const char* timeout : {"soon", "0", "-3", "25h", ""}) {
    EXPECT_FALSE(ParseArgs({"--timeout", timeout}).ok()) << timeout;
  }
  EXPECT_FALSE(ParseArgs({"--endpoint", "/run/gateway.sock"}).ok());
  EXPECT_FALSE(ParseArgs({"--tail", "many"}).ok());
}

TEST(ArgsTest, EndpointAndTail) {
  const auto args = ParseArgs({"logs", "php", "--tail=20", "-f", "--endpoint", "unix:/x.sock"});
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(args->endpoint, "unix:/x.sock");
  EXPECT_EQ(args->tail, 20);
  EXPECT_TRUE(args->follow);
  EXPECT_EQ(ParseArgs({"logs", "php", "--tail", "0"})->tail, 0);
  EXPECT_EQ(ParseArgs({"logs", "php"})->tail, std::nullopt);
}

}  // namespace
}  // namespace mpd::gateway::ctl
