#include "container-manager/kinds/database/database_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace mpd::containers {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(DatabaseServerTest, PostgresIsTunedAndStopsWithoutWaitingForItsClients) {
  const DatabaseServer server = DescribeServer("postgres", "/srv/dbs/postgres-17", "10.163.0.30");
  EXPECT_EQ(server.port, 5432);
  EXPECT_EQ(server.stop_signal, SIGINT);
  EXPECT_THAT(server.command, Contains("synchronous_commit=off"));
  EXPECT_THAT(server.command, Contains("full_page_writes=off"));
  EXPECT_EQ(server.env.at("PGDATA"), "/srv/dbs/postgres-17");
  EXPECT_THAT(server.login.back(), HasSubstr("postgres:postgres@10.163.0.30:5432"));
}

TEST(DatabaseServerTest, MariadbAndMysqlAreSetUpAlike) {
  const DatabaseServer mariadb = DescribeServer("mariadb", "/srv/dbs/m", "10.163.0.31");
  const DatabaseServer mysql = DescribeServer("mysql", "/srv/dbs/m", "10.163.0.31");
  EXPECT_EQ(mariadb.command, mysql.command);
  EXPECT_EQ(mariadb.port, 3306);
  EXPECT_EQ(mariadb.stop_signal, SIGTERM);
  for (const char* option :
       {"--datadir=/srv/dbs/m", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin",
        "--skip-log-bin", "--skip-name-resolve"}) {
    EXPECT_THAT(mariadb.command, Contains(option));
  }
  EXPECT_EQ(mariadb.env.at("MARIADB_ROOT_PASSWORD"), "root");
  EXPECT_EQ(mysql.env.at("MYSQL_ROOT_PASSWORD"), "root");
  EXPECT_THAT(mariadb.login, Contains("--host=10.163.0.31"));
}

TEST(ChooseImageTest, TheConfigurationComesFirstAndThePublicRegistryLast) {
  Config config = *ParseConfig(
      "images { databases { engine: 'postgres' version: '17' image: 'localhost/mine:17' }"
      "databases { engine: 'mysql' image: 'mirror.example/mysql:{version}-debian' } }",
      "test");
  EXPECT_EQ(ChooseImage(config, "postgres", "17").configured, "localhost/mine:17");
  const ImageChoice other = ChooseImage(config, "postgres", "16.3");
  EXPECT_EQ(other.configured, "");
  EXPECT_EQ(other.local, "localhost/mpd-postgres:16.3");
  EXPECT_EQ(other.reference, "docker.io/library/postgres:16.3");
  EXPECT_EQ(ChooseImage(config, "mysql", "8.4").reference, "mirror.example/mysql:8.4-debian");
}

}  // namespace
}  // namespace mpd::containers
