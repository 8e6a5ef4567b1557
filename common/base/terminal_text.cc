#include "common/base/terminal_text.h"

namespace mpd {
namespace {

constexpr unsigned char kBell = 0x07;
constexpr unsigned char kEsc = 0x1B;
constexpr unsigned char kDelete = 0x7F;
// The C1 controls that begin something longer.
constexpr unsigned char kC1Csi = 0x9B;
constexpr unsigned char kC1St = 0x9C;

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Bytes after the first of a UTF-8 character (RFC 3629); 0 for one that begins none.
int FollowingBytes(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return 1;
  if (first >= 0xE0 && first <= 0xEF) return 2;
  if (first >= 0xF0 && first <= 0xF4) return 3;
  return 0;
}

// DCS, SOS, OSC, PM and APC, by the byte that follows ESC; the C1 control is 0x40 more.
bool BeginsString(unsigned char after_escape) {
  return after_escape == 'P' || after_escape == 'X' || after_escape == ']' || after_escape == '^' ||
         after_escape == '_';
}

}  // namespace

std::string TerminalText::Clean(absl::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  for (const char c : piece) state_ = Next(static_cast<unsigned char>(c), &out);
  return out;
}

TerminalText::State TerminalText::Next(unsigned char byte, std::string* out) {
  // An escape begins anew wherever it comes, but in a string it may be the string's end.
  if (byte == kEsc) return state_ == State::kString ? State::kStringEscape : State::kEscape;
  switch (state_) {
    case State::kText:
      return OfText(byte, out);
    case State::kUtf8:
      if (!IsContinuation(byte)) return OfText(byte, out);
      character_ += static_cast<char>(byte);
      if (--missing_ > 0) return State::kUtf8;
      // U+0080 to U+009F are the C1 controls.
      if (character_.size() == 2 && character_[0] == '\xC2' && byte < 0xA0) {
        return byte == kC1Csi              ? State::kSequence
               : BeginsString(byte - 0x40) ? State::kString
                                           : State::kText;
      }
      *out += character_;
      return State::kText;
    case State::kEscape:
      if (byte == '[') return State::kSequence;
      if (BeginsString(byte)) return State::kString;
      // An intermediate byte: "ESC ( B".
      if (byte >= 0x20 && byte <= 0x2F) return State::kEscape;
      return byte < 0x20 ? OfText(byte, out) : State::kText;
    case State::kSequence:
      // Parameters and intermediate bytes; the final one ends it, and so does a line's end.
      if (byte >= 0x20 && byte <= 0x3F) return State::kSequence;
      return byte < 0x20 ? OfText(byte, out) : State::kText;
    case State::kString:
      // A line's end ends it too: no terminal waits for more, and nothing further is swallowed.
      if (byte == '\n') return OfText(byte, out);
      return byte == kBell || byte == kC1St ? State::kText : State::kString;
    case State::kStringEscape:
      return byte == '\\' ? State::kText : State::kString;
  }
  return State::kText;
}

TerminalText::State TerminalText::OfText(unsigned char byte, std::string* out) {
  missing_ = FollowingBytes(byte);
  if (missing_ > 0) {
    character_.assign(1, static_cast<char>(byte));
    return State::kUtf8;
  }
  if (byte == kC1Csi) return State::kSequence;
  if (byte >= 0x80 && byte <= 0x9F) {
    return BeginsString(byte - 0x40) ? State::kString : State::kText;
  }
  const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == kDelete;
  if (!control) *out += static_cast<char>(byte);
  return State::kText;
}

std::string CleanText(absl::string_view text) { return TerminalText().Clean(text); }

}  // namespace mpd
