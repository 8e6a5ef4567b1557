#include "gateway/ctl/view/table.h"

#include <gtest/gtest.h>

namespace mpd::gateway::ctl {
namespace {

TEST(TableTest, ColumnsAreAligned) {
  Table table({"A", "LONG", "C"});
  table.Add({"first", "x", "1"});
  table.Add({"2", "a wide cell", ""});
  EXPECT_EQ(table.Render(false),
            "A      LONG         C\n"
            "first  x            1\n"
            "2      a wide cell\n");
}

TEST(TableTest, WidthCountsCharactersNotBytes) {
  Table table({"A", "B"});
  table.Add({"żółw", "1"});
  table.Add({"abcd", "2"});
  EXPECT_EQ(table.Render(false), "A     B\nżółw  1\nabcd  2\n");
}

TEST(TableTest, ColorsDoNotShiftColumns) {
  Table table({"A", "B"});
  table.Add({Cell("ok", Color::kGreen), "1"});
  EXPECT_EQ(table.Render(true), "\033[2mA\033[0m   \033[2mB\033[0m\n\033[32mok\033[0m  1\n");
}

TEST(TableTest, ControlCharactersAreReplaced) {
  Table table({"A"});
  table.Add({"x\033[2Jy\nz"});
  EXPECT_EQ(table.Render(false), "A\nx?[2Jy z\n");
}

}  // namespace
}  // namespace mpd::gateway::ctl
