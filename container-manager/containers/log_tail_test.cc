#include "container-manager/containers/log_tail.h"

#include <gtest/gtest.h>

#include <string>

namespace mpd::containers {
namespace {

TEST(LogTailTest, JoinsLines) {
  EXPECT_EQ(LogTail("one\r\n\r\n  two\nthree \n\n", 100), "one | two | three");
  EXPECT_EQ(LogTail("", 100), "");
  EXPECT_EQ(LogTail(" \n\n", 100), "");
}

TEST(LogTailTest, BeginsAtALinesBeginning) {
  EXPECT_EQ(LogTail("first line\nsecond line\nthird\n", 20), "second line | third");
  EXPECT_EQ(LogTail("first line\nsecond line\nthird\n", 18), "third");
}

TEST(LogTailTest, KeepsTheEndOfALineThatIsTooLong) {
  EXPECT_EQ(LogTail("before\n0123456789", 4), "6789");
  EXPECT_EQ(LogTail("caf\xC3\xA9s", 2), "s") << "no half of a character";
}

TEST(LogTailTest, HoldsNothingThatATerminalObeys) {
  EXPECT_EQ(LogTail("\x1B[2Jwiped\n\x1B]0;owned\x07title\x07\n", 100), "wiped | title");
}

}  // namespace
}  // namespace mpd::containers
