// The configuration, validated whole: what a Config holds can be relied upon.
#ifndef MPD_COMMON_CONFIG_CONFIG_H_
#define MPD_COMMON_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/types/names.h"
#include "common/types/net_types.h"

namespace mpd {

struct PoolConfig {
  std::string name;
  Ipv4Address first;  // both inclusive
  Ipv4Address last;
  std::map<Ipv4Address, std::string> fixed;  // address to owner
  bool fixed_only = false;
};

struct Config {
  explicit Config(Zone name) : zone(std::move(name)) {}

  Zone zone;

  Ipv4Prefix subnet;
  Ipv4Address gateway;  // the subnet's first host address
  std::string network_name;
  std::string bridge;

  std::string tunnel_interface;
  Ipv4Address tunnel_laptop;
  Ipv4Address tunnel_vm;
  uint16_t tunnel_port = 0;
  std::string tunnel_public_key_file;

  std::vector<PoolConfig> pools;  // one of them fixes service/dnsmasq
  absl::Duration release_cooldown;

  std::string developer_user;        // empty: see config.proto
  std::string authorized_keys_file;  // empty: that user's

  // By the service's name: all of them, those included that no pool fixes an address for.
  std::map<std::string, std::string> service_images;
  std::string default_runtime_image;
  std::map<std::string, std::string> runtime_images;
  // By engine and version; by engine alone where the version is empty, "{version}" not yet filled
  // in.
  std::map<std::pair<std::string, std::string>, std::string> database_images;
  absl::Duration database_stop_timeout;
  // Of everything together, databases included.
  absl::Duration environment_stop_timeout;

  // nullptr where there is none.
  const PoolConfig* FindPool(absl::string_view name) const;
  // The address that a pool fixes for the owner; NOT_FOUND (NO_FIXED_ADDRESS) where none does.
  absl::StatusOr<Ipv4Address> FixedAddressOf(absl::string_view owner) const;
  // The resolver's, and so every container's nameserver: that of service/dnsmasq.
  Ipv4Address dnsmasq_address() const;
};

// Reads and validates; an absent file is the defaults. Errors name file, line and column or field,
// and the reason.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// `source` stands for the file in errors.
absl::StatusOr<Config> ParseConfig(absl::string_view textproto, absl::string_view source);

}  // namespace mpd

#endif  // MPD_COMMON_CONFIG_CONFIG_H_
