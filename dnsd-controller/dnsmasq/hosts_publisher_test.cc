#include "dnsd-controller/dnsmasq/hosts_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// The line of 10.0.0.<host>, or beyond that of the address with this number in 10.0.0.0/8.
HostsLine Line(uint32_t host, std::vector<std::string> names) {
  return {Ipv4Address(0x0a000000 + host), std::move(names)};
}

HostsWrite Write(uint32_t host, std::vector<std::string> names) {
  HostsLine line = Line(host, std::move(names));
  return {HostsFileName(line.address), std::move(line)};
}

HostsWrite Removal(const std::string& file) { return {file, std::nullopt}; }

class HostsPublisherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/hosts_publisher_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    hosts_ = std::make_unique<HostsPublisher>(root_ + "/hosts.d", root_ + "/staging");
    Replace({});
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Replace(const std::vector<HostsLine>& lines) {
    const auto changes = hosts_->Difference(lines);
    ASSERT_TRUE(changes.ok()) << changes.status();
    const HostsPlan plan = PlanHosts(*changes);
    ASSERT_TRUE(hosts_->Apply(plan.first).ok());
    ASSERT_TRUE(hosts_->Apply(plan.second).ok());
  }
  std::vector<std::string> Names() { return *ListFolder(root_ + "/hosts.d"); }
  std::string Content(const std::string& name) { return *ReadFile(root_ + "/hosts.d/" + name); }
  ino_t Inode(const std::string& name) {
    struct stat info{};
    EXPECT_EQ(stat((root_ + "/hosts.d/" + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0644u);
    return info.st_ino;
  }

  std::string root_;
  std::unique_ptr<HostsPublisher> hosts_;
};

TEST_F(HostsPublisherTest, ApplyReplacesAndRemovesOnlyTheGivenFiles) {
  ASSERT_TRUE(hosts_->Apply({Write(1, {"a"}), Write(2, {"b"})}).ok());
  const ino_t first = Inode("10.0.0.1");
  const ino_t second = Inode("10.0.0.2");
  ASSERT_TRUE(hosts_->Apply({Write(2, {"c"}), Write(3, {"d"}), Removal("absent")}).ok());
  EXPECT_THAT(Names(), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_EQ(Content("10.0.0.2"), "10.0.0.2 c\n");
  EXPECT_EQ(Inode("10.0.0.1"), first) << "an unchanged file was touched";
  EXPECT_NE(Inode("10.0.0.2"), second) << "a file was changed in place";
  ASSERT_TRUE(hosts_->Apply({Removal("10.0.0.2")}).ok());
  EXPECT_THAT(Names(), ElementsAre("10.0.0.1", "10.0.0.3"));
}

TEST_F(HostsPublisherTest, TheDifferenceRemovesForeignFilesAndKeepsCorrectOnes) {
  ASSERT_TRUE(hosts_->Apply({Write(1, {"kept"}), Write(2, {"old"}), Write(3, {"dead"})}).ok());
  ASSERT_TRUE(WriteFileAtomically(root_ + "/hosts.d/.10.0.0.1.halfway", "x", 0600).ok());
  const ino_t kept = Inode("10.0.0.1");
  Replace({Line(1, {"kept"}), Line(2, {"changed"}), Line(4, {"new"})});
  EXPECT_THAT(Names(), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.4"));
  EXPECT_EQ(Content("10.0.0.2"), "10.0.0.2 changed\n");
  EXPECT_EQ(Inode("10.0.0.1"), kept);
}

TEST_F(HostsPublisherTest, TheDifferenceHoldsTheLinesBeforeAndAfter) {
  ASSERT_TRUE(hosts_->Apply({Write(1, {"a"}), Write(2, {"b"})}).ok());
  std::ofstream(root_ + "/hosts.d/foreign") << "# no line of ours\n";
  EXPECT_THAT(*hosts_->Difference({Line(1, {"c"})}),
              UnorderedElementsAre(HostsChange{"10.0.0.1", Line(1, {"a"}), Line(1, {"c"})},
                                   HostsChange{"10.0.0.2", Line(2, {"b"}), std::nullopt},
                                   HostsChange{"foreign", std::nullopt, std::nullopt}));
}

// A power cut can leave a file empty that was never synced.
TEST_F(HostsPublisherTest, AnEmptyFileIsADifference) {
  ASSERT_TRUE(hosts_->Apply({Write(1, {"a"}), Write(2, {"b"})}).ok());
  std::filesystem::resize_file(root_ + "/hosts.d/10.0.0.1", 0);
  EXPECT_THAT(*hosts_->Difference({Line(1, {"a"}), Line(2, {"b"})}),
              ElementsAre(HostsChange{"10.0.0.1", std::nullopt, Line(1, {"a"})}));
}

TEST_F(HostsPublisherTest, AThousandFilesLeaveNothingInTheStagingFolder) {
  std::vector<HostsLine> lines;
  for (uint32_t i = 0; i < 1000; ++i) lines.push_back(Line(i, {absl::StrCat("n", i)}));
  Replace(lines);
  EXPECT_THAT(Names(), SizeIs(1000));
  EXPECT_EQ(Content("10.0.3.231"), "10.0.3.231 n999\n");
  EXPECT_NE(Inode("10.0.0.0"), Inode("10.0.0.1"));
  EXPECT_THAT(*ListFolder(root_ + "/staging"), IsEmpty());
  EXPECT_THAT(*hosts_->Difference(lines), IsEmpty());
}

TEST_F(HostsPublisherTest, NamesThatMoveEndInTheirNewFiles) {
  Replace({Line(1, {"a"}), Line(2, {"b"})});
  Replace({Line(1, {"b"}), Line(3, {"a"})});
  EXPECT_THAT(Names(), ElementsAre("10.0.0.1", "10.0.0.3"));
  EXPECT_EQ(Content("10.0.0.1"), "10.0.0.1 b\n");
  EXPECT_EQ(Content("10.0.0.3"), "10.0.0.3 a\n");
}

TEST_F(HostsPublisherTest, AFolderThatIsAFileIsAnErrorWithItsPath) {
  HostsPublisher blocked("/dev/null/hosts.d", root_ + "/staging");
  EXPECT_THAT(std::string(blocked.Difference({Line(1, {"a"})}).status().message()),
              ::testing::HasSubstr("/dev/null"));
  const std::string file = root_ + "/a-file";
  std::ofstream(file) << "in the way";
  HostsPublisher in_the_way(file, root_ + "/staging");
  EXPECT_THAT(std::string(in_the_way.Apply({Write(1, {"a"})}).message()),
              ::testing::HasSubstr(file + "/10.0.0.1"));
}

}  // namespace
}  // namespace mpd::dnsd
