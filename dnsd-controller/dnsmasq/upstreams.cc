#include "dnsd-controller/dnsmasq/upstreams.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/files.h"

namespace mpd::dnsd {
namespace {

constexpr size_t kMaxServers = 32;

// The address as inet_ntop writes it, without its scope ("%eth0" in "fe80::1%eth0"), so that equal
// addresses are equal texts. Empty when the text is no address.
std::string Canonical(const std::string& text) {
  const std::string bare = text.substr(0, text.find('%'));
  std::array<unsigned char, sizeof(in6_addr)> bits;
  std::array<char, INET6_ADDRSTRLEN> out;
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, bare.c_str(), bits.data()) == 1 &&
        inet_ntop(family, bits.data(), out.data(), out.size()) != nullptr) {
      return out.data();
    }
  }
  return "";
}

bool IsLoopbackOrAny(const std::string& address) {
  return absl::StartsWith(address, "127.") || address == "::1" || address == "0.0.0.0" ||
         address == "::" || absl::StartsWith(address, "::ffff:127.");
}

void AddOnce(const std::string& address, std::vector<std::string>* list) {
  if (list->size() < kMaxServers && std::find(list->begin(), list->end(), address) == list->end()) {
    list->push_back(address);
  }
}

}  // namespace

Upstreams ParseResolvConf(absl::string_view text, const std::set<std::string>& own) {
  Upstreams upstreams;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() < 2 || words[0] != "nameserver") continue;
    const std::string address = Canonical(words[1]);
    if (address.empty()) continue;
    const bool useless = IsLoopbackOrAny(address) || own.contains(address);
    AddOnce(address, useless ? &upstreams.dropped : &upstreams.servers);
  }
  return upstreams;
}

Upstreams LoadUpstreams(const std::string& path, const std::set<std::string>& own) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  return text.ok() ? ParseResolvConf(*text, own) : Upstreams{};
}

std::set<std::string> LocalAddresses() {
  std::set<std::string> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  const absl::Cleanup release = [list] { freeifaddrs(list); };
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const void* bits = nullptr;
    const int family = entry->ifa_addr->sa_family;
    if (family == AF_INET) bits = &reinterpret_cast<sockaddr_in*>(entry->ifa_addr)->sin_addr;
    if (family == AF_INET6) bits = &reinterpret_cast<sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
    std::array<char, INET6_ADDRSTRLEN> text;
    if (bits != nullptr && inet_ntop(family, bits, text.data(), text.size()) != nullptr) {
      addresses.insert(text.data());
    }
  }
  return addresses;
}

}  // namespace mpd::dnsd
