#include "common/config/config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/config/config_fields.h"
#include "mpd/config/v1/config.pb.h"

namespace mpd {
namespace {

using ConfigMessage = config::v1::Config;

constexpr int64_t kMaxDatabaseStopSeconds = 3600;
// What StopEnvironment leaves for everything else, where the configuration does not say.
constexpr int64_t kStopSecondsBesideDatabases = 10;
constexpr uint32_t kReservedOffsets = 3;  // network, gateway, and one kept back

// The contract's address plan.
void SetDefaultPools(ConfigMessage* message) {
  const auto add = [message](const char* name, uint32_t first, uint32_t last) {
    config::v1::Pool* pool = message->add_pools();
    pool->set_name(name);
    pool->set_first_offset(first);
    pool->set_last_offset(last);
    return pool;
  };
  const auto fix = [](config::v1::Pool* pool, const char* owner, uint32_t offset) {
    config::v1::FixedAddress* fixed = pool->add_fixed();
    fixed->set_owner(owner);
    fixed->set_offset(offset);
  };
  config::v1::Pool* services = add("services", 3, 29);
  services->set_fixed_only(true);
  fix(services, "service/dnsmasq", 3);
  fix(services, "service/portal", 4);
  fix(services, "service/fileaccess", 5);
  fix(services, "service/adminer", 6);
  add("databases", 30, 99);
  config::v1::Pool* runtimes = add("runtimes", 100, 254);
  fix(runtimes, "runtime/php", 100);
  fix(runtimes, "runtime/node", 101);
  fix(runtimes, "runtime/util", 102);
}

std::string Or(const std::string& value, absl::string_view fallback) {
  return value.empty() ? std::string(fallback) : value;
}

absl::Status BuildFixed(const ConfigFields& fields, const config::v1::Pool& message,
                        const std::string& path, const Ipv4Prefix& subnet,
                        std::set<std::string>* owners, PoolConfig* pool) {
  for (int i = 0; i < message.fixed_size(); ++i) {
    const config::v1::FixedAddress& fixed = message.fixed(i);
    const std::string here = absl::StrCat(path, ".fixed[", i, "]");
    if (const auto owner = Owner::Parse(fixed.owner()); !owner.ok()) {
      return fields.Error(here + ".owner", fixed.owner(), owner.status());
    }
    if (fixed.offset() < message.first_offset() || fixed.offset() > message.last_offset()) {
      return fields.Error(here + ".offset", absl::StrCat(fixed.offset()), "is outside its pool");
    }
    if (!owners->insert(fixed.owner()).second) {
      return fields.Error(here + ".owner", fixed.owner(), "has a fixed address already");
    }
    if (!pool->fixed.emplace(subnet.At(fixed.offset()), fixed.owner()).second) {
      return fields.Error(here + ".offset", absl::StrCat(fixed.offset()),
                          "is fixed for another owner already");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PoolConfig> BuildPool(const ConfigFields& fields, const config::v1::Pool& message,
                                     const std::string& path, const Ipv4Prefix& subnet,
                                     std::set<std::string>* owners) {
  if (message.name().empty() || message.name().size() > 40 ||
      !std::all_of(message.name().begin(), message.name().end(),
                   [](char c) { return c >= 'a' && c <= 'z'; })) {
    return fields.Error(path + ".name", message.name(), "must be 1 to 40 lower-case letters");
  }
  if (message.first_offset() < kReservedOffsets) {
    return fields.Error(path + ".first_offset", absl::StrCat(message.first_offset()),
                        "offsets 0 to 2 are never leased");
  }
  if (message.last_offset() >= subnet.size() - 1) {
    return fields.Error(
        path + ".last_offset", absl::StrCat(message.last_offset()),
        absl::StrCat("is not inside the subnet ", subnet.ToString(),
                     " (its last address is never leased); give pools that fit the subnet"));
  }
  if (message.last_offset() < message.first_offset()) {
    return fields.Error(path + ".last_offset", absl::StrCat(message.last_offset()),
                        "is before first_offset");
  }
  PoolConfig pool;
  pool.name = message.name();
  pool.first = subnet.At(message.first_offset());
  pool.last = subnet.At(message.last_offset());
  pool.fixed_only = message.fixed_only();
  RETURN_IF_ERROR(BuildFixed(fields, message, path, subnet, owners, &pool));
  return pool;
}

absl::Status BuildPools(const ConfigFields& fields, const ConfigMessage& message, Config* config) {
  std::set<std::string> owners;
  for (int i = 0; i < message.pools_size(); ++i) {
    const std::string path = absl::StrCat("pools[", i, "]");
    ASSIGN_OR_RETURN(PoolConfig pool,
                     BuildPool(fields, message.pools(i), path, config->subnet, &owners));
    for (const PoolConfig& other : config->pools) {
      if (other.name == pool.name) {
        return fields.Error(path + ".name", pool.name, "is the name of another pool");
      }
      if (other.first <= pool.last && pool.first <= other.last) {
        return fields.Error(path + ".first_offset", absl::StrCat(message.pools(i).first_offset()),
                            absl::StrCat("pool ", pool.name, " overlaps pool ", other.name));
      }
    }
    config->pools.push_back(std::move(pool));
  }
  if (!owners.contains("service/dnsmasq")) {
    return fields.Error("pools", "", "one of them must fix an address for service/dnsmasq");
  }
  return absl::OkStatus();
}

absl::Status BuildNetwork(const ConfigFields& fields, const ConfigMessage& message,
                          Config* config) {
  const config::v1::Network& network = message.network();
  const std::string subnet = Or(network.subnet(), "10.163.0.0/24");
  const auto prefix = Ipv4Prefix::Parse(subnet);
  if (!prefix.ok()) return fields.Error("network.subnet", subnet, prefix.status());
  if (prefix->length() < 12 || prefix->length() > 28) {
    return fields.Error("network.subnet", subnet, "must be from /12 to /28");
  }
  config->subnet = *prefix;
  config->gateway = prefix->At(1);
  config->network_name = Or(network.name(), "mpd-internal");
  RETURN_IF_ERROR(fields.CheckObjectName("network.name", config->network_name));
  config->bridge = Or(network.bridge(), "podman1");
  return fields.CheckInterface("network.bridge", config->bridge);
}

absl::Status BuildTunnel(const ConfigFields& fields, const ConfigMessage& message, Config* config) {
  const config::v1::Tunnel& tunnel = message.tunnel();
  config->tunnel_interface = Or(tunnel.interface(), "mpd0");
  RETURN_IF_ERROR(fields.CheckInterface("tunnel.interface", config->tunnel_interface));
  const std::string subnet = Or(tunnel.subnet(), "10.164.0.0/30");
  const auto prefix = Ipv4Prefix::Parse(subnet);
  if (!prefix.ok()) return fields.Error("tunnel.subnet", subnet, prefix.status());
  if (prefix->length() > 30 || prefix->length() < 8) {
    return fields.Error("tunnel.subnet", subnet, "must be from /8 to /30: it holds two hosts");
  }
  if (prefix->Overlaps(config->subnet)) {
    return fields.Error("tunnel.subnet", subnet,
                        absl::StrCat("overlaps network.subnet ", config->subnet.ToString()));
  }
  config->tunnel_laptop = prefix->At(1);
  config->tunnel_vm = prefix->At(2);
  if (tunnel.port() < 0 || tunnel.port() > 65535) {
    return fields.Error("tunnel.port", absl::StrCat(tunnel.port()), "must be from 1 to 65535");
  }
  config->tunnel_port = static_cast<uint16_t>(tunnel.port() == 0 ? 51820 : tunnel.port());
  config->tunnel_public_key_file = Or(tunnel.public_key_file(), "/etc/mpd/mpd0.pub");
  return fields.CheckPath("tunnel.public_key_file", config->tunnel_public_key_file);
}

absl::Status BuildServiceImages(const ConfigFields& fields, const config::v1::Images& images,
                                Config* config) {
  const std::pair<std::string, std::string> given[] = {{"dnsmasq", images.dnsmasq()},
                                                       {"portal", images.portal()},
                                                       {"fileaccess", images.fileaccess()},
                                                       {"adminer", images.adminer()}};
  for (const auto& [name, image] : given) {
    std::string& chosen = config->service_images[name];
    chosen = Or(image, absl::StrCat("localhost/mpd-", name, ":latest"));
    RETURN_IF_ERROR(fields.CheckImage(absl::StrCat("images.", name), chosen));
  }
  return absl::OkStatus();
}

absl::Status BuildDatabaseImages(const ConfigFields& fields, const config::v1::Images& images,
                                 Config* config) {
  for (int i = 0; i < images.databases_size(); ++i) {
    const config::v1::DatabaseImage& entry = images.databases(i);
    const std::string path = absl::StrCat("images.databases[", i, "]");
    if (const auto engine = DatabaseEngine::Parse(entry.engine()); !engine.ok()) {
      return fields.Error(path + ".engine", entry.engine(), engine.status());
    }
    std::string image = entry.image();
    if (entry.version().empty()) {
      image = absl::StrReplaceAll(image, {{"{version}", "1"}});
    } else if (const auto version = DatabaseVersion::Parse(entry.version()); !version.ok()) {
      return fields.Error(path + ".version", entry.version(), version.status());
    }
    RETURN_IF_ERROR(fields.CheckImage(path + ".image", image));
    const auto key = std::make_pair(entry.engine(), entry.version());
    if (!config->database_images.emplace(key, entry.image()).second) {
      return fields.Error(path + ".version", entry.version(), "has an entry already");
    }
  }
  return absl::OkStatus();
}

absl::Status BuildImages(const ConfigFields& fields, const ConfigMessage& message, Config* config) {
  const config::v1::Images& images = message.images();
  RETURN_IF_ERROR(BuildServiceImages(fields, images, config));
  config->default_runtime_image = Or(images.runtime(), "localhost/mpd-runtime:latest");
  RETURN_IF_ERROR(fields.CheckImage("images.runtime", config->default_runtime_image));
  config->runtime_images["php"] = "localhost/mpd-runtime-php:latest";
  for (int i = 0; i < images.runtimes_size(); ++i) {
    const std::string path = absl::StrCat("images.runtimes[", i, "]");
    const std::string& name = images.runtimes(i).name();
    if (const auto parsed = RuntimeName::Parse(name); !parsed.ok()) {
      return fields.Error(path + ".name", name, parsed.status());
    }
    RETURN_IF_ERROR(fields.CheckImage(path + ".image", images.runtimes(i).image()));
    config->runtime_images[name] = images.runtimes(i).image();
  }
  return BuildDatabaseImages(fields, images, config);
}

absl::Status BuildDeveloper(const ConfigFields& fields, const ConfigMessage& message,
                            Config* config) {
  const config::v1::Developer& developer = message.developer();
  if (!developer.user().empty()) {
    RETURN_IF_ERROR(fields.CheckUser("developer.user", developer.user()));
  }
  if (!developer.authorized_keys_file().empty()) {
    RETURN_IF_ERROR(
        fields.CheckPath("developer.authorized_keys_file", developer.authorized_keys_file()));
  }
  config->developer_user = developer.user();
  config->authorized_keys_file = developer.authorized_keys_file();
  return absl::OkStatus();
}

absl::Status BuildDurations(const ConfigFields& fields, const ConfigMessage& message,
                            Config* config) {
  config->release_cooldown = absl::Seconds(60);
  if (message.has_release_cooldown()) {
    ASSIGN_OR_RETURN(config->release_cooldown,
                     fields.WholeSeconds("release_cooldown", message.release_cooldown(), 0, 86400));
  }
  config->database_stop_timeout = absl::Seconds(120);
  if (message.has_database_stop_timeout()) {
    ASSIGN_OR_RETURN(config->database_stop_timeout,
                     fields.WholeSeconds("database_stop_timeout", message.database_stop_timeout(),
                                         1, kMaxDatabaseStopSeconds));
  }
  config->environment_stop_timeout =
      config->database_stop_timeout + absl::Seconds(kStopSecondsBesideDatabases);
  if (message.has_environment_stop_timeout()) {
    ASSIGN_OR_RETURN(
        config->environment_stop_timeout,
        fields.WholeSeconds("environment_stop_timeout", message.environment_stop_timeout(), 5,
                            kMaxDatabaseStopSeconds + kStopSecondsBesideDatabases));
  }
  return absl::OkStatus();
}

absl::StatusOr<Config> Build(const ConfigFields& fields, ConfigMessage message) {
  if (message.pools().empty()) SetDefaultPools(&message);
  const std::string zone_text = Or(message.zone(), "mpd.test");
  const auto zone = Zone::Parse(zone_text);
  if (!zone.ok()) return fields.Error("zone", zone_text, zone.status());
  Config config(*zone);
  RETURN_IF_ERROR(BuildNetwork(fields, message, &config));
  RETURN_IF_ERROR(BuildTunnel(fields, message, &config));
  RETURN_IF_ERROR(BuildPools(fields, message, &config));
  RETURN_IF_ERROR(BuildDeveloper(fields, message, &config));
  RETURN_IF_ERROR(BuildImages(fields, message, &config));
  RETURN_IF_ERROR(BuildDurations(fields, message, &config));
  return config;
}

// Keeps the first error: what follows it is as a rule its consequence.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!text_.empty()) return;
    line_ = line + 1;
    text_ = absl::StrCat(line_, ":", column + 1, ": ", message);
  }
  // 1-based.
  int line() const { return line_; }
  const std::string& text() const { return text_; }

 private:
  int line_ = 0;
  std::string text_;
};

}  // namespace

const PoolConfig* Config::FindPool(absl::string_view name) const {
  const auto it = std::find_if(pools.begin(), pools.end(),
                               [name](const PoolConfig& pool) { return pool.name == name; });
  return it == pools.end() ? nullptr : &*it;
}

absl::StatusOr<Ipv4Address> Config::FixedAddressOf(absl::string_view owner) const {
  for (const PoolConfig& pool : pools) {
    for (const auto& [address, fixed_owner] : pool.fixed) {
      if (fixed_owner == owner) return address;
    }
  }
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("No pool fixes an address for ", owner, "."), "NO_FIXED_ADDRESS",
                   {{"owner", owner}});
}

Ipv4Address Config::dnsmasq_address() const {
  return FixedAddressOf("service/dnsmasq").value_or(Ipv4Address());
}

absl::StatusOr<Config> ParseConfig(absl::string_view textproto, absl::string_view source) {
  ConfigMessage message;
  FirstError errors;
  google::protobuf::TextFormat::ParseInfoTree locations;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&locations);
  if (!parser.ParseFromString(std::string(textproto), &message)) {
    const std::string where = Printable(absl::StripTrailingAsciiWhitespace(errors.text()));
    return ConfigFields(source, &locations).SyntaxError(errors.line(), where);
  }
  return Build(ConfigFields(source, &locations), std::move(message));
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  const auto text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return ParseConfig("", path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

}  // namespace mpd
