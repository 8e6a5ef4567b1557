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

  void Replace(const std::map<std::string, std::string>& files) {
    const auto changes = hosts_->Difference(files);
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

TEST_F(HostsPublisherTest, AppliesWhatChanged) {
  ASSERT_TRUE(hosts_->Apply({{"a", "1\n"}, {"b", "2\n"}}).ok());
  const ino_t a = Inode("a");
  const ino_t b = Inode("b");
  ASSERT_TRUE(hosts_->Apply({{"b", "3\n"}, {"c", "4\n"}, {"gone", std::nullopt}}).ok());
  EXPECT_THAT(Names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(Content("b"), "3\n");
  EXPECT_EQ(Inode("a"), a) << "an unchanged file was touched";
  EXPECT_NE(Inode("b"), b) << "a file was changed in place";
  ASSERT_TRUE(hosts_->Apply({{"b", std::nullopt}}).ok());
  EXPECT_THAT(Names(), ElementsAre("a", "c"));
}

TEST_F(HostsPublisherTest, TheDifferenceRemovesTheDeadAndKeepsWhatIsRight) {
  ASSERT_TRUE(hosts_->Apply({{"kept", "1\n"}, {"changed", "2\n"}, {"dead", "3\n"}}).ok());
  ASSERT_TRUE(WriteFileAtomically(root_ + "/hosts.d/.kept.halfway", "x", 0600).ok());
  const ino_t kept = Inode("kept");
  Replace({{"kept", "1\n"}, {"changed", "5\n"}, {"new", "6\n"}});
  EXPECT_THAT(Names(), ElementsAre("changed", "kept", "new"));
  EXPECT_EQ(Content("changed"), "5\n");
  EXPECT_EQ(Inode("kept"), kept);
}

// What a power cut can leave of a file that was never synced.
TEST_F(HostsPublisherTest, AnEmptyFileIsADifference) {
  ASSERT_TRUE(hosts_->Apply({{"a", "1\n"}, {"b", "2\n"}}).ok());
  std::filesystem::resize_file(root_ + "/hosts.d/a", 0);
  EXPECT_THAT(*hosts_->Difference({{"a", "1\n"}, {"b", "2\n"}}),
              ElementsAre(HostsFile{"a", "1\n", ""}));
}

TEST_F(HostsPublisherTest, VeryManyAtOnceLeaveNothingBeside) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 1000; ++i) files[absl::StrCat("runtime.n", i)] = absl::StrCat(i, "\n");
  Replace(files);
  EXPECT_THAT(Names(), SizeIs(1000));
  EXPECT_EQ(Content("runtime.n999"), "999\n");
  EXPECT_EQ(Inode("runtime.n0") == Inode("runtime.n1"), false);
  EXPECT_THAT(*ListFolder(root_ + "/staging"), IsEmpty());
  EXPECT_THAT(*hosts_->Difference(files), IsEmpty());
}

TEST_F(HostsPublisherTest, NamesThatMoveEndWhereTheyBelong) {
  Replace({{"10.0.0.1", "10.0.0.1 a\n"}, {"10.0.0.2", "10.0.0.2 b\n"}});
  Replace({{"10.0.0.1", "10.0.0.1 b\n"}, {"10.0.0.3", "10.0.0.3 a\n"}});
  EXPECT_THAT(Names(), ElementsAre("10.0.0.1", "10.0.0.3"));
  EXPECT_EQ(Content("10.0.0.1"), "10.0.0.1 b\n");
  EXPECT_EQ(Content("10.0.0.3"), "10.0.0.3 a\n");
}

TEST_F(HostsPublisherTest, AFolderThatIsAFileIsAnErrorWithItsPath) {
  HostsPublisher blocked("/dev/null/hosts.d", root_ + "/staging");
  EXPECT_THAT(std::string(blocked.Difference({{"a", "1\n"}}).status().message()),
              ::testing::HasSubstr("/dev/null"));
  const std::string a = root_ + "/a-file";
  std::ofstream(a) << "in the way";
  HostsPublisher in_the_way(a, root_ + "/staging");
  EXPECT_THAT(std::string(in_the_way.Apply({{"a", "1\n"}}).message()),
              ::testing::HasSubstr(a + "/a"));
}

}  // namespace
}  // namespace mpd::dnsd
