#include "container-manager/kinds/database/database_server.h"

#include <csignal>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mpd::containers {
namespace {

// SIGTERM would wait for every client to leave (PostgreSQL's manual, "Shutting Down the Server").
constexpr int kPostgresFastShutdown = SIGINT;

DatabaseServer Postgres(const std::string& data, const std::string& address) {
  DatabaseServer server;
  server.port = 5432;
  server.stop_signal = kPostgresFastShutdown;
  // A crash of the machine may cost the last transactions, or the database: this is for
  // development.
  server.command = {"postgres", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"};
  server.env = {{"PGDATA", data}, {"POSTGRES_PASSWORD", "postgres"}};
  server.login = {
      "psql",
      "-X",
      "-A",
      "-t",
      "-c",
      "SELECT 1",
      absl::StrCat("postgresql://postgres:postgres@", address, ":5432/postgres?connect_timeout=2")};
  return server;
}

DatabaseServer MariadbOrMysql(const std::string& data, const std::string& address) {
  DatabaseServer server;
  server.port = 3306;
  server.stop_signal = SIGTERM;
  server.command = {absl::StrCat("--datadir=", data), "--character-set-server=utf8mb4",
                    "--collation-server=utf8mb4_bin", "--skip-log-bin",
                    "--innodb-file-per-table=ON", "--wait-timeout=28800",
                    // Otherwise probes that break off count against the address that they come
                    // from, and at the hundredth nobody gets in from there any more.
                    "--skip-name-resolve"};
  server.env = {{"MARIADB_ROOT_PASSWORD", "root"}, {"MYSQL_ROOT_PASSWORD", "root"}};
  // MariaDB 12 has no mysql*; MySQL, and MariaDB before 10.4, no mariadb*.
  server.login = {"sh",
                  "-c",
                  R"(client=$(command -v mariadb || command -v mysql) && exec "$client" "$@")",
                  "sh",
                  "--no-defaults",
                  absl::StrCat("--host=", address),
                  "--user=root",
                  "--password=root",
                  "--connect-timeout=2",
                  "--execute=SELECT 1"};
  return server;
}

}  // namespace

DatabaseServer DescribeServer(absl::string_view engine, const std::string& data,
                              const std::string& address) {
  return engine == "postgres" ? Postgres(data, address) : MariadbOrMysql(data, address);
}

std::string DatabaseFolder(const std::string& id) { return absl::StrCat("/srv/dbs/", id); }

ImageChoice ChooseImage(const Config& config, const std::string& engine,
                        const std::string& version) {
  ImageChoice choice;
  const auto exact = config.database_images.find({engine, version});
  if (exact != config.database_images.end()) choice.configured = exact->second;
  choice.local = absl::StrCat("localhost/mpd-", engine, ":", version);
  const auto any = config.database_images.find({engine, ""});
  choice.reference = any == config.database_images.end()
                         ? absl::StrCat("docker.io/library/", engine, ":", version)
                         : absl::StrReplaceAll(any->second, {{"{version}", version}});
  return choice;
}

std::vector<std::string> ArchiveDataCommand(const std::string& id, const std::string& suffix) {
  constexpr char kScript[] =
      R"(if [ -e "$1" ]; then mkdir -p /srv/backups/dbs && mv -T -- "$1" "/srv/backups/dbs/$2"; fi)";
  return {"/bin/sh", "-ec", kScript, "archive", DatabaseFolder(id), absl::StrCat(id, "-", suffix)};
}

}  // namespace mpd::containers
