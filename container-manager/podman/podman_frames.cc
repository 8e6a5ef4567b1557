#include "container-manager/podman/podman_frames.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"

namespace mpd::containers {
namespace {

constexpr size_t kHeaderSize = 8;

uint32_t LengthOf(absl::string_view header) {
  uint32_t length = 0;
  for (size_t i = 4; i < kHeaderSize; ++i) {
    length = (length << 8) | static_cast<unsigned char>(header[i]);
  }
  return length;
}

}  // namespace

FrameReader::FrameReader(std::function<bool(LogChunk)> on_chunk) : on_chunk_(std::move(on_chunk)) {}

bool FrameReader::Add(absl::string_view data) {
  while (!data.empty()) {
    if (left_ == 0) {
      const size_t take = std::min(data.size(), kHeaderSize - header_.size());
      header_.append(data.data(), take);
      data.remove_prefix(take);
      if (header_.size() < kHeaderSize) return true;
      left_ = LengthOf(header_);
      if (left_ == 0) header_.clear();
      continue;
    }
    const size_t take = std::min(data.size(), left_);
    const bool is_stderr = header_[0] == 2;
    left_ -= take;
    if (left_ == 0) header_.clear();
    if (!on_chunk_({is_stderr, std::string(data.substr(0, take))})) return false;
    data.remove_prefix(take);
  }
  return true;
}

LineReader::LineReader(size_t limit, std::function<void(absl::string_view)> on_line)
    : limit_(limit), on_line_(std::move(on_line)) {}

bool LineReader::Add(absl::string_view data) {
  rest_.append(data.data(), data.size());
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (end > begin) on_line_(absl::string_view(rest_).substr(begin, end - begin));
  }
  rest_.erase(0, begin);
  return rest_.size() <= limit_;
}

}  // namespace mpd::containers
