// What the database engines differ in.
#ifndef MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_SERVER_H_
#define MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_SERVER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config/config.h"

namespace mpd::containers {

struct DatabaseServer {
  uint16_t port = 0;
  // What makes the server shut down at once and cleanly, clients or not.
  int stop_signal = 0;
  // The interface of the images in the public registry, which our own in deploy/images keep too:
  // what their entrypoint is given, and its environment.
  std::vector<std::string> command;
  std::map<std::string, std::string> env;
  // To be run in the container: ends with 0 once a login of the superuser, by password and by the
  // container's own address, has succeeded.
  std::vector<std::string> login;
};

// `engine` as DatabaseEngine has it; `data` is where the server keeps its files.
DatabaseServer DescribeServer(absl::string_view engine, const std::string& data,
                              const std::string& address);

// "/srv/dbs/postgres-17", as every container sees it.
std::string DatabaseFolder(const std::string& id);

// Where the image of a database comes from.
struct ImageChoice {
  // The configuration names it: nothing else counts.
  std::string configured;
  // Otherwise the first of these two: the one where Podman has it, the other from a registry.
  std::string local;
  std::string reference;
};
ImageChoice ChooseImage(const Config& config, const std::string& engine,
                        const std::string& version);

// In a container that has the volume and nothing else: moves the data of the database out of the
// way of the next one of its id. Nothing happens where there are none.
std::vector<std::string> ArchiveDataCommand(const std::string& id, const std::string& suffix);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_SERVER_H_
