#include "container-manager/reconcile/start_order.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace mpd::containers {
namespace {

using Until = Dependency::Until;

// Its workloads depend on what the test says.
class PlainKind : public WorkloadKind {
 public:
  PlainKind(std::string type, absl::Duration grace, std::vector<Dependency> needed)
      : type_(std::move(type)), grace_(grace), needed_(std::move(needed)) {}

  absl::string_view type() const override { return type_; }
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override {
    if (name == "unnamable") return InvalidField("name", name, "is not allowed");
    return WorkloadId{type_, std::string(name)};
  }
  std::vector<Dependency> DependsOn(const WorkloadRecord&) const override { return needed_; }
  absl::Duration StopGrace() const override { return grace_; }
  Awaitable<absl::StatusOr<PassOutcome>> Up(Pass&) override { co_return PassOutcome::kSettled; }
  Awaitable<absl::StatusOr<PassOutcome>> Down(Pass&) override { co_return PassOutcome::kSettled; }
  Awaitable<absl::Status> Delete(Pass&) override { co_return absl::OkStatus(); }
  void View(const WorkloadRecord&, const Zone&, api::Workload*) const override {}

 private:
  const std::string type_;
  const absl::Duration grace_;
  const std::vector<Dependency> needed_;
};

// base/b; site/s, which may start once base/b begins to; page/p, which waits until site/s runs.
class StartOrderTest : public ::testing::Test {
 protected:
  StartOrderTest() {
    Add("base", absl::Seconds(3), {});
    Add("site", absl::Seconds(60), {{base_, Until::kStartBegun}});
    Add("page", absl::Seconds(5), {{site_, Until::kRunning}});
    for (const WorkloadId& id : {base_, site_, page_}) Set(id, api::STATE_STOPPED);
    all_.environment.requested = api::REQUESTED_STATE_RUNNING;
  }

  void Add(const std::string& type, absl::Duration grace, std::vector<Dependency> needed) {
    kinds_.Add(std::make_unique<PlainKind>(type, grace, std::move(needed)));
  }
  void Set(const WorkloadId& id, api::State state, const std::string& message = "") {
    WorkloadRecord& record = all_.workloads[id];
    record.id = id;
    record.observed.set_state(state);
    record.observed.set_status_message(message);
  }
  void StopEnvironment() {
    all_.environment.requested = api::REQUESTED_STATE_STOPPED;
    all_.environment.stop_time = begin_;
  }
  StartOrder Order() const { return StartOrder(kinds_, all_, absl::Seconds(40)); }
  std::string WaitsToStart(const WorkloadId& id, const std::set<WorkloadId>& begun = {}) const {
    return Order().WaitsToStart(all_.workloads.at(id), begun);
  }
  std::string WaitsToStop(const WorkloadId& id, absl::Duration after) const {
    return Order().WaitsToStop(all_.workloads.at(id), begin_ + after);
  }
  absl::Duration TimeToStop(const WorkloadId& id, absl::Duration after) const {
    return Order().TimeToStop(all_.workloads.at(id), begin_ + after);
  }

  const WorkloadId base_ = {"base", "b"};
  const WorkloadId site_ = {"site", "s"};
  const WorkloadId page_ = {"page", "p"};
  const absl::Time begin_ = absl::FromUnixSeconds(1'000'000);
  WorkloadKinds kinds_;
  WorkloadList all_;
};

TEST_F(StartOrderTest, WhatDependsOnNothingWaitsForNothing) { EXPECT_EQ(WaitsToStart(base_), ""); }

TEST_F(StartOrderTest, ABegunStartIsEnoughForThoseThatSaySo) {
  EXPECT_EQ(WaitsToStart(site_), "waits for base/b");
  EXPECT_EQ(WaitsToStart(site_, {base_}), "");
  Set(base_, api::STATE_RUNNING);
  EXPECT_EQ(WaitsToStart(site_), "");
  EXPECT_EQ(WaitsToStart(page_, {base_, site_}), "waits for site/s");
  Set(site_, api::STATE_RUNNING);
  EXPECT_EQ(WaitsToStart(page_), "");
}

TEST_F(StartOrderTest, AFailureOfWhatIsWaitedForIsPassedOn) {
  Set(base_, api::STATE_FAILED, "no image");
  EXPECT_EQ(WaitsToStart(site_, {base_}), "waits for base/b: no image");
  all_.workloads.erase(base_);
  EXPECT_EQ(WaitsToStart(site_, {base_}), "waits for base/b to be set up");
}

TEST_F(StartOrderTest, StopsAfterThoseThatDependOnItUntilTheRestOfTheBudgetIsItsOwn) {
  StopEnvironment();
  Set(site_, api::STATE_STOPPING);
  EXPECT_EQ(WaitsToStop(base_, absl::Seconds(1)), "stops after site/s");
  EXPECT_EQ(WaitsToStop(base_, absl::Seconds(36)), "stops after site/s");
  EXPECT_EQ(WaitsToStop(base_, absl::Seconds(37)), "");
  Set(site_, api::STATE_STOPPED);
  EXPECT_EQ(WaitsToStop(base_, absl::Seconds(1)), "");
}

TEST_F(StartOrderTest, AllThatStopWithTheEnvironmentShareItsBudget) {
  EXPECT_EQ(TimeToStop(site_, absl::Seconds(10)), absl::Seconds(60)) << "stopped for itself";
  StopEnvironment();
  EXPECT_EQ(TimeToStop(site_, absl::Seconds(10)), absl::Seconds(27)) << "3 s are the base's";
  EXPECT_EQ(TimeToStop(base_, absl::Seconds(37)), absl::Seconds(3));
  // A quarter of the budget at most is kept for what stops last, however long its grace.
  EXPECT_EQ(TimeToStop(page_, absl::Seconds(28)), absl::Seconds(2));
  EXPECT_EQ(TimeToStop(site_, absl::Seconds(41)), absl::Seconds(60)) << "started by somebody else";
}

TEST_F(StartOrderTest, AKindIsFoundByTypeAndName) {
  EXPECT_EQ(kinds_.Find(site_)->type(), "site");
  EXPECT_EQ(kinds_.Find({"site", "unnamable"}), nullptr);
  EXPECT_EQ(kinds_.Find({"toy", "s"}), nullptr);
  EXPECT_EQ(*kinds_.ParseKey("site/s"), site_);
  EXPECT_EQ(ErrorMetadataValue(kinds_.ParseKey("site/unnamable").status(), "field"), "workload");
  EXPECT_EQ(ErrorMetadataValue(kinds_.ParseName("site", "unnamable").status(), "field"), "name");
  EXPECT_EQ(ErrorReason(kinds_.ParseName("toy", "s").status()), "WORKLOAD_NOT_FOUND");
  for (const char* key : {"", "site", "toy/s"}) {
    const absl::Status refused = kinds_.ParseKey(key).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_NE(std::string(refused.message()).find("site/<name>"), std::string::npos) << refused;
  }
}

}  // namespace
}  // namespace mpd::containers
