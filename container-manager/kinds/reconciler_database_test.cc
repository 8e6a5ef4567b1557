#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

using ::testing::HasSubstr;

constexpr char kContainer[] = "mpd-db-postgres-15";
constexpr char kLocal[] = "localhost/mpd-postgres:15";
constexpr char kPublic[] = "docker.io/library/postgres:15";

class DatabaseReconcilerTest : public ReconcilerTest {
 protected:
  DatabaseReconcilerTest() { world_.images.insert(kLocal); }

  WorkloadRecord Db() { return Record(*DatabaseWorkloadId("postgres", "15")); }
  bool DbIs(api::State state) { return Db().observed.state() == state; }
  std::string DbMessage() { return Db().observed.status_message(); }
  void UpWithDatabase() {
    Call(&WorkloadCommands::Create<DatabaseApi>, "postgres", "15");
    Up();
    ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); })) << DbMessage();
  }
};

TEST_F(DatabaseReconcilerTest, IsMadeFromTheLocalImageAsItsEngineWants) {
  UpWithDatabase();
  const ContainerSpec& spec = world_.containers[kContainer].spec;
  EXPECT_EQ(spec.image, kLocal);
  EXPECT_EQ(spec.env.at("PGDATA"), "/srv/dbs/postgres-15");
  EXPECT_EQ(spec.stop_signal, SIGINT);
  EXPECT_EQ(spec.stop_timeout_s, 120);
  EXPECT_EQ(spec.labels.at("mpd.type"), "db");
  EXPECT_EQ(spec.labels.at("mpd.name"), "postgres-15");
  EXPECT_EQ(spec.labels.at("mpd.db.engine"), "postgres");
  EXPECT_EQ(spec.labels.at("mpd.db.version"), "15");
  EXPECT_EQ(world_.leases.at("db/postgres-15").hostnames,
            std::vector<std::string>{"postgres-15.db"});
  EXPECT_EQ(Db().observed.image(), kLocal);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/state/databases/postgres-15/hosts"));
}

TEST_F(DatabaseReconcilerTest, IsNotUsableBeforeALogin) {
  world_.no_login.insert(kContainer);
  Call(&WorkloadCommands::Create<DatabaseApi>, "postgres", "15");
  Up();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_FAILED); }));
  EXPECT_THAT(DbMessage(), HasSubstr("the database system is starting up"));
  world_.no_login.clear();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.Did("start mpd-db-postgres-15"), 1);
}

TEST_F(DatabaseReconcilerTest, FetchesAnImageThatIsNotHereAndTellsHowFarItIs) {
  world_.images.erase(kLocal);
  world_.in_registry.insert(kPublic);
  world_.registry_hangs = true;
  Call(&WorkloadCommands::Create<DatabaseApi>, "postgres", "15");
  Up();
  ASSERT_TRUE(Until([this] {
    return DbIs(api::STATE_PULLING) && DbMessage().find("1 of 2 MiB") != std::string::npos;
  })) << DbMessage();
  EXPECT_THAT(DbMessage(), HasSubstr(kPublic));
  world_.registry_hangs = false;
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); })) << DbMessage();
  EXPECT_EQ(Db().observed.image(), kPublic);
}

TEST_F(DatabaseReconcilerTest, AFetchEndsWithTheWish) {
  world_.images.erase(kLocal);
  world_.in_registry.insert(kPublic);
  world_.registry_hangs = true;
  Call(&WorkloadCommands::Create<DatabaseApi>, "postgres", "15");
  Up();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_PULLING); }));
  Call(&WorkloadCommands::Stop<DatabaseApi>, "postgres", "15");
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_MISSING); }));
  EXPECT_TRUE(Until([this] { return world_.Did(absl::StrCat("cancelled pull ", kPublic)) == 1; }));
}

TEST_F(DatabaseReconcilerTest, AnImageThatNobodyHasIsNamedAndAskedForAgain) {
  world_.images.erase(kLocal);
  Call(&WorkloadCommands::Create<DatabaseApi>, "postgres", "15");
  Up();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_FAILED); }));
  EXPECT_THAT(DbMessage(), HasSubstr(kPublic));
  EXPECT_THAT(DbMessage(), HasSubstr("no such host"));
  EXPECT_EQ(Db().observed.image(), "");
  // Nothing was made yet, so that the choice is open.
  world_.images.insert(kLocal);
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); })) << DbMessage();
  EXPECT_EQ(Db().observed.image(), kLocal);
}

TEST_F(DatabaseReconcilerTest, KeepsTheImageThatItsDataWereMadeWith) {
  world_.images.erase(kLocal);
  world_.in_registry.insert(kPublic);
  UpWithDatabase();
  world_.images.insert(kLocal);
  Down();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_STOPPED); }));
  Up();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.containers[kContainer].spec.image, kPublic);
}

TEST_F(DatabaseReconcilerTest, StopsBeforeTheResolverAndKeepsItsName) {
  UpWithDatabase();
  Down();
  ASSERT_TRUE(Until(
      [this] { return DbIs(api::STATE_STOPPED) && StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  EXPECT_LT(When("stop mpd-db-postgres-15"), When("stop mpd-service-dnsmasq"));
  EXPECT_EQ(world_.grace_given["mpd-db-postgres-15"], absl::Seconds(120));
  EXPECT_EQ(world_.leases.count("db/postgres-15"), 1u);
}

// A database that does not end takes no more than the environment's one budget, and the resolver is
// ended after it all the same.
TEST_F(DatabaseReconcilerTest, EverythingEndsWithinTheEnvironmentsBudget) {
  config_->environment_stop_timeout = absl::Milliseconds(400);
  UpWithDatabase();
  world_.never_stops.insert(kContainer);
  const absl::Time begin = absl::Now();
  Down();
  ASSERT_TRUE(Until(
      [this] { return DbIs(api::STATE_STOPPED) && StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(200));
  EXPECT_LE(world_.grace_given[kContainer], absl::Milliseconds(300));
  EXPECT_LE(world_.grace_given["mpd-service-dnsmasq"], absl::Seconds(3));
  // One that is stopped for itself has the time of its kind.
  world_.never_stops.clear();
  Up();
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_RUNNING); })) << DbMessage();
  Call(&WorkloadCommands::Stop<DatabaseApi>, "postgres", "15");
  ASSERT_TRUE(Until([this] { return DbIs(api::STATE_STOPPED); }));
  EXPECT_EQ(world_.grace_given[kContainer], absl::Seconds(120));
}

// Its stop hangs on beyond the budget: Podman does not answer, say.
TEST_F(DatabaseReconcilerTest, TheResolverWaitsNoLongerThanTheBudget) {
  config_->environment_stop_timeout = absl::Milliseconds(200);
  UpWithDatabase();
  world_.stop_hangs.insert(kContainer);
  Down();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  EXPECT_TRUE(DbIs(api::STATE_STOPPING));
}

TEST_F(DatabaseReconcilerTest, DeletingMovesTheDataAwayAndThenLetsGo) {
  UpWithDatabase();
  Call(&WorkloadCommands::Delete<DatabaseApi>, "postgres", "15");
  ASSERT_TRUE(Until([this] { return !Db().exists(); }));
  const auto ran =
      std::find_if(world_.history.begin(), world_.history.end(),
                   [](const std::string& what) { return what.rfind("ran postgres-15-2", 0) == 0; });
  ASSERT_NE(ran, world_.history.end());
  EXPECT_LT(When("remove mpd-db-postgres-15"), ran - world_.history.begin());
  EXPECT_LT(ran - world_.history.begin(), When("release db/postgres-15"));
  EXPECT_EQ(world_.containers.count(kContainer), 0u);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/state/databases/postgres-15"));
}

TEST_F(DatabaseReconcilerTest, KilledAnywhereWhileDeletingTheNextLifeCompletesIt) {
  UpWithDatabase();
  Call(&WorkloadCommands::Delete<DatabaseApi>, "postgres", "15");
  int64_t steps = 0;
  while (Db().exists()) {
    ASSERT_LT(++steps, 300);
    world_.halt_at = world_.gates + steps;
    world_.halted = false;
    NewLife();
    ASSERT_TRUE(Until([this] { return world_.halted || !Db().exists(); })) << DbMessage();
  }
  EXPECT_EQ(world_.containers.count(kContainer), 0u);
  EXPECT_EQ(world_.leases.count("db/postgres-15"), 0u);
  EXPECT_LT(When("remove mpd-db-postgres-15"), When("release db/postgres-15"));
}

TEST_F(DatabaseReconcilerTest, AVersionOfTheSameIdIsAnotherDatabase) {
  world_.images.insert("localhost/mpd-mariadb:10.11");
  Call(&WorkloadCommands::Create<DatabaseApi>, "mariadb", "10.11");
  Up();
  const WorkloadId id = *DatabaseWorkloadId("mariadb", "10-11");
  ASSERT_TRUE(Until([this, &id] { return StateOf(id) == api::STATE_RUNNING; }));
  Call(&WorkloadCommands::Delete<DatabaseApi>, "mariadb", "10-11");
  EXPECT_TRUE(Record(id).exists());
  EXPECT_FALSE(Record(id).being_deleted());
  EXPECT_EQ(Record(id).wish.version(), "10.11");
}

}  // namespace
}  // namespace mpd::containers
