#include "gateway/identity/identity.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/host_name.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"

namespace mpd::gateway {
namespace {

constexpr size_t kShortestNonce = 16;
constexpr size_t kLongestNonce = 64;

// The content of the file without surrounding white space. Empty when it can't be read; a VM
// without a tunnel, for example, has no tunnel key.
std::string OptionalLine(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

}  // namespace

std::string SignedContent(absl::string_view nonce, absl::string_view identity) {
  using std::string_view_literals::operator""sv;
  constexpr auto kPurpose = "mpd-identity-v1\0"sv;
  return absl::StrCat(absl::string_view(kPurpose.data(), kPurpose.size()),
                      std::string(1, static_cast<char>(nonce.size())), nonce, identity);
}

Identity::Identity(std::string platform_env_path, std::string tunnel_public_key_path,
                   const VmCa* ca)
    : platform_env_path_(std::move(platform_env_path)),
      tunnel_public_key_path_(std::move(tunnel_public_key_path)),
      ca_(ca) {}

absl::Status Identity::Sign(absl::string_view nonce, const mpd::gateway::v1::Status& status,
                            mpd::gateway::v1::GetIdentityResponse* response) const {
  if (nonce.size() < kShortestNonce || nonce.size() > kLongestNonce) {
    return InvalidField("nonce", absl::StrCat("of ", nonce.size(), " bytes"),
                        "send 16 to 64 random bytes");
  }
  ASSIGN_OR_RETURN(const PlatformEnv platform, LoadPlatformEnv(platform_env_path_));
  ASSIGN_OR_RETURN(const VmCa::Certificates certificates, ca_->LoadCertificates());
  mpd::gateway::v1::Identity identity;
  identity.set_vm_id(platform.vm_id);
  identity.set_vm_address(platform.vm_ip);
  identity.set_hostname(HostName());
  identity.set_boot_id(OptionalLine("/proc/sys/kernel/random/boot_id"));
  identity.set_wireguard_public_key(OptionalLine(tunnel_public_key_path_));
  identity.set_ca_fingerprint(certificates.anchor_fingerprint);
  *identity.mutable_components() = status.components();
  response->set_identity(identity.SerializeAsString());
  ASSIGN_OR_RETURN(VmCa::Signature signature,
                   ca_->Sign(SignedContent(nonce, response->identity())));
  response->set_signature(std::move(signature.bytes));
  response->set_signature_algorithm(std::move(signature.algorithm));
  response->set_certificate(certificates.vm_certificate);
  return absl::OkStatus();
}

}  // namespace mpd::gateway
