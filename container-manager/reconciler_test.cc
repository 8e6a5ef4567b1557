#include "container-manager/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "common/sqlite_store.h"
#include "common/status.h"
#include "container-manager/fake_world.h"
#include "container-manager/podman_errors.h"
#include "container-manager/workload_calls.h"

namespace mpd::containers {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(20);

// One life of the daemon's inside: its loop, its reconciler. The world and the store stay.
struct Life {
  Life(WorkloadStore* store, const Config* config, const Folders& folders, FakeWorld* world)
      : actors(&loop, world), keeper(&loop, &actors), calls(&loop, store, config) {
    PassParts parts;
    parts.loop = &loop;
    parts.config = config;
    parts.store = store;
    parts.podman = &actors;
    parts.keeper = &keeper;
    parts.leases = &actors;
    parts.resolver = &actors;
    parts.probe = &actors;
    parts.folders = folders;
    parts.ready_timeout = absl::Milliseconds(300);
    ReconcilerTimes times;
    times.first_backoff = absl::Milliseconds(5);
    times.max_backoff = absl::Milliseconds(50);
    times.waiting = absl::Milliseconds(10);
    times.resync = absl::Milliseconds(200);
    times.resolver_check = absl::Milliseconds(10);
    reconciler = std::make_unique<Reconciler>(parts, times);
    reconciler->Start();
  }

  boost::asio::io_context loop;
  FakeActors actors;
  ContainerKeeper keeper;
  WorkloadCalls calls;
  std::unique_ptr<Reconciler> reconciler;
};

class ReconcilerTest : public ::testing::Test {
 protected:
  ReconcilerTest() {
    char folder[] = "/tmp/mpd-reconciler-XXXXXX";
    folder_ = mkdtemp(folder);
    config_ = std::make_unique<Config>(
        *ParseConfig("developer { authorized_keys_file: \"" + folder_ + "/keys\" }", "test"));
    std::ofstream(folder_ + "/keys") << "ssh-ed25519 AAAA dev\n";
    std::ofstream(folder_ + "/passwd") << "dev:x:1000:1000::/home/dev:/bin/bash\n";
    folders_.state = folder_ + "/state";
    folders_.dnsmasq = folder_ + "/dnsmasq";
    folders_.caroot = folder_ + "/caroot";
    folders_.platform_env = folder_ + "/platform.env";
    folders_.resolve = folder_ + "/resolve";
    folders_.passwd = folder_ + "/passwd";
    world_.resolver.config_digest = "digest one";
    Open();
    NewLife();
  }
  ~ReconcilerTest() override {
    EndLife();
    workloads_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open() {
    SqliteStoreOptions options;
    options.path = folder_ + "/store.db";
    auto store = OpenSqliteStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    workloads_ = std::make_unique<WorkloadStore>(store_.get());
  }

  void EndLife() {
    if (!life_) return;
    life_->reconciler->Stop();
    // What is on its way to the disk is answered on the loop, which must be there.
    EXPECT_TRUE(store_->CommitAndWait({}).ok());
    life_.reset();
  }

  void NewLife() {
    EndLife();
    life_ = std::make_unique<Life>(workloads_.get(), config_.get(), folders_, &world_);
  }

  // Runs the loop until it holds.
  bool Until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      life_->loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  WorkloadRecord Record(const WorkloadId& id) { return *workloads_->Read(id); }
  WorkloadRecord Php() { return Record(*RuntimeId("php")); }
  api::State StateOf(const WorkloadId& id) { return Record(id).observed.state(); }
  bool PhpIs(api::State state) { return StateOf(*RuntimeId("php")) == state; }

  // Each returns when the call is answered, which waits for nothing but the store.
  void Up() {
    std::atomic<int> done{0};
    life_->calls.StartEnvironment("", [&done](const auto&) { ++done; });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  void Down() {
    std::atomic<int> done{0};
    life_->calls.StopEnvironment("", [&done](const auto&) { ++done; });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  using RuntimeCall = void (WorkloadCalls::*)(absl::string_view, const std::string&,
                                              Answer<api::Runtime>);
  void Call(RuntimeCall method, const std::string& name) {
    std::atomic<int> done{0};
    (life_->calls.*method)(name, "", [&done](const absl::StatusOr<api::Runtime>& runtime) {
      EXPECT_TRUE(runtime.ok()) << runtime.status();
      ++done;
    });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  void UpWithPhp() {
    Call(&WorkloadCalls::CreateRuntime, "php");
    Up();
    ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  }
  std::string Message() { return Php().observed.status_message(); }
  // Where it stands in the history; past the end where it does not.
  std::ptrdiff_t When(const std::string& what) {
    return std::find(world_.history.begin(), world_.history.end(), what) - world_.history.begin();
  }

  std::string folder_;
  std::unique_ptr<Config> config_;
  Folders folders_;
  FakeWorld world_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<WorkloadStore> workloads_;
  std::unique_ptr<Life> life_;
};

TEST_F(ReconcilerTest, StartsTheResolverOnceAllNamesAreLeasedAndTheRuntimesAfterIt) {
  UpWithPhp();
  EXPECT_EQ(StateOf(DnsmasqId()), api::STATE_RUNNING);
  EXPECT_LT(When("lease runtime/php"), When("create mpd-service-dnsmasq"));
  EXPECT_LT(When("start mpd-service-dnsmasq"), When("create mpd-runtime-php"));
  const WorkloadRecord php = Php();
  EXPECT_EQ(php.observed.address(), world_.leases["runtime/php"].address);
  EXPECT_EQ(php.observed.container_id(), world_.containers["mpd-runtime-php"].info.id);
  EXPECT_EQ(world_.containers["mpd-runtime-php"].spec.dns_servers,
            std::vector<std::string>{"10.163.0.3"});
}

TEST_F(ReconcilerTest, LeasesAtOnceAndStartsNothingWhileTheEnvironmentIsStopped) {
  Call(&WorkloadCalls::CreateRuntime, "php");
  ASSERT_TRUE(Until([this] { return !Php().observed.address().empty(); }));
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_MISSING); }));
  EXPECT_THAT(Message(), HasSubstr("mpdctl up"));
  EXPECT_TRUE(world_.containers.empty());
}

TEST_F(ReconcilerTest, TellsAtOnceThatAContainerExitedAndWhatItPrinted) {
  world_.exits_at_once.insert("mpd-runtime-php");
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("exited with code 3"));
  EXPECT_THAT(Message(), HasSubstr("bad option at line 1"));
  EXPECT_EQ(Php().wish.requested_state(), api::REQUESTED_STATE_RUNNING);
  world_.exits_at_once.clear();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, GivesUpOnWhatNeverGetsReadyAndGoesOnTrying) {
  world_.never_ready.insert("mpd-runtime-php");
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("sshd does not answer"));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
  world_.never_ready.clear();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, AWishThatChangesEndsTheWaitForReadiness) {
  world_.never_ready.insert("mpd-runtime-php");
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") > 0; }));
  Call(&WorkloadCalls::StopRuntime, "php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_STOPPED); })) << Message();
  EXPECT_EQ(world_.Did("stop mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, NeverTouchesAContainerThatIsNotOurs) {
  FakeContainer foreign;
  foreign.info.id = "f00";
  foreign.info.name = "mpd-runtime-php";
  foreign.info.running = true;
  world_.containers["mpd-runtime-php"] = foreign;
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("mpd did not make"));
  Call(&WorkloadCalls::DeleteRuntime, "php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.id, "f00");
  EXPECT_TRUE(world_.containers["mpd-runtime-php"].info.running);
}

TEST_F(ReconcilerTest, AMissingImageIsNamedAndUsedOnceItIsThere) {
  world_.images.erase("localhost/mpd-runtime-php:latest");
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("localhost/mpd-runtime-php:latest"));
  world_.images.insert("localhost/mpd-runtime-php:latest");
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, StoppingTheEnvironmentKeepsWishesAndLeasesAndStopsTheResolverLast) {
  UpWithPhp();
  Down();
  ASSERT_TRUE(Until(
      [this] { return PhpIs(api::STATE_STOPPED) && StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  EXPECT_LT(When("stop mpd-runtime-php"), When("stop mpd-service-dnsmasq"));
  EXPECT_EQ(Php().wish.requested_state(), api::REQUESTED_STATE_RUNNING);
  EXPECT_EQ(world_.leases.count("runtime/php"), 1u);
  Up();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, StartsAgainWhatDied) {
  UpWithPhp();
  world_.Kill("mpd-runtime-php");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; }));
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, KeepsSayingRunningWhilePodmanDoesNotAnswer) {
  UpWithPhp();
  world_.podman_down = PodmanErrors::Unavailable("/p.sock", "inspect", "connection refused");
  ASSERT_TRUE(Until([this] { return !Message().empty(); }));
  EXPECT_TRUE(PhpIs(api::STATE_RUNNING));
  EXPECT_THAT(Message(), HasSubstr("Podman does not answer"));
  world_.podman_down = absl::OkStatus();
  ASSERT_TRUE(Until([this] { return Message().empty(); }));
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, FreesAnAddressThatTheTableGivesToNobody) {
  world_.address_table["10.163.0.3"] = "deadbeef";
  Up();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }))
      << Record(DnsmasqId()).observed.status_message();
  EXPECT_EQ(world_.Did("remove network"), 1);
}

TEST_F(ReconcilerTest, ANetworkOfOursThatDiffersIsMadeAnewAndAnotherIsNamed) {
  NetworkSpec old;
  old.name = config_->network_name;
  old.subnet = "10.99.0.0/24";
  world_.networks[old.name] = old;
  Up();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_FAILED; }));
  EXPECT_THAT(Record(DnsmasqId()).observed.status_message(), HasSubstr("10.99.0.0/24"));
  EXPECT_EQ(world_.Did("remove network"), 0);
  world_.networks[old.name].labels["mpd.managed"] = "true";
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }));
  EXPECT_EQ(world_.networks[old.name].subnet, "10.163.0.0/24");
}

TEST_F(ReconcilerTest, TheResolverIsMadeAnewForNewFilesAndNudgedWhenItDoesNotFollow) {
  UpWithPhp();
  world_.resolver.config_digest = "digest two";
  ASSERT_TRUE(Until([this] { return world_.Did("create mpd-service-dnsmasq") == 2; }));
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }));
  // A dnsd-controller that starts anew, and has not rendered yet, changes nothing.
  world_.resolver.config_digest = "";
  world_.resolver.reload_request = 1;
  ASSERT_TRUE(Until([this] { return world_.Did("SIGHUP mpd-service-dnsmasq") == 1; }));
  world_.resolver.restart_request = 1;
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-service-dnsmasq") == 3; }));
  EXPECT_EQ(world_.Did("create mpd-service-dnsmasq"), 2);
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, ANewLifeFindsEverythingAsItShouldBeAndTouchesNothing) {
  UpWithPhp();
  const std::vector<std::string> before = world_.history;
  NewLife();
  const int64_t gates = world_.gates;
  ASSERT_TRUE(Until([this, gates] { return world_.gates > gates + 40; }));
  EXPECT_EQ(world_.history, before);
  EXPECT_TRUE(PhpIs(api::STATE_RUNNING));
}

// Cut off at every step in turn: the next life completes what this one began, with one container
// and one lease.
TEST_F(ReconcilerTest, KilledAnywhereWhileCreatingTheNextLifeCompletesIt) {
  Call(&WorkloadCalls::CreateRuntime, "php");
  Up();
  int64_t steps = 0;
  while (!PhpIs(api::STATE_RUNNING)) {
    ASSERT_LT(++steps, 300);
    // One gate more than the life before had.
    world_.halt_at = world_.gates + steps;
    world_.halted = false;
    NewLife();
    ASSERT_TRUE(Until([this] { return world_.halted || PhpIs(api::STATE_RUNNING); })) << Message();
  }
  EXPECT_GT(steps, 10);
  EXPECT_EQ(world_.containers.size(), 2u);
  EXPECT_EQ(world_.leases.size(), 2u);
  EXPECT_EQ(world_.Did("lease runtime/php"), 1);
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, KilledAnywhereWhileDeletingTheNextLifeCompletesIt) {
  UpWithPhp();
  Call(&WorkloadCalls::DeleteRuntime, "php");
  int64_t steps = 0;
  while (Php().exists()) {
    ASSERT_LT(++steps, 300);
    world_.halt_at = world_.gates + steps;
    world_.halted = false;
    NewLife();
    ASSERT_TRUE(Until([this] { return world_.halted || !Php().exists(); })) << Message();
  }
  EXPECT_EQ(world_.containers.count("mpd-runtime-php"), 0u);
  EXPECT_EQ(world_.leases.count("runtime/php"), 0u);
  EXPECT_LT(When("remove mpd-runtime-php"), When("release runtime/php"));
  EXPECT_FALSE(std::filesystem::exists(folders_.state + "/runtimes/php"));
}

TEST(BackoffTest, DoublesUpToTheMaximum) {
  const ReconcilerTimes times;
  EXPECT_EQ(BackoffAfter(1, times), absl::Milliseconds(100));
  EXPECT_EQ(BackoffAfter(2, times), absl::Milliseconds(200));
  EXPECT_EQ(BackoffAfter(9, times), absl::Milliseconds(25600));
  EXPECT_EQ(BackoffAfter(10, times), absl::Seconds(30));
  EXPECT_EQ(BackoffAfter(1000, times), absl::Seconds(30));
}

}  // namespace
}  // namespace mpd::containers
