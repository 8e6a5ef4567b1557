#include "dnsd-controller/dnsmasq/static_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::dnsd {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class StaticConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/static_config_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    config_ = std::make_unique<StaticConfig>(
        root_ + "/dnsmasq", root_ + "/platform.env",
        ResolverLayout(*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/24"),
                       {*Ipv4Address::Parse("10.163.0.3")}));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  absl::Status RefreshWith(const std::string& platform) {
    EXPECT_TRUE(WriteFileAtomically(root_ + "/platform.env", platform, 0644).ok());
    return config_->Refresh();
  }
  std::string Services() { return *ReadFile(root_ + "/dnsmasq/dnsmasq.d/services.conf"); }
  ino_t Inode(const std::string& name) {
    struct stat info{};
    EXPECT_EQ(stat((root_ + name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0644u);
    return info.st_ino;
  }

  std::string root_;
  std::unique_ptr<StaticConfig> config_;
};

TEST_F(StaticConfigTest, WritesAllThatDnsmasqNeedsToStart) {
  EXPECT_THAT(config_->digest(), IsEmpty());
  ASSERT_TRUE(RefreshWith("MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.7\n").ok());
  EXPECT_EQ(config_->digest().size(), 64u);
  EXPECT_EQ(config_->vm_ip(), "192.168.64.7");
  EXPECT_THAT(Services(), HasSubstr("\nhost-record=vm.service.mpd.test,192.168.64.7\n"));
  EXPECT_THAT(*ReadFile(root_ + "/dnsmasq/dnsmasq.conf"), HasSubstr("local=/mpd.test/"));
  EXPECT_TRUE(std::filesystem::is_directory(root_ + "/dnsmasq/hosts.d"));
}

TEST_F(StaticConfigTest, ASandboxHasNoRecord) {
  ASSERT_TRUE(RefreshWith("MPD_PLATFORM=sandbox\nMPD_VM_IP=\n").ok());
  EXPECT_THAT(Services(), Not(HasSubstr("host-record")));
  EXPECT_THAT(config_->vm_ip(), IsEmpty());
}

TEST_F(StaticConfigTest, WithoutPlatformEnvThereIsNoRecord) {
  ASSERT_TRUE(config_->Refresh().ok());
  EXPECT_THAT(Services(), Not(HasSubstr("host-record")));
}

TEST_F(StaticConfigTest, OnlyANewAddressChangesTheDigestAndTheFiles) {
  ASSERT_TRUE(RefreshWith("MPD_VM_IP=192.168.64.7\nMPD_VM_ID=one\n").ok());
  const std::string digest = config_->digest();
  const ino_t main = Inode("/dnsmasq/dnsmasq.conf");
  const ino_t services = Inode("/dnsmasq/dnsmasq.d/services.conf");
  ASSERT_TRUE(RefreshWith("MPD_VM_ID=two\nMPD_VM_IP=\"192.168.64.7\"\nLATER=1\n").ok());
  EXPECT_EQ(config_->digest(), digest) << "the resolver would be restarted needlessly";
  EXPECT_EQ(Inode("/dnsmasq/dnsmasq.conf"), main);
  EXPECT_EQ(Inode("/dnsmasq/dnsmasq.d/services.conf"), services);
  ASSERT_TRUE(RefreshWith("MPD_VM_IP=192.168.64.8\n").ok());
  EXPECT_NE(config_->digest(), digest);
  EXPECT_EQ(Inode("/dnsmasq/dnsmasq.conf"), main);
}

TEST_F(StaticConfigTest, AnInvalidFileIsAnErrorAndKeepsTheLastAddress) {
  ASSERT_TRUE(RefreshWith("MPD_VM_IP=192.168.64.7\n").ok());
  const std::string digest = config_->digest();
  for (const char* bad : {"MPD_VM_IP=192.168.64.7,evil\n", "MPD_VM_IP=\"\nuser=root\n",
                          "MPD_VM_IP=10.0.0.1\\nport=1\n", "MPD_VM_IP=fe80::1\n"}) {
    EXPECT_EQ(ErrorReason(RefreshWith(bad)), "PLATFORM_ENV_INVALID") << bad;
    EXPECT_EQ(config_->digest(), digest);
    EXPECT_EQ(config_->vm_ip(), "192.168.64.7");
  }
}

TEST_F(StaticConfigTest, ChangedAndRemovedFilesAreWrittenAgain) {
  ASSERT_TRUE(RefreshWith("MPD_VM_IP=192.168.64.7\n").ok());
  const std::string digest = config_->digest();
  const std::string good = Services();
  ASSERT_TRUE(
      WriteFileAtomically(root_ + "/dnsmasq/dnsmasq.d/services.conf", "port=1\n", 0644).ok());
  std::filesystem::remove(root_ + "/dnsmasq/dnsmasq.conf");
  ASSERT_TRUE(config_->Refresh().ok());
  EXPECT_EQ(Services(), good);
  EXPECT_TRUE(ReadFile(root_ + "/dnsmasq/dnsmasq.conf").ok());
  EXPECT_EQ(config_->digest(), digest);
}

}  // namespace
}  // namespace mpd::dnsd
