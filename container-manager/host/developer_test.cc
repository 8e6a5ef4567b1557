#include "container-manager/host/developer.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

class DeveloperTest : public ::testing::Test {
 protected:
  DeveloperTest() {
    char folder[] = "/tmp/mpd-developer-XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~DeveloperTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/" + name, content, 0644).ok());
    return folder_ + "/" + name;
  }

  std::string folder_;
};

TEST_F(DeveloperTest, IsTheNamedUserOrTheFirstOrdinaryOne) {
  const std::string passwd = Write("passwd",
                                   "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/sh\n"
                                   "mac:x:501:20::/home/mac:/bin/zsh\n"
                                   "daemon:x:999:1::/:/usr/sbin/nologin\n"
                                   "later:x:1005:1::/home/later:/bin/sh\nbroken\n"
                                   "first:x:1001:1::/home/first:/bin/sh\n");
  const std::string keys = Write(
      "keys", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n");
  const auto first = FindDeveloper("", keys, passwd);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->name, "first");
  EXPECT_EQ(first->uid, 1001u);
  EXPECT_EQ(FindDeveloper("later", keys, passwd)->uid, 1005u);
  EXPECT_EQ(FindDeveloper("mac", keys, passwd)->uid, 501u);
  for (const char* user : {"root", "nobody", "daemon"}) {
    EXPECT_EQ(ErrorReason(FindDeveloper(user, keys, passwd).status()), "NO_DEVELOPER") << user;
  }
  const std::string without_usual =
      Write("passwd2", "daemon:x:500:1::/:/bin/false\nmac:x:501:20::/home/mac:/bin/zsh\n");
  EXPECT_EQ(FindDeveloper("", keys, without_usual)->name, "mac");
  EXPECT_EQ(ErrorReason(FindDeveloper("", keys, Write("none", "root:x:0:0::/:/\n")).status()),
            "NO_DEVELOPER");
}

TEST_F(DeveloperTest, KeysThatAreMissingOrEmptyAreToldWithTheirFile) {
  const std::string home = folder_ + "/home";
  const std::string passwd = Write("passwd", "dev:x:1000:1::" + home + ":/bin/sh\n");
  const absl::Status missing = FindDeveloper("", "", passwd).status();
  EXPECT_EQ(ErrorReason(missing), "NO_AUTHORIZED_KEYS");
  EXPECT_EQ(ErrorMetadataValue(missing, "file"), home + "/.ssh/authorized_keys");
  const absl::Status empty =
      FindDeveloper("", Write("keys", "# no key\nroot:$6$secret:1:2:::\n"), passwd).status();
  EXPECT_EQ(ErrorReason(empty), "NO_AUTHORIZED_KEYS");
}

}  // namespace
}  // namespace mpd::containers
