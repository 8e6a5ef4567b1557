#include "common/types/net_types.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace mpd {
namespace {

// Decimal without sign, space or leading zero; nullopt where it is none or above `max`.
std::optional<uint32_t> ParseDecimal(absl::string_view text, uint32_t max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint32_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  if (value > max) return std::nullopt;
  return value;
}

constexpr uint32_t Mask(int length) { return length == 0 ? 0 : ~uint32_t{0} << (32 - length); }

}  // namespace

absl::StatusOr<Ipv4Address> Ipv4Address::Parse(absl::string_view text) {
  uint32_t bits = 0;
  int octets = 0;
  for (absl::string_view part : absl::StrSplit(text, '.')) {
    const std::optional<uint32_t> octet = ParseDecimal(part, 255);
    if (!octet.has_value() || ++octets > 4) {
      return InvalidField("address", text, "is not an IPv4 address like 10.163.0.3");
    }
    bits = bits << 8 | *octet;
  }
  if (octets != 4) return InvalidField("address", text, "is not an IPv4 address like 10.163.0.3");
  return Ipv4Address(bits);
}

std::string Ipv4Address::ToString() const {
  return absl::StrCat(bits_ >> 24, ".", bits_ >> 16 & 255, ".", bits_ >> 8 & 255, ".", bits_ & 255);
}

std::string Ipv4Address::ReverseName() const {
  return absl::StrCat(bits_ & 255, ".", bits_ >> 8 & 255, ".", bits_ >> 16 & 255, ".", bits_ >> 24,
                      ".in-addr.arpa");
}

absl::StatusOr<Ipv4Prefix> Ipv4Prefix::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) {
    return InvalidField("prefix", text, "has no length; write it like 10.163.0.0/24");
  }
  const auto network = Ipv4Address::Parse(text.substr(0, slash));
  const std::optional<uint32_t> length = ParseDecimal(text.substr(slash + 1), 32);
  if (!network.ok() || !length.has_value()) {
    return InvalidField("prefix", text, "is not an IPv4 prefix like 10.163.0.0/24");
  }
  Ipv4Prefix prefix;
  prefix.network_ = *network;
  prefix.length_ = static_cast<int>(*length);
  if ((network->bits() & ~Mask(prefix.length_)) != 0) {
    const Ipv4Address masked(network->bits() & Mask(prefix.length_));
    return InvalidField(
        "prefix", text,
        absl::StrCat("has host bits set; did you mean ", masked.ToString(), "/", *length, "?"));
  }
  return prefix;
}

bool Ipv4Prefix::Contains(Ipv4Address address) const {
  return (address.bits() & Mask(length_)) == network_.bits();
}

bool Ipv4Prefix::Overlaps(const Ipv4Prefix& other) const {
  return Contains(other.network_) || other.Contains(network_);
}

std::string Ipv4Prefix::ToString() const { return absl::StrCat(network_.ToString(), "/", length_); }

}  // namespace mpd
