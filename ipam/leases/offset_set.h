// A set of integers below a fixed bound that knows its lowest member at once.
#ifndef MPD_IPAM_LEASES_OFFSET_SET_H_
#define MPD_IPAM_LEASES_OFFSET_SET_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace mpd::ipam {

// A bitmap with summary levels: a bit of one level says whether a word of the level below has any.
// Every operation costs one word per level, four levels for 16 million members; one bit of memory
// and a little more per possible member. Not thread-safe.
class OffsetSet {
 public:
  // Empty; members are below `bound`, which is at least 1.
  explicit OffsetSet(uint32_t bound);

  // The caller keeps offset < bound.
  void Insert(uint32_t offset);
  void Erase(uint32_t offset);
  bool Contains(uint32_t offset) const;

  std::optional<uint32_t> Lowest() const;
  bool empty() const { return levels_.back()[0] == 0; }

 private:
  // levels_[0] holds the members; the last level is one word.
  std::vector<std::vector<uint64_t>> levels_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_OFFSET_SET_H_
