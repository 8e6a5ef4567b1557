// What an idle daemon does: nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/daemon/daemon_test_util.h"

namespace mpd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// How often the thread has waited for something, by the kernel's count.
int64_t Waits(const std::filesystem::path& task) {
  std::ifstream status(task / "status");
  std::string line;
  int64_t count = 0;
  while (std::getline(status, line)) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "voluntary_ctxt_switches:")) {
      EXPECT_TRUE(absl::SimpleAtoi(rest, &count)) << line;
    }
  }
  return count;
}

// The same of all callback threads of gRPC's in the process.
int64_t CallbackThreadWaits(pid_t process) {
  int64_t waits = 0;
  int threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", process, "/task"))) {
    std::string name;
    std::ifstream comm(task.path() / "comm");
    std::getline(comm, name);
    if (name != "nexting_thread") continue;
    ++threads;
    waits += Waits(task.path());
  }
  EXPECT_GT(threads, 0) << "gRPC calls its threads by another name";
  return waits;
}

// Started, asked once, and then left alone.
class IdleDaemon : public DaemonTest {
 public:
  explicit IdleDaemon(std::vector<std::string> environment)
      : process_(folder_.path(), Flags(), std::move(environment)) {
    channel_ = MakeLocalChannel(socket_);
    stub_ = ipam::v1::IpamService::NewStub(channel_);
    EXPECT_TRUE(Ping().ok()) << Err();
  }
  int64_t Waits() const { return CallbackThreadWaits(process_.pid()); }
  std::string Err() const { return process_.Err(); }

 private:
  void TestBody() override {}

  Process process_;
};

// Two real daemons side by side, of which one takes its gRPC for another version and leaves it as
// it is. Its threads are the clock: while they wake several times each, those of the other sleep.
TEST(IdleDaemonTest, CallbackThreadsSleepThatGrpcWouldWakeEachSecond) {
  const IdleDaemon mended({});
  const IdleDaemon unmended({"MPD_TEST_GRPC_VERSION=1.60.0"});
  constexpr int64_t kWakes = 12;
  const int64_t mended_before = mended.Waits();
  const int64_t unmended_before = unmended.Waits();
  while (unmended.Waits() < unmended_before + kWakes) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  // What is left of the call before may come in between.
  EXPECT_LE(mended.Waits() - mended_before, 2);
  EXPECT_THAT(unmended.Err(), HasSubstr("WARNING GRPC_WORKAROUNDS_OFF"));
  EXPECT_THAT(mended.Err(), Not(HasSubstr("GRPC_WORKAROUNDS_OFF")));
}

}  // namespace
}  // namespace mpd
