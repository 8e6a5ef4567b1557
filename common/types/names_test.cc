#include "common/types/names.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/status.h"

namespace mpd {
namespace {

using std::string_literals::operator""s;

// What no name of any kind may be.
const std::string kHostile[] = {
    "",
    " ",
    "php\n",
    "php\nserver=/#/6.6.6.6",
    "php runtime",
    "php\0"s,
    "\0"s,
    "-php",
    "php-",
    "../etc/passwd",
    "p;h",
    "$(id)",
    "p'h",
    "p\"h",
    "p\\h",
    "\xc3\xa9t\xc3\xa9",
    "#php",
    ".php",
    "php.",
    "a..b",
    "\x7fphp",
    "php\t",
    "p/h/p",
    "*",
    "PHP",
    "p_h",
    std::string(64, 'a') + "/",
};

TEST(RuntimeNameTest, IsALetterThenLettersAndDigits) {
  EXPECT_TRUE(RuntimeName::Parse("php").ok());
  EXPECT_TRUE(RuntimeName::Parse("p8").ok());
  EXPECT_TRUE(RuntimeName::Parse(std::string(40, 'a')).ok());
  for (const std::string& text : kHostile) EXPECT_FALSE(RuntimeName::Parse(text).ok()) << text;
  for (const char* text : {"p", "8p", "php-8", "php.8"}) {
    EXPECT_FALSE(RuntimeName::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(RuntimeName::Parse(std::string(41, 'a')).ok());
}

TEST(RuntimeNameTest, ErrorNamesFieldAndPrintableValue) {
  const absl::Status status = RuntimeName::Parse("a\nb").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(status, "field"), "runtime name");
  EXPECT_EQ(status.message().find('\n'), absl::string_view::npos);
}

TEST(ProjectNameTest, HasInnerDashes) {
  EXPECT_TRUE(ProjectName::Parse("moodle-4-5").ok());
  EXPECT_FALSE(ProjectName::Parse("moodle-").ok());
  EXPECT_FALSE(ProjectName::Parse("4moodle").ok());
  for (const std::string& text : kHostile) EXPECT_FALSE(ProjectName::Parse(text).ok()) << text;
}

TEST(DatabaseVersionTest, IsLatestOrBeginsWithADigit) {
  for (const char* text : {"latest", "17", "11.8", "17-bookworm", "8.0.36"}) {
    EXPECT_TRUE(DatabaseVersion::Parse(text).ok()) << text;
  }
  for (const char* text : {"newest", "v17", "17.", "1 7", "17/x", "17\n"}) {
    EXPECT_FALSE(DatabaseVersion::Parse(text).ok()) << text;
  }
  for (const std::string& text : kHostile) EXPECT_FALSE(DatabaseVersion::Parse(text).ok()) << text;
}

TEST(DatabaseIdTest, WritesDotsAsDashes) {
  EXPECT_EQ(DatabaseId(*DatabaseEngine::Parse("mariadb"), *DatabaseVersion::Parse("11.8")),
            "mariadb-11-8");
  EXPECT_EQ(DatabaseId(*DatabaseEngine::Parse("postgres"), *DatabaseVersion::Parse("17")),
            "postgres-17");
}

TEST(OwnerTest, HasAKnownKind) {
  for (const char* text : {"service/dnsmasq", "db/postgres-17", "runtime/php"}) {
    EXPECT_TRUE(Owner::Parse(text).ok()) << text;
  }
  for (const char* text : {"php", "/php", "runtime/", "runtime/a/b", "thing/php", "runtime/Php"}) {
    EXPECT_FALSE(Owner::Parse(text).ok()) << text;
  }
  for (const std::string& text : kHostile)
    EXPECT_FALSE(Owner::Parse("runtime/" + text).ok()) << text;
}

TEST(DatabaseEngineTest, IsOneOfThree) {
  for (const char* text : {"postgres", "mariadb", "mysql"}) {
    EXPECT_TRUE(DatabaseEngine::Parse(text).ok()) << text;
  }
  for (const char* text : {"", "Postgres", "postgresql", "sqlite"}) {
    EXPECT_FALSE(DatabaseEngine::Parse(text).ok()) << text;
  }
  for (const std::string& text : kHostile) EXPECT_FALSE(DatabaseEngine::Parse(text).ok()) << text;
}

TEST(HostnameTest, IsTheApexOrLabels) {
  for (const char* text : {"@", "php.runtime", "a", "1", "moodle45", "behat.moodle-45"}) {
    EXPECT_TRUE(Hostname::Parse(text).ok()) << text;
  }
  for (const std::string& text : kHostile) EXPECT_FALSE(Hostname::Parse(text).ok()) << text;
  EXPECT_FALSE(Hostname::Parse("@.a").ok());
}

TEST(HostnameTest, KeepsTheLengthsOfTheSpecification) {
  const std::string label(63, 'a');
  EXPECT_TRUE(Hostname::Parse(label).ok());
  EXPECT_FALSE(Hostname::Parse(label + "a").ok());
  const std::string longest = label + "." + label + "." + label + ".abcdefgh";
  EXPECT_EQ(longest.size(), 200u);
  EXPECT_TRUE(Hostname::Parse(longest).ok());
  EXPECT_FALSE(Hostname::Parse(longest + "a").ok());
}

TEST(ZoneTest, HasTwoLabelsOrMore) {
  EXPECT_TRUE(Zone::Parse("mpd.test").ok());
  EXPECT_TRUE(Zone::Parse("7.mpd.test").ok());
  for (const char* text : {"test", "mpd.test.", ".mpd.test", "mpd..test", "Mpd.test", "@"}) {
    EXPECT_FALSE(Zone::Parse(text).ok()) << text;
  }
}

TEST(FullyQualifiedTest, TheApexIsTheZone) {
  const Zone zone = *Zone::Parse("mpd.test");
  EXPECT_EQ(FullyQualified(*Hostname::Parse("@"), zone), "mpd.test");
  EXPECT_EQ(FullyQualified(*Hostname::Parse("php.runtime"), zone), "php.runtime.mpd.test");
}

TEST(RequestIdTest, IsPrintable) {
  EXPECT_TRUE(RequestId::Parse("0f3b-77:create~php").ok());
  EXPECT_TRUE(RequestId::Parse(std::string(128, 'x')).ok());
  EXPECT_FALSE(RequestId::Parse(std::string(129, 'x')).ok());
  EXPECT_FALSE(RequestId::Parse("a b").ok());
  EXPECT_FALSE(RequestId::Parse("a\n").ok());
  EXPECT_FALSE(RequestId::Parse("\xc3\xa9").ok());
}

}  // namespace
}  // namespace mpd
