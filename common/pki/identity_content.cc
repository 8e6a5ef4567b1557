#include "common/pki/identity_content.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace mpd {
namespace {

constexpr size_t kShortestNonce = 16;
constexpr size_t kLongestNonce = 64;

}  // namespace

bool IsNonce(absl::string_view nonce) {
  return nonce.size() >= kShortestNonce && nonce.size() <= kLongestNonce;
}

std::string IdentityContent(absl::string_view nonce, absl::string_view identity) {
  using std::string_view_literals::operator""sv;
  constexpr auto kPurpose = "mpd-identity-v1\0"sv;
  return absl::StrCat(absl::string_view(kPurpose.data(), kPurpose.size()),
                      std::string(1, static_cast<char>(nonce.size())), nonce, identity);
}

}  // namespace mpd
