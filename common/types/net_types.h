// IPv4 addresses and prefixes as checked values.
#ifndef MPD_COMMON_TYPES_NET_TYPES_H_
#define MPD_COMMON_TYPES_NET_TYPES_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  // In host byte order: 10.163.0.3 is 0x0aa30003.
  constexpr explicit Ipv4Address(uint32_t bits) : bits_(bits) {}

  // Four decimal octets with dots, no leading zeros, nothing else. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<Ipv4Address> Parse(absl::string_view text);

  constexpr uint32_t bits() const { return bits_; }
  std::string ToString() const;
  // The name of its PTR record, RFC 1035 §3.5: "3.0.163.10.in-addr.arpa".
  std::string ReverseName() const;

  auto operator<=>(const Ipv4Address&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Ipv4Address& address) {
    return H::combine(std::move(h), address.bits_);
  }

 private:
  uint32_t bits_ = 0;
};

class Ipv4Prefix {
 public:
  constexpr Ipv4Prefix() = default;
  // "10.163.0.0/24"; host bits must be zero.
  static absl::StatusOr<Ipv4Prefix> Parse(absl::string_view text);

  Ipv4Address network() const { return network_; }
  int length() const { return length_; }
  // Network and broadcast addresses included.
  uint64_t size() const { return uint64_t{1} << (32 - length_); }
  // The address `offset` after the network's; the caller keeps offset < size().
  Ipv4Address At(uint32_t offset) const { return Ipv4Address(network_.bits() + offset); }
  bool Contains(Ipv4Address address) const;
  bool Overlaps(const Ipv4Prefix& other) const;
  std::string ToString() const;

  bool operator==(const Ipv4Prefix&) const = default;

 private:
  Ipv4Address network_;
  int length_ = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_TYPES_NET_TYPES_H_
