// Text of somebody else's, as it may reach a terminal: without what the terminal would obey.
#ifndef MPD_COMMON_BASE_TERMINAL_TEXT_H_
#define MPD_COMMON_BASE_TERMINAL_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mpd {

// Takes control characters out of a text that comes in pieces, and escape sequences as a whole
// (ECMA-48: CSI, and the strings that OSC, DCS, SOS, PM and APC begin), also where a sequence is
// cut between two pieces. Line ends and tabs stay, and so does everything else: bytes that are not
// UTF-8 too, except that 0x80 to 0x9F outside a UTF-8 character are C1 controls to some terminals,
// and go. Carriage returns go, so that no line overwrites another.
class TerminalText {
 public:
  std::string Clean(absl::string_view piece);

 private:
  enum class State {
    kText,
    kUtf8,          // inside a character of several bytes
    kEscape,        // after ESC
    kSequence,      // in a control sequence, until its final byte
    kString,        // in a string, until BEL or ST
    kStringEscape,  // in a string, after ESC
  };

  // What follows the byte; appends it where it is text.
  State Next(unsigned char byte, std::string* out);
  State OfText(unsigned char byte, std::string* out);

  State state_ = State::kText;
  // The UTF-8 character that is not whole yet, and how many bytes it still lacks.
  std::string character_;
  int missing_ = 0;
};

// The text whole.
std::string CleanText(absl::string_view text);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_TERMINAL_TEXT_H_
