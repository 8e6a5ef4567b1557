#include "container-manager/host/orphan_cleaner.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace mpd::containers {
namespace {

// That processes are ended is shown with real containers, in tests/integration.
TEST(KernelLeftoversTest, EndsNothingForWhatIsNoWholeId) {
  KernelOrphanCleaner cleaner;
  EXPECT_EQ(cleaner.EndProcesses(""), 0);
  EXPECT_EQ(cleaner.EndProcesses("c0ffee"), 0);
  EXPECT_EQ(cleaner.EndProcesses(std::string(64, '/')), 0);
  EXPECT_EQ(cleaner.EndProcesses(std::string(64, 'e')), 0);
}

TEST(KernelLeftoversTest, ProcessesThatEndWhileItLooksAreLeftOut) {
  std::atomic<bool> done{false};
  std::thread others([&done] {
    while (!done) {
      // Many that end within a millisecond, so that some do between two looks at the same one.
      std::array<pid_t, 16> children;
      for (size_t i = 0; i < children.size(); ++i) {
        children[i] = fork();
        if (children[i] == 0) {
          usleep(static_cast<useconds_t>(60 * i));
          _exit(0);
        }
      }
      for (const pid_t child : children) waitpid(child, nullptr, 0);
    }
  });
  KernelOrphanCleaner cleaner;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(cleaner.EndProcesses(std::string(64, 'e')), 0);
  done = true;
  others.join();
}

TEST(KernelLeftoversTest, AVolumeIsGoneOnlyWhereOthersWouldBe) {
  char name[] = "/tmp/mpd-cleaner-XXXXXX";
  const std::string all = mkdtemp(name);
  const std::string folder = all + "/mpd-data-volume/_data";
  const KernelOrphanCleaner cleaner;
  EXPECT_TRUE(cleaner.IsGone(folder));
  std::filesystem::create_directories(folder);
  EXPECT_FALSE(cleaner.IsGone(folder));
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(cleaner.IsGone(folder));
  // As where the disk is not mounted.
  std::filesystem::remove_all(all);
  EXPECT_FALSE(cleaner.IsGone(folder));
  std::ofstream(all) << "no folder";
  EXPECT_FALSE(cleaner.IsGone(folder));
  EXPECT_FALSE(cleaner.IsGone(""));
  std::filesystem::remove(all);
}

}  // namespace
}  // namespace mpd::containers
