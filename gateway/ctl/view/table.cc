#include "gateway/ctl/view/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mpd::gateway::ctl {
namespace {

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string Safe(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\n' || byte == '\t') {
      c = ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      c = '?';
    }
  }
  return text;
}

}  // namespace

std::string Paint(const std::string& text, Color color, bool enabled) {
  if (!enabled || color == Color::kNone || text.empty()) return text;
  const char* code = color == Color::kGreen    ? "\033[32m"
                     : color == Color::kYellow ? "\033[33m"
                     : color == Color::kRed    ? "\033[31m"
                                               : "\033[2m";
  return absl::StrCat(code, text, "\033[0m");
}

std::string Table::Render(bool color) const {
  std::vector<std::vector<Cell>> rows;
  rows.emplace_back();
  for (const std::string& name : header_) rows.back().emplace_back(name, Color::kDim);
  rows.insert(rows.end(), rows_.begin(), rows_.end());

  std::vector<size_t> widths(header_.size(), 0);
  for (auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      row[i].text = Safe(std::move(row[i].text));
      widths[i] = std::max(widths[i], Width(row[i].text));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    size_t padding = 0;  // spaces to write before the next text that is not empty
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        absl::StrAppend(&line, std::string(padding, ' '), Paint(row[i].text, row[i].color, color));
        padding = 0;
      }
      padding += widths[i] - Width(row[i].text) + 2;
    }
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

}  // namespace mpd::gateway::ctl
