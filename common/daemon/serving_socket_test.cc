#include "common/daemon/serving_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "common/base/status.h"
#include "common/testing/test_server.h"

namespace mpd {
namespace {

// A listening socket; its file stays when it is closed, as after a crash.
class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  const int fd_;
};

class ServingSocketTest : public ::testing::Test {
 protected:
  auto Claim() { return ServingSocket::Claim(folder_.path(), "ipam"); }
  static struct stat Look(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info;
  }

  TestFolder folder_;
  const std::string path_ = folder_.path() + "/ipam.sock";
};

TEST_F(ServingSocketTest, IsPublishedWithModeAndGroupAndRemovedAtTheEnd) {
  {
    auto socket = Claim();
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_EQ((*socket)->path(), path_);
    const Listener listener((*socket)->bind_path());
    EXPECT_NE(access(path_.c_str(), F_OK), 0) << "not seen before it is complete";
    ASSERT_TRUE((*socket)->Publish().ok());
    EXPECT_EQ(Look(path_).st_mode & 07777, 0660u);
    EXPECT_EQ(Look(path_).st_gid, Look(folder_.path()).st_gid);
    EXPECT_EQ(Look(folder_.path() + "/.ipam").st_mode & 07777, 0700u);
  }
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(ServingSocketTest, HasOneOwnerAtATime) {
  {
    auto first = Claim();
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(ErrorReason(Claim().status()), "SOCKET_IN_USE") << "though nothing is bound yet";
    EXPECT_TRUE(ServingSocket::Claim(folder_.path(), "gateway").ok());
  }
  EXPECT_TRUE(Claim().ok());
}

TEST_F(ServingSocketTest, ReplacesAStaleSocketButNotAServedOne) {
  {
    const Listener live(path_);
    EXPECT_EQ(ErrorReason(Claim().status()), "SOCKET_IN_USE");
  }
  auto socket = Claim();
  ASSERT_TRUE(socket.ok()) << socket.status();
  const Listener listener((*socket)->bind_path());
  EXPECT_TRUE((*socket)->Publish().ok());
}

TEST_F(ServingSocketTest, WhatIsNotASocketIsNotReplaced) {
  std::ofstream(path_) << "precious";
  const absl::Status status = Claim().status();
  EXPECT_EQ(ErrorReason(status), "SOCKET_ERROR");
  EXPECT_EQ(ErrorMetadataValue(status, "path"), path_);
  EXPECT_EQ(Look(path_).st_size, 8);
}

TEST_F(ServingSocketTest, LeftoversOfACrashBeforePublishingAreCleared) {
  ASSERT_TRUE(Claim().ok());
  {
    const Listener crashed(folder_.path() + "/.ipam/s");
  }
  auto socket = Claim();
  ASSERT_TRUE(socket.ok()) << socket.status();
  const Listener listener((*socket)->bind_path());
}

TEST_F(ServingSocketTest, ProblemsNameThePath) {
  const std::string absent = folder_.path() + "/absent";
  const absl::Status status = ServingSocket::Claim(absent, "ipam").status();
  EXPECT_EQ(ErrorReason(status), "NO_RUN_FOLDER");
  EXPECT_EQ(ErrorMetadataValue(status, "path"), absent);
  EXPECT_EQ(ErrorReason(ServingSocket::Claim("/" + std::string(120, 'x'), "ipam").status()),
            "SOCKET_PATH_TOO_LONG");
}

}  // namespace
}  // namespace mpd
