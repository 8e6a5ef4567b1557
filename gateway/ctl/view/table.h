// Renders aligned tables for terminals.
#ifndef MPD_GATEWAY_CTL_VIEW_TABLE_H_
#define MPD_GATEWAY_CTL_VIEW_TABLE_H_

#include <string>
#include <utility>
#include <vector>

namespace mpd::gateway::ctl {

enum class Color { kNone, kGreen, kYellow, kRed, kDim };

// The text in this colour, or as it is unless `enabled`.
std::string Paint(const std::string& text, Color color, bool enabled);

struct Cell {
  Cell(std::string text_in, Color color_in = Color::kNone)  // NOLINT: text is a cell
      : text(std::move(text_in)), color(color_in) {}
  Cell(const char* text_in) : text(text_in) {}  // NOLINT: text is a cell
  std::string text;
  Color color = Color::kNone;
};

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  // The row must have as many cells as the header.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // Columns are two spaces apart, and lines have no spaces at the end. Widths are counted in UTF-8
  // characters. Control characters are shown as "?", so that no text can move the cursor.
  std::string Render(bool color) const;

 private:
  const std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VIEW_TABLE_H_
