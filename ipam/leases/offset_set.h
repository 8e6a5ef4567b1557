// A set of integers below a fixed bound whose lowest member is found in constant time.
#ifndef MPD_IPAM_LEASES_OFFSET_SET_H_
#define MPD_IPAM_LEASES_OFFSET_SET_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace mpd::ipam {

// A bitmap with summary levels: each bit of a level tells whether a word of the level below has a
// bit set. An operation reads or writes one word per level, of which 16 million possible members
// need four. Takes a little more than one bit of memory per possible member. Not thread-safe.
class OffsetSet {
 public:
  // Creates an empty set of members below `bound`, which must be at least 1.
  explicit OffsetSet(uint32_t bound);

  // In all three, `offset` must be below the bound.
  void Insert(uint32_t offset);
  void Erase(uint32_t offset);
  bool Contains(uint32_t offset) const;

  // nullopt when the set is empty.
  std::optional<uint32_t> Lowest() const;
  bool empty() const { return levels_.back()[0] == 0; }

 private:
  // levels_[0] holds the members; the last level is one word.
  std::vector<std::vector<uint64_t>> levels_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_OFFSET_SET_H_
