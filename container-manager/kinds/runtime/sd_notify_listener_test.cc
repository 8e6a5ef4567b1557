#include "container-manager/kinds/runtime/sd_notify_listener.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "common/base/files.h"

namespace mpd::containers {
namespace {

class BootNoticeTest : public ::testing::Test {
 protected:
  BootNoticeTest() {
    char folder[] = "/tmp/mpd-boot-XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~BootNoticeTest() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<SdNotifyListener> Listen(const std::string& folder) {
    auto listening = SdNotifyListener::Listen(&loop_, folder, [this] { ++told_; });
    EXPECT_TRUE(listening.ok()) << listening.status();
    return *std::move(listening);
  }

  bool Ready(const std::shared_ptr<SdNotifyListener>& notice, absl::Duration patience) {
    std::optional<bool> result;
    boost::asio::co_spawn(loop_, notice->Ready(patience),
                          [&result](std::exception_ptr, bool ready) { result = ready; });
    loop_.restart();
    while (!result) loop_.run_one();
    return *result;
  }

  // As systemd does; false where nobody listens.
  static bool Say(const std::string& folder, const std::string& text) {
    const int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = folder + "/" + kBootSocket;
    EXPECT_LT(path.size(), sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const ssize_t sent = sendto(out, text.data(), text.size(), 0,
                                reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    close(out);
    return sent >= 0;
  }

  boost::asio::io_context loop_;
  std::string folder_;
  int told_ = 0;
};

TEST_F(BootNoticeTest, ReadyIsToldOnceAndTheSocketIsTakenAway) {
  const auto notice = Listen(folder_);
  ASSERT_TRUE(Say(folder_, "READY=1\nSTATUS=Ready."));
  EXPECT_TRUE(Ready(notice, absl::Seconds(20)));
  EXPECT_TRUE(Ready(notice, absl::ZeroDuration()));
  EXPECT_EQ(told_, 1);
  EXPECT_FALSE(Say(folder_, "STOPPING=1"));
}

TEST_F(BootNoticeTest, OtherWordsAreNotReady) {
  const auto notice = Listen(folder_);
  ASSERT_TRUE(Say(folder_, "STATUS=READY=1 soon\nNOT_READY=1"));
  ASSERT_TRUE(Say(folder_, ""));
  ASSERT_TRUE(Say(folder_, std::string(100000, 'x')));
  EXPECT_FALSE(Ready(notice, absl::Milliseconds(20)));
  ASSERT_TRUE(Say(folder_, "STATUS=done\nREADY=1"));
  EXPECT_TRUE(Ready(notice, absl::Seconds(20)));
}

TEST_F(BootNoticeTest, TakesThePlaceOfWhatALifeBeforeLeft) {
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/" + kBootSocket, "left", 0644).ok());
  const auto notice = Listen(folder_);
  ASSERT_TRUE(Say(folder_, "READY=1"));
  EXPECT_TRUE(Ready(notice, absl::Seconds(20)));
}

TEST_F(BootNoticeTest, ALongPathWillDo) {
  const std::string folder = folder_ + "/" + std::string(120, 'd');
  ASSERT_TRUE(MakeFolder(folder, 0755).ok());
  const auto notice = Listen(folder);
  EXPECT_TRUE(std::filesystem::is_socket(folder + "/" + kBootSocket));
}

TEST_F(BootNoticeTest, NoFolderIsAnError) {
  const auto listening = SdNotifyListener::Listen(&loop_, folder_ + "/absent", nullptr);
  EXPECT_FALSE(listening.ok());
}

TEST_F(BootNoticeTest, NobodyListensAfterItsEnd) {
  Listen(folder_).reset();
  EXPECT_FALSE(Say(folder_, "READY=1"));
  loop_.run();
  EXPECT_EQ(told_, 0);
}

}  // namespace
}  // namespace mpd::containers
