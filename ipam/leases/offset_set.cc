#include "ipam/leases/offset_set.h"

#include <bit>
#include <cstddef>

namespace mpd::ipam {
namespace {

constexpr uint32_t kWordBits = 64;

uint64_t Bit(uint32_t offset) { return uint64_t{1} << (offset % kWordBits); }

}  // namespace

OffsetSet::OffsetSet(uint32_t bound) {
  uint32_t words = bound;
  do {
    words = words / kWordBits + (words % kWordBits != 0 ? 1 : 0);
    levels_.emplace_back(words, 0);
  } while (words > 1);
}

void OffsetSet::Insert(uint32_t offset) {
  for (std::vector<uint64_t>& level : levels_) {
    level[offset / kWordBits] |= Bit(offset);
    offset /= kWordBits;
  }
}

void OffsetSet::Erase(uint32_t offset) {
  for (std::vector<uint64_t>& level : levels_) {
    uint64_t& word = level[offset / kWordBits];
    word &= ~Bit(offset);
    // While the word has another member, its bit in the level above stays set.
    if (word != 0) return;
    offset /= kWordBits;
  }
}

bool OffsetSet::Contains(uint32_t offset) const {
  return (levels_[0][offset / kWordBits] & Bit(offset)) != 0;
}

std::optional<uint32_t> OffsetSet::Lowest() const {
  if (empty()) return std::nullopt;
  uint32_t offset = 0;
  for (size_t i = levels_.size(); i > 0; --i) {
    const uint64_t word = levels_[i - 1][offset];
    offset = offset * kWordBits + static_cast<uint32_t>(std::countr_zero(word));
  }
  return offset;
}

}  // namespace mpd::ipam
