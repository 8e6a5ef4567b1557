#include "common/base/terminal_text.h"

#include <gtest/gtest.h>

#include <string>

namespace mpd {
namespace {

TEST(TerminalTextTest, TextStaysAsItIs) {
  const std::string text = "ready\tfor caf\xC3\xA9 \xF0\x9F\x98\x80\n[12] done; 7\xC2\xB0\n";
  EXPECT_EQ(CleanText(text), text);
}

TEST(TerminalTextTest, ControlsGo) {
  EXPECT_EQ(CleanText("a\rb\x07\x08\x7F\x0E" + std::string(1, '\0') + "c"), "abc");
  EXPECT_EQ(CleanText("a\xC2\x85\x84z"), "az") << "C1, as UTF-8 and as a byte";
}

TEST(TerminalTextTest, SequencesGoAsAWhole) {
  EXPECT_EQ(CleanText("\x1B[31;1mred\x1B[0m"), "red");
  EXPECT_EQ(CleanText("\x1B[2J\x1B[H\x1B(Bx\x1B"
                      "cy"),
            "xy");
  EXPECT_EQ(CleanText("a\xC2\x9B"
                      "31mb\x9B"
                      "1mc"),
            "abc")
      << "CSI as one character";
  EXPECT_EQ(CleanText("\x1B]0;title\x07"
                      "a\x1B]8;;http://x\x1B\\link\x1B]8;;\x1B\\"),
            "alink");
  EXPECT_EQ(CleanText("\x1BPdevice\x1B\\b\xC2\x9D"
                      "52;c;aGk=\x9C"
                      "c"),
            "bc");
}

TEST(TerminalTextTest, ALineEndsWhatHasNoEnd) {
  EXPECT_EQ(CleanText("\x1B]0;never ended\nnext\n"), "\nnext\n");
  EXPECT_EQ(CleanText("\x1B[12\nnext\n"), "\nnext\n");
}

TEST(TerminalTextTest, PiecesAreCutAnywhere) {
  const std::string text = "caf\xC3\xA9 \x1B[31mred\x1B[0m \x1B]0;t\x1B\\end \xE2\x82\xAC";
  const std::string whole = CleanText(text);
  EXPECT_EQ(whole, "caf\xC3\xA9 red end \xE2\x82\xAC");
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    TerminalText cleaner;
    std::string joined = cleaner.Clean(text.substr(0, cut));
    joined += cleaner.Clean(text.substr(cut));
    EXPECT_EQ(joined, whole) << "cut at " << cut;
  }
}

TEST(TerminalTextTest, NothingThatATerminalObeysIsLeftOfAnyBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second), '[', 'A'};
      for (const char c : CleanText(text)) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
            << first << " " << second;
      }
    }
  }
}

}  // namespace
}  // namespace mpd
