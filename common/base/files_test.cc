#include "common/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "common/base/status.h"

namespace mpd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::string pattern = ::testing::TempDir() + "files_test.XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(root_); }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  static mode_t ModeOf(const std::string& path) {
    struct stat found = {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }

  std::string root_;
};

TEST_F(FilesTest, ReadsBackWhatWasWritten) {
  const std::string content("with\0nul and \xff", 14);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), content, 0640).ok());
  EXPECT_EQ(ReadFile(Path("a")).value(), content);
  EXPECT_EQ(ModeOf(Path("a")), 0640u);
}

TEST_F(FilesTest, ModeIsNotTakenAwayByTheUmask) {
  const mode_t before = umask(077);
  const absl::Status file = WriteFileAtomically(Path("a"), "x", 0664);
  const absl::Status folder = MakeFolder(Path("d"), 0775);
  umask(before);
  ASSERT_TRUE(file.ok()) << file;
  ASSERT_TRUE(folder.ok()) << folder;
  EXPECT_EQ(ModeOf(Path("a")), 0664u);
  EXPECT_EQ(ModeOf(Path("d")), 0775u);
}

TEST_F(FilesTest, TheFolderOfAPathIsWhatIsBeforeItsLastSlash) {
  EXPECT_EQ(FolderOf("/a/b"), "/a");
  EXPECT_EQ(FolderOf("a/b"), "a");
  EXPECT_EQ(FolderOf("/a/"), "/a");
  EXPECT_EQ(FolderOf("/a"), "/");
  EXPECT_EQ(FolderOf("/"), "/");
  EXPECT_EQ(FolderOf("a"), ".");
  EXPECT_EQ(FolderOf(""), ".");
}

TEST_F(FilesTest, ExistsWhateverItIs) {
  EXPECT_FALSE(Exists(Path("a")));
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "", 0600).ok());
  EXPECT_TRUE(Exists(Path("a")));
  EXPECT_TRUE(Exists(root_));
}

TEST_F(FilesTest, AnEqualFileIsLeftAlone) {
  const auto inode = [this] {
    struct stat found = {};
    EXPECT_EQ(stat(Path("a").c_str(), &found), 0);
    return found.st_ino;
  };
  ASSERT_TRUE(WriteIfDifferent(Path("a"), "one", 0644).ok());
  EXPECT_EQ(ModeOf(Path("a")), 0644u);
  const ino_t first = inode();
  ASSERT_TRUE(WriteIfDifferent(Path("a"), "one", 0644).ok());
  EXPECT_EQ(inode(), first) << "it was written again";
  for (const char* other : {"on", "one more", "two", ""}) {
    ASSERT_TRUE(WriteIfDifferent(Path("a"), other, 0644).ok());
    EXPECT_EQ(ReadFile(Path("a")).value(), other);
  }
}

TEST_F(FilesTest, AbsentFileIsNotFound) {
  const absl::Status status = ReadFile(Path("absent")).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(Path("absent")));
  EXPECT_EQ(ErrorMetadataValue(status, "path"), Path("absent"));
  EXPECT_TRUE(absl::IsNotFound(ListFolder(Path("absent")).status()));
}

TEST_F(FilesTest, FileOverTheLimitIsAnError) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string(11, 'x'), 0600).ok());
  EXPECT_TRUE(ReadFile(Path("a"), 11).ok());
  EXPECT_FALSE(ReadFile(Path("a"), 10).ok());
}

TEST_F(FilesTest, FailedWriteLeavesTheOldFileAndNoLitter) {
  // A folder can't be replaced by a file: the rename fails, after all else went well.
  ASSERT_TRUE(MakeFolder(Path("taken/inner"), 0755).ok());
  EXPECT_FALSE(WriteFileAtomically(Path("taken"), "x", 0600).ok());
  EXPECT_THAT(ListFolder(root_).value(), ElementsAre("taken"));
  EXPECT_THAT(ListFolder(Path("taken")).value(), ElementsAre("inner"));
}

TEST_F(FilesTest, WriteIntoAnAbsentFolderIsNotFound) {
  const absl::Status status = WriteFileAtomically(Path("absent/a"), "x", 0600);
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
}

TEST_F(FilesTest, ReaderSeesOldOrNewNeverAPart) {
  const std::string old_content(100'000, 'o');
  const std::string new_content(200'000, 'n');
  ASSERT_TRUE(WriteFileAtomically(Path("a"), old_content, 0600).ok());
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      EXPECT_TRUE(
          WriteFileAtomically(Path("a"), i % 2 ? old_content : new_content, 0600, false).ok());
    }
  });
  for (int i = 0; i < 300; ++i) {
    const std::string got = ReadFile(Path("a")).value();
    EXPECT_TRUE(got == old_content || got == new_content) << got.size();
  }
  stop = true;
  writer.join();
  EXPECT_THAT(ListFolder(root_).value(), ElementsAre("a"));
}

TEST_F(FilesTest, MakesFoldersAndThoseAbove) {
  EXPECT_TRUE(MakeFolder(Path("a/b/c"), 0750).ok());
  EXPECT_TRUE(MakeFolder(Path("a/b/c/"), 0700).ok());
  EXPECT_EQ(ModeOf(Path("a/b/c")), 0750u) << "a folder that exists keeps its mode";
  EXPECT_TRUE(MakeFolder("/", 0700).ok());
}

TEST_F(FilesTest, FileInTheWayOfAFolderIsNamed) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "x", 0600).ok());
  const absl::Status status = MakeFolder(Path("a/b"), 0750);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(Path("a")));
}

TEST_F(FilesTest, RemovingTwiceIsOk) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "x", 0600).ok());
  EXPECT_TRUE(RemoveFile(Path("a")).ok());
  EXPECT_TRUE(RemoveFile(Path("a")).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("a")));
  EXPECT_FALSE(RemoveFile(root_).ok()) << "a folder is no file";
}

TEST_F(FilesTest, ListsSortedWithHiddenNames) {
  for (const char* name : {"b", "a", ".c"}) {
    ASSERT_TRUE(WriteFileAtomically(Path(name), "x", 0600).ok());
  }
  EXPECT_THAT(ListFolder(root_).value(), ElementsAre(".c", "a", "b"));
}

}  // namespace
}  // namespace mpd
