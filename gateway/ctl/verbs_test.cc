#include "gateway/ctl/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpd::gateway::ctl {
namespace {

using testing::HasSubstr;

TEST(VerbsTest, FindsVerbsAndTheirArguments) {
  const auto found = FindVerb({"runtime", "create", "php"});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->verb->path, "runtime create");
  EXPECT_THAT(found->words, testing::ElementsAre("php"));
  EXPECT_TRUE(FindVerb({"db", "list"}).ok());
  EXPECT_TRUE(FindVerb({"db", "list", "postgres", "17"}).ok());
}

TEST(VerbsTest, AWrongNumberOfArgumentsShowsTheUsage) {
  EXPECT_THAT(FindVerb({"runtime", "create"}).status().message(),
              HasSubstr("mpdctl runtime create NAME"));
  EXPECT_FALSE(FindVerb({"runtime", "create", "a", "b"}).ok());
  EXPECT_FALSE(FindVerb({"db", "list", "postgres"}).ok());
  EXPECT_FALSE(FindVerb({"status", "now"}).ok());
}

TEST(VerbsTest, AnUnknownVerbShowsTheMostSimilarOne) {
  EXPECT_THAT(FindVerb({"stauts"}).status().message(), HasSubstr("Did you mean: mpdctl status"));
  EXPECT_THAT(FindVerb({"runtme", "creat", "php"}).status().message(),
              HasSubstr("Did you mean: mpdctl runtime create NAME"));
}

TEST(VerbsTest, TheFirstWordAloneShowsItsVerbs) {
  EXPECT_THAT(FindVerb({"lease"}).status().message(), HasSubstr("mpdctl lease list"));
}

TEST(VerbsTest, UsageNamesEveryVerb) {
  for (const Verb& verb : AllVerbs()) EXPECT_THAT(Usage(), HasSubstr(verb.path));
}

}  // namespace
}  // namespace mpd::gateway::ctl
