#include "container-manager/host/host_bridges.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

struct LinkRequest {
  nlmsghdr header;
  ifinfomsg link;
};

// About a link of another namespace, by the number that the kernel has for that one here.
struct PeerRequest {
  LinkRequest about;
  rtattr attribute;
  int32_t network_namespace;
};

LinkRequest Ask(uint16_t type, uint16_t flags, unsigned index) {
  LinkRequest request = {};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  request.link.ifi_family = AF_UNSPEC;
  request.link.ifi_index = static_cast<int>(index);
  return request;
}

// An errno; 0 once the kernel has said that it is done.
int Talk(const nlmsghdr& request, const std::function<void(const nlmsghdr*)>& on_message) {
  const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (kernel < 0) return errno;
  const absl::Cleanup closer = [kernel] { close(kernel); };
  if (send(kernel, &request, request.nlmsg_len, 0) < 0) return errno;
  alignas(nlmsghdr) std::array<char, 32768> data;
  while (true) {
    const ssize_t got = recv(kernel, data.data(), data.size(), 0);
    if (got <= 0) return got < 0 ? errno : EPIPE;
    auto left = static_cast<unsigned>(got);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(data.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR) {
        return -static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
      }
      on_message(message);
    }
  }
}

struct LinkFacts {
  int index = 0;
  unsigned master = 0;
  bool is_bridge = false;
  std::string hardware_address;
  int peer = 0;
  // Of the peer; negative where it is in the same.
  int32_t network_namespace = -1;
};

template <typename Value>
void Copy(const rtattr* part, Value* value) {
  if (RTA_PAYLOAD(part) == sizeof(Value)) std::memcpy(value, RTA_DATA(part), sizeof(Value));
}

std::string HardwareAddress(const rtattr* part) {
  const auto* bytes = static_cast<const uint8_t*>(RTA_DATA(part));
  std::string text;
  for (size_t i = 0; i < RTA_PAYLOAD(part); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ":", absl::Hex(bytes[i], absl::kZeroPad2));
  }
  return text;
}

LinkFacts FactsOf(const nlmsghdr* message) {
  LinkFacts facts;
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
  facts.index = link->ifi_index;
  auto left = static_cast<int>(IFLA_PAYLOAD(message));
  for (const auto* part = IFLA_RTA(link); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
    if (part->rta_type == IFLA_MASTER) Copy(part, &facts.master);
    if (part->rta_type == IFLA_ADDRESS) facts.hardware_address = HardwareAddress(part);
    if (part->rta_type == IFLA_LINK) Copy(part, &facts.peer);
    if (part->rta_type == IFLA_LINK_NETNSID) Copy(part, &facts.network_namespace);
    if (part->rta_type != IFLA_LINKINFO) continue;
    auto inner_left = static_cast<int>(RTA_PAYLOAD(part));
    for (const auto* inner = static_cast<const rtattr*>(RTA_DATA(part)); RTA_OK(inner, inner_left);
         inner = RTA_NEXT(inner, inner_left)) {
      if (inner->rta_type != IFLA_INFO_KIND) continue;
      facts.is_bridge = absl::string_view(static_cast<const char*>(RTA_DATA(inner))) == "bridge";
    }
  }
  return facts;
}

// Empty where that cannot be found out.
std::string HardwareAddressOfPeer(const LinkFacts& plug) {
  PeerRequest request = {};
  request.about = Ask(RTM_GETLINK, NLM_F_ACK, static_cast<unsigned>(plug.peer));
  request.about.header.nlmsg_len = sizeof(request);
  request.attribute.rta_type = IFLA_TARGET_NETNSID;
  request.attribute.rta_len = RTA_LENGTH(sizeof(request.network_namespace));
  request.network_namespace = plug.network_namespace;
  std::string address;
  (void)Talk(request.about.header, [&address](const nlmsghdr* message) {
    if (message->nlmsg_type == RTM_NEWLINK) address = FactsOf(message).hardware_address;
  });
  return address;
}

absl::Status Stays(const std::string& name, int error) {
  const std::string problem = std::strerror(error);
  return MakeError(absl::StatusCode::kInternal,
                   absl::StrCat("the bridge ", name, " cannot be removed: ", problem,
                                "; remove it (ip link delete ", name, ")"),
                   "BRIDGE_STAYS", {{"bridge", name}, {"problem", problem}});
}

}  // namespace

bool KernelBridges::Has(const std::string& name, const std::string& address) const {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return false;
  const absl::Cleanup freer = [all] { freeifaddrs(all); };
  in_addr wanted = {};
  if (inet_pton(AF_INET, address.c_str(), &wanted) != 1) return false;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    const auto* has = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    if (name == one->ifa_name && has->sin_addr.s_addr == wanted.s_addr) return true;
  }
  return false;
}

absl::Status KernelBridges::Remove(const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return absl::OkStatus();
  bool is_bridge = false;
  bool is_used = false;
  const int listed = Talk(Ask(RTM_GETLINK, NLM_F_DUMP, 0).header, [&](const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWLINK) return;
    const LinkFacts facts = FactsOf(message);
    if (facts.index == static_cast<int>(index)) is_bridge = facts.is_bridge;
    if (facts.master == index) is_used = true;
  });
  if (listed != 0) return Stays(name, listed);
  if (!is_bridge || is_used) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("the interface ", name,
                     is_bridge ? " is in use by something that is not mpd's" : " is no bridge"),
        "BRIDGE_IN_USE", {{"bridge", name}});
  }
  const int removed = Talk(Ask(RTM_DELLINK, NLM_F_ACK, index).header, [](const nlmsghdr*) {});
  return removed == 0 || removed == ENODEV ? absl::OkStatus() : Stays(name, removed);
}

int KernelBridges::Unplug(const std::string& name, const std::string& hardware_address) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return 0;
  std::vector<LinkFacts> plugs;
  (void)Talk(Ask(RTM_GETLINK, NLM_F_DUMP, 0).header, [&](const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWLINK) return;
    LinkFacts facts = FactsOf(message);
    if (facts.master == index && facts.network_namespace >= 0) plugs.push_back(std::move(facts));
  });
  int unplugged = 0;
  for (const LinkFacts& plug : plugs) {
    if (HardwareAddressOfPeer(plug) != hardware_address) continue;
    const LinkRequest removal = Ask(RTM_DELLINK, NLM_F_ACK, static_cast<unsigned>(plug.index));
    if (Talk(removal.header, [](const nlmsghdr*) {}) == 0) ++unplugged;
  }
  return unplugged;
}

}  // namespace mpd::containers
