// What a new kind of workload takes: the class and the line that registers it, here of a toy, which
// the reconciler then leases, makes, starts, probes, stops and deletes like every other.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "container-manager/kinds/container/container_workload.h"
#include "container-manager/model/workload_status.h"
#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

struct ToyApi {
  using Resource = api::Service;  // any message with a status would do
  static constexpr char kNoun[] = "Toy";
  static api::Service View(const WorkloadRecord& record, const Zone& zone) {
    api::Service toy;
    toy.set_name(record.id.name);
    *toy.mutable_status() = StatusView(record, zone);
    return toy;
  }
};

class ToyKind final : public ContainerWorkload {
 public:
  using ContainerWorkload::ContainerWorkload;

  absl::string_view type() const override { return "toy"; }
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override {
    return WorkloadId{"toy", std::string(name)};
  }
  absl::Duration StopGrace() const override { return absl::Seconds(1); }
  void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const override {
    *view->mutable_service() = ToyApi::View(record, zone);
  }
  void Complete(const WorkloadId&, stored::Wish* wish) const override {
    wish->set_image("localhost/toy:latest");
  }
  std::string Pool() const override { return "toys"; }
  absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>&, const std::string&,
                        ContainerSpec* spec) const override {
    spec->hostname = pass.id().name;
    return absl::OkStatus();
  }
  Awaitable<absl::Status> CheckUsable(UsableQuestion question) const override {
    co_return co_await deps().probe->Accepts(question.record.observed.address(), 7,
                                             question.patience);
  }
};

void AddToys(const ContainerDeps& deps, WorkloadKinds* kinds) {
  kinds->Add(std::make_unique<ToyKind>(deps));
}

class ToyKindTest : public ReconcilerTest {
 protected:
  ToyKindTest() {
    add_kinds_ = AddToys;
    world_.images.insert("localhost/toy:latest");
    NewLife();
    target_.id = toy_;
  }
  bool ToyIs(api::State state) { return StateOf(toy_) == state; }
  std::string ToyMessage() { return Record(toy_).observed.status_message(); }

  const WorkloadId toy_ = {"toy", "robot"};
  WorkloadRecord target_;
};

TEST_F(ToyKindTest, IsRunStoppedAndDeletedWithItsLeaseAndContainer) {
  Call(&WorkloadCommands::Create<ToyApi>, target_);
  Up();
  ASSERT_TRUE(Until([this] { return ToyIs(api::STATE_RUNNING); })) << ToyMessage();
  EXPECT_EQ(world_.leases.at("toy/robot").hostnames, std::vector<std::string>{"robot.toy"});
  const FakeContainer& container = world_.containers.at("mpd-toy-robot");
  EXPECT_TRUE(container.info.running);
  EXPECT_EQ(container.spec.address, world_.leases.at("toy/robot").address);
  EXPECT_EQ(container.spec.image, "localhost/toy:latest");
  EXPECT_EQ(container.spec.labels.at("mpd.type"), "toy");
  EXPECT_LT(When("start mpd-service-dnsmasq"), When("start mpd-toy-robot"));

  Call(&WorkloadCommands::Stop<ToyApi>, target_);
  ASSERT_TRUE(Until([this] { return ToyIs(api::STATE_STOPPED); })) << ToyMessage();
  EXPECT_FALSE(world_.containers.at("mpd-toy-robot").info.running);
  EXPECT_EQ(world_.leases.count("toy/robot"), 1u);

  Call(&WorkloadCommands::Delete<ToyApi>, target_);
  ASSERT_TRUE(Until([this] { return !Record(toy_).exists(); })) << ToyMessage();
  EXPECT_EQ(world_.containers.count("mpd-toy-robot"), 0u);
  EXPECT_EQ(world_.leases.count("toy/robot"), 0u);
  EXPECT_LT(When("remove mpd-toy-robot"), When("release toy/robot"));
}

TEST_F(ToyKindTest, IsStartedAgainWhenItDies) {
  Call(&WorkloadCommands::Create<ToyApi>, target_);
  Up();
  ASSERT_TRUE(Until([this] { return ToyIs(api::STATE_RUNNING); })) << ToyMessage();
  world_.Kill("mpd-toy-robot");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-toy-robot") == 2; }));
  EXPECT_TRUE(Until([this] { return ToyIs(api::STATE_RUNNING); })) << ToyMessage();
}

// A version that does not know the kind leaves the workload as it is, and it comes back with the
// kind.
TEST_F(ToyKindTest, IsLeftAloneByAVersionWithoutItsKind) {
  Call(&WorkloadCommands::Create<ToyApi>, target_);
  Up();
  ASSERT_TRUE(Until([this] { return ToyIs(api::STATE_RUNNING); })) << ToyMessage();
  add_kinds_ = nullptr;
  NewLife();
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  EXPECT_TRUE(world_.containers.at("mpd-toy-robot").info.running);
  add_kinds_ = AddToys;
  NewLife();
  Call(&WorkloadCommands::Stop<ToyApi>, target_);
  EXPECT_TRUE(Until([this] { return ToyIs(api::STATE_STOPPED); })) << ToyMessage();
}

}  // namespace
}  // namespace mpd::containers
