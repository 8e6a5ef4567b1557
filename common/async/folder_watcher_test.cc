#include "common/async/folder_watcher.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "common/testing/testing_loop.h"

namespace mpd {
namespace {

namespace fs = std::filesystem;

class FolderWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/folder_watcher_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    loop_.Run([this] {
      watcher_.emplace(loop_.get(), Folder(), [this] {
        const std::lock_guard<std::mutex> lock(mutex_);
        ++told_;
        changed_.notify_all();
      });
    });
  }
  void TearDown() override {
    loop_.Run([this] { watcher_.reset(); });
    loop_.Join();
    fs::remove_all(root_);
  }

  std::string Folder() const { return root_ + "/watched"; }
  void Arm() {
    loop_.Run([this] { watcher_->Arm(); });
  }
  void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  // What comes after this counts.
  void Forget() {
    const std::lock_guard<std::mutex> lock(mutex_);
    told_ = 0;
  }
  bool IsTold() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return told_ > 0; });
  }
  // Each change here is one event, so what is told after it is told of it.
  template <typename Change>
  bool Tells(Change change) {
    Forget();
    change();
    return IsTold();
  }

  std::string root_;
  TestingLoop loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int told_ = 0;
  std::optional<FolderWatcher> watcher_;
};

TEST_F(FolderWatcherTest, TellsOfFilesThatAreWrittenReplacedAndRemoved) {
  fs::create_directory(Folder());
  EXPECT_TRUE(Tells([this] { Arm(); })) << "what is there now is news";
  EXPECT_TRUE(Tells([this] { Write(Folder() + "/a", "1"); }));
  Write(root_ + "/new", "2");
  EXPECT_TRUE(Tells([this] { fs::rename(root_ + "/new", Folder() + "/a"); }));
  EXPECT_TRUE(Tells([this] { fs::remove(Folder() + "/a"); }));
}

TEST_F(FolderWatcherTest, AFolderThatComesLaterIsFound) {
  Arm();
  fs::create_directory(Folder());
  Write(Folder() + "/a", "1");
  EXPECT_TRUE(Tells([this] { Arm(); }));
  EXPECT_TRUE(Tells([this] { Write(Folder() + "/a", "2"); }));
}

TEST_F(FolderWatcherTest, AFolderThatIsReplacedIsFound) {
  fs::create_directory(Folder());
  Arm();
  fs::create_directory(root_ + "/other");
  fs::rename(Folder(), root_ + "/away");
  fs::rename(root_ + "/other", Folder());
  EXPECT_TRUE(Tells([this] { Arm(); }));
  EXPECT_TRUE(Tells([this] { Write(Folder() + "/a", "1"); }));
}

TEST_F(FolderWatcherTest, AFolderThatWasRemovedAndMadeAnewIsFound) {
  fs::create_directory(Folder());
  Arm();
  EXPECT_TRUE(Tells([this] { fs::remove(Folder()); })) << "its end is told too";
  fs::create_directory(Folder());
  EXPECT_TRUE(Tells([this] { Arm(); }));
  EXPECT_TRUE(Tells([this] { Write(Folder() + "/a", "1"); }));
}

}  // namespace
}  // namespace mpd
