// What tests of the reconciler run in: the daemon's inside without its gRPC, in a world in memory.
#ifndef MPD_CONTAINER_MANAGER_TESTING_RECONCILER_TEST_UTIL_H_
#define MPD_CONTAINER_MANAGER_TESTING_RECONCILER_TEST_UTIL_H_

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

#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "container-manager/api/workload_commands.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/database/database_api.h"
#include "container-manager/kinds/registry.h"
#include "container-manager/kinds/runtime/runtime_api.h"
#include "container-manager/kinds/service/service_kind.h"
#include "container-manager/reconcile/reconciler.h"
#include "container-manager/testing/fake_environment.h"

namespace mpd::containers {

inline constexpr auto kPatience = std::chrono::seconds(20);

// One life of the daemon's inside: its loop, its reconciler. The world and the store stay.
struct Life {
  // `add_kinds` may add kinds to those of the daemon.
  Life(WorkloadStore* store, const Config* config, const Folders& folders, FakeWorld* world,
       absl::Duration wait_for_ready,
       const std::function<void(const ContainerDeps&, WorkloadKinds*)>& add_kinds)
      : ready_timeout(wait_for_ready),
        actors(&loop, world),
        drivers(&loop, &actors, &actors, &actors),
        kinds(MakeKinds(Deps(store, config, folders))),
        commands(&loop, store, &kinds, &config->zone) {
    if (add_kinds) add_kinds(Deps(store, config, folders), &kinds);
    ReconcilerTimes times;
    times.first_backoff = absl::Milliseconds(5);
    times.max_backoff = absl::Milliseconds(50);
    times.waiting = absl::Milliseconds(10);
    times.resync = absl::Milliseconds(50);
    times.recheck = absl::Milliseconds(200);
    times.stable = absl::Milliseconds(400);
    reconciler =
        std::make_unique<Reconciler>(ReconcilerDeps{&loop, config, store, &actors, &kinds}, times);
    reconciler->Start();
  }

  ContainerDeps Deps(WorkloadStore* store, const Config* config, const Folders& folders) {
    ContainerDeps deps;
    deps.loop = &loop;
    deps.config = config;
    deps.store = store;
    deps.podman = &actors;
    deps.drivers = &drivers;
    deps.leases = &actors;
    deps.resolver = &actors;
    deps.probe = &actors;
    deps.folders = folders;
    deps.ready_timeout = ready_timeout;
    deps.lease_again = absl::Milliseconds(50);
    return deps;
  }

  const absl::Duration ready_timeout;
  boost::asio::io_context loop;
  FakeActors actors;
  Drivers drivers;
  WorkloadKinds kinds;
  WorkloadCommands commands;
  std::unique_ptr<Reconciler> reconciler;
};

class ReconcilerTest : public ::testing::Test {
 protected:
  // With the resolver as the only service, and `more` in the configuration.
  ReconcilerTest()
      : ReconcilerTest(
            "pools { name: 'services' first_offset: 3 last_offset: 29 fixed_only: true "
            "        fixed { owner: 'service/dnsmasq' offset: 3 } } "
            "pools { name: 'databases' first_offset: 30 last_offset: 99 } "
            "pools { name: 'runtimes' first_offset: 100 last_offset: 254 }") {}
  explicit ReconcilerTest(const std::string& more) {
    char folder[] = "/tmp/mpd-reconciler-XXXXXX";
    folder_ = mkdtemp(folder);
    config_ = std::make_unique<Config>(*ParseConfig(
        "developer { authorized_keys_file: \"" + folder_ + "/keys\" } " + more, "test"));
    std::ofstream(folder_ + "/keys")
        << "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB dev\n";
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
    life_ = std::make_unique<Life>(workloads_.get(), config_.get(), folders_, &world_,
                                   ready_timeout_, add_kinds_);
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

  // Writes a key of the store as another version may have left it.
  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store_->CommitAndWait({{}, {{StoreOp::Type::kPut, key, value}}}).ok());
  }
  WorkloadRecord Record(const WorkloadId& id) { return *workloads_->Read(id); }
  WorkloadRecord Php() { return Record(*RuntimeId("php")); }
  api::State StateOf(const WorkloadId& id) { return Record(id).observed.state(); }
  bool PhpIs(api::State state) { return StateOf(*RuntimeId("php")) == state; }

  // Each returns when the call is answered, which waits for nothing but the store.
  void Up() {
    std::atomic<int> done{0};
    life_->commands.StartEnvironment("", [&done](const auto&) { ++done; });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  void Down() {
    std::atomic<int> done{0};
    life_->commands.StopEnvironment("", [&done](const auto&) { ++done; });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  template <typename Resource>
  using Command = void (WorkloadCommands::*)(WorkloadCommands::Target, const std::string&,
                                             Reply<Resource>);
  void Call(Command<api::Runtime> command, const std::string& name) {
    Call(command, RuntimeApi::TargetOf(name));
  }
  void Call(Command<api::Database> command, const std::string& engine, const std::string& version) {
    Call(command, DatabaseApi::TargetOf(engine, version));
  }
  template <typename Resource>
  void Call(Command<Resource> command, const WorkloadCommands::Target& target) {
    std::atomic<int> done{0};
    (life_->commands.*command)(target, "", [&done](const absl::StatusOr<Resource>& resource) {
      EXPECT_TRUE(resource.ok()) << resource.status();
      ++done;
    });
    ASSERT_TRUE(Until([&done] { return done == 1; }));
  }
  void UpWithPhp() {
    Call(&WorkloadCommands::Create<RuntimeApi>, "php");
    Up();
    ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  }
  std::string Message() { return Php().observed.status_message(); }
  // Where it stands in the history; past the end where it does not.
  std::ptrdiff_t When(const std::string& what) {
    return std::find(world_.history.begin(), world_.history.end(), what) - world_.history.begin();
  }

  std::function<void(const ContainerDeps&, WorkloadKinds*)> add_kinds_;
  absl::Duration ready_timeout_ = absl::Milliseconds(300);
  std::string last_message_;
  std::string folder_;
  std::unique_ptr<Config> config_;
  Folders folders_;
  FakeWorld world_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<WorkloadStore> workloads_;
  std::unique_ptr<Life> life_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_TESTING_RECONCILER_TEST_UTIL_H_
