// What somebody else did to containers, network and volumes, or left half done, is put right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

using ::testing::HasSubstr;

TEST_F(ReconcilerTest, AContainerThatWasRenamedGetsItsNameBack) {
  UpWithPhp();
  const std::string id = world_.containers["mpd-runtime-php"].info.id;
  world_.Rename("mpd-runtime-php", "somebody");
  ASSERT_TRUE(Until([this] { return world_.containers.count("mpd-runtime-php") == 1; }));
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.id, id);
  EXPECT_EQ(world_.containers.size(), 2u);
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, AContainerThatWasPausedGoesOn) {
  UpWithPhp();
  FakeContainer& php = world_.containers["mpd-runtime-php"];
  php.info.status = "paused";
  php.info.running = false;
  world_.on_event({"container", "pause", php.info.id, php.info.name, absl::Now()});
  ASSERT_TRUE(Until([this] { return world_.Did("unpause mpd-runtime-php") == 1; }));
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
  EXPECT_TRUE(PhpIs(api::STATE_RUNNING));
}

TEST_F(ReconcilerTest, AContainerThatWasMovedIsConnectedAtItsAddressAgain) {
  UpWithPhp();
  const std::string address = Php().observed.address();
  world_.Move("mpd-runtime-php", "10.163.0.77");
  ASSERT_TRUE(Until([this] { return world_.Did("connect mpd-runtime-php") == 1; }));
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.networks.begin()->second, address);
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, WhatNoEventToldOfIsFoundByTheListing) {
  UpWithPhp();
  const auto on_event = std::exchange(world_.on_event, nullptr);
  world_.Remove("mpd-runtime-php");
  ASSERT_TRUE(Until([this] { return world_.Did("create mpd-runtime-php") == 2; }));
  world_.on_event = on_event;
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, AContainerWithOurLabelThatIsNotWantedIsLeftAlone) {
  UpWithPhp();
  FakeContainer orphan;
  orphan.info.id = "0badcafe";
  orphan.info.name = "mpd-runtime-lost";
  orphan.info.running = true;
  orphan.info.labels = {{"mpd.managed", "true"}, {"mpd.type", "runtime"}, {"mpd.name", "lost"}};
  world_.containers["mpd-runtime-lost"] = orphan;
  const int64_t gates = world_.gates;
  ASSERT_TRUE(Until([this, gates] { return world_.gates > gates + 30; }));
  EXPECT_EQ(world_.containers["mpd-runtime-lost"].info.id, "0badcafe");
  EXPECT_TRUE(world_.containers["mpd-runtime-lost"].info.running);
}

// A Podman that leaves no trace of a connection that failed: the network is recreated, and others
// that are on it go on running.
TEST_F(ReconcilerTest, FreesAnAddressOfADeadContainerWhileOthersRun) {
  UpWithPhp();
  world_.rolls_back = true;
  world_.address_table["10.163.0.103"] = "deadbeef";
  world_.leases["runtime/beta"].address = "10.163.0.103";
  world_.leases["runtime/beta"].revision = ++world_.lease_revision;
  world_.resolver.rendered_revision = world_.lease_revision;
  Call(&WorkloadCommands::Create<RuntimeApi>, "beta");
  const WorkloadId beta = *RuntimeId("beta");
  ASSERT_TRUE(Until([&] { return StateOf(beta) == api::STATE_RUNNING; }))
      << Record(beta).observed.status_message();
  EXPECT_EQ(world_.Did("remove network"), 1);
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.networks.begin()->second,
            Php().observed.address());
}

TEST_F(ReconcilerTest, KeepsTheTableWhereSomebodyElseIsOnTheNetwork) {
  UpWithPhp();
  world_.rolls_back = true;
  FakeContainer other;
  other.info.id = "f00";
  other.info.name = "somebody";
  other.info.networks[config_->network_name] = "10.163.0.200";
  world_.containers["somebody"] = other;
  world_.address_table["10.163.0.103"] = "deadbeef";
  world_.leases["runtime/beta"].address = "10.163.0.103";
  world_.leases["runtime/beta"].revision = ++world_.lease_revision;
  world_.resolver.rendered_revision = world_.lease_revision;
  Call(&WorkloadCommands::Create<RuntimeApi>, "beta");
  const WorkloadId beta = *RuntimeId("beta");
  ASSERT_TRUE(Until([&] { return StateOf(beta) == api::STATE_FAILED; }));
  EXPECT_THAT(Record(beta).observed.status_message(), HasSubstr("deadbeef"));
  EXPECT_EQ(world_.Did("remove network"), 0);
  EXPECT_EQ(world_.containers["somebody"].info.networks.size(), 1u);
}

TEST_F(ReconcilerTest, FreesAnAddressThatTheTableGivesToNobody) {
  world_.address_table["10.163.0.3"] = "deadbeef";
  Up();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }))
      << Record(DnsmasqId()).observed.status_message();
  EXPECT_EQ(world_.Did("remove network"), 0);
  EXPECT_EQ(world_.containers["mpd-service-dnsmasq"].info.networks.begin()->second, "10.163.0.3");
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

TEST_F(ReconcilerTest, ABridgeThatOutlivedItsNetworkIsRemovedAndWhatWasOnItStartedAgain) {
  UpWithPhp();
  world_.networks.clear();
  world_.bridge_left = true;
  world_.Remove("mpd-service-dnsmasq");
  ASSERT_TRUE(Until([this] { return world_.Did("create network") == 2; }));
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; }));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
  EXPECT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }));
}

TEST_F(ReconcilerTest, ADataVolumeWithoutItsFolderIsMadeAnewWithTheContainersThatHaveIt) {
  UpWithPhp();
  const std::string before = world_.containers.at("mpd-runtime-php").info.id;
  world_.without_folder.insert(kDataVolume);
  world_.Kill("mpd-runtime-php");
  ASSERT_TRUE(Until([&] { return world_.Did("remove volume") == 1; })) << Message();
  // Until it is looked at again the state is that of the container before.
  ASSERT_TRUE(Until([&] {
    const auto php = world_.containers.find("mpd-runtime-php");
    return php != world_.containers.end() && php->second.info.id != before &&
           php->second.info.running && PhpIs(api::STATE_RUNNING) &&
           StateOf(DnsmasqId()) == api::STATE_RUNNING;
  })) << Message();
  EXPECT_EQ(world_.volumes.count(kDataVolume), 1u);
}

TEST_F(ReconcilerTest, ADataVolumeThatSomebodyElseUsesIsKeptAndTheUserNamed) {
  UpWithPhp();
  FakeContainer foreign = world_.containers.at("mpd-runtime-php");
  foreign.info.name = "somebody";
  foreign.info.id = "beef";
  foreign.info.running = false;
  world_.containers["somebody"] = foreign;
  // Named and labelled as ours are, and in no record of ours.
  foreign.info.name = "mpd-runtime-lost";
  foreign.info.id = "1057";
  foreign.info.labels["mpd.name"] = "lost";
  world_.containers["mpd-runtime-lost"] = foreign;
  world_.without_folder.insert(kDataVolume);
  world_.Kill("mpd-runtime-php");
  ASSERT_TRUE(Until([&] { return Message().find("mpd-runtime-lost") != std::string::npos; }));
  world_.containers.erase("mpd-runtime-lost");
  ASSERT_TRUE(Until([&] { return Message().find("somebody") != std::string::npos; }));
  EXPECT_EQ(world_.Did("remove volume"), 0);
  EXPECT_EQ(world_.Did("remove mpd-runtime-php"), 0);
  world_.containers.erase("somebody");
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
}

TEST_F(ReconcilerTest, WhatRunsOnAfterItsRecordWasRemovedIsEndedAndNothingElse) {
  UpWithPhp();
  const std::string id = world_.containers.at("mpd-runtime-php").info.id;
  world_.left_running = {id, "beef"};
  world_.Remove("mpd-runtime-php");
  ASSERT_TRUE(Until([&] { return world_.left_running.count(id) == 0; }));
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  EXPECT_EQ(world_.left_running.count("beef"), 1u);
}

TEST_F(ReconcilerTest, WhatAnUncleanEndLeftAtItsAddressIsDisconnectedAndNothingElse) {
  UpWithPhp();
  const std::string address = Php().observed.address();
  world_.Kill("mpd-runtime-php");
  world_.address_table[address] = world_.containers.at("mpd-runtime-php").info.id;
  world_.left_connected = {address, "10.163.0.77"};
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; })) << Message();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  EXPECT_EQ(world_.left_connected, std::set<std::string>{"10.163.0.77"});
}

// A start that Podman was cut off in: the container runs, its record says otherwise, and every
// start is refused.
// What dnsd-controller has published of the store before, at higher revisions, says nothing of a
// name that was leased in the restored one.
TEST_F(ReconcilerTest, AfterIpamIsRestoredANameCountsOnlyOnceItIsSeen) {
  world_.lease_revision = 50;
  UpWithPhp();
  world_.dnsd_stalled = true;
  world_.RestoreIpam();
  Call(&WorkloadCommands::Create<RuntimeApi>, "node");
  const WorkloadId node = *RuntimeId("node");
  ASSERT_TRUE(Until([&] {
    const stored::Observed observed = Record(node).observed;
    EXPECT_NE(observed.state(), api::STATE_RUNNING);
    return observed.state() == api::STATE_RUNNING ||
           absl::StrContains(observed.status_message(), "its names do not resolve yet");
  }));
  EXPECT_LT(world_.leases.at("runtime/node").revision, world_.resolver.rendered_revision);
  EXPECT_TRUE(PhpIs(api::STATE_RUNNING)) << "its name was seen before";
  world_.CatchUpDnsd();
  EXPECT_TRUE(Until([&] { return StateOf(node) == api::STATE_RUNNING; }))
      << Record(node).observed.status_message();
  EXPECT_EQ(Record(node).observed.lease_store_id(), world_.store_id);
}

TEST_F(ReconcilerTest, AfterIpamIsRestoredTheResolverStartsOnceItsZoneIsRendered) {
  world_.lease_revision = 50;
  UpWithPhp();
  Down();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  world_.dnsd_stalled = true;
  world_.RestoreIpam();
  Up();
  ASSERT_TRUE(Until([this] {
    return absl::StrContains(Record(DnsmasqId()).observed.status_message(), "to be rendered");
  }));
  EXPECT_EQ(world_.Did("start mpd-service-dnsmasq"), 1);
  world_.CatchUpDnsd();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
}

// One has a lease of the former store, the other one from a version that did not note the store.
TEST_F(ReconcilerTest, AfterIpamIsRestoredAFailedWorkloadDoesNotHoldUpTheResolver) {
  world_.lease_revision = 50;
  UpWithPhp();
  Down();
  ASSERT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  EndLife();
  world_.RestoreIpam();
  world_.CatchUpDnsd();
  for (const std::string& store_id : {std::string("store one"), std::string()}) {
    stored::Wish wish;
    wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    stored::Observed failed;
    failed.set_state(api::STATE_FAILED);
    failed.set_lease_revision(51);
    failed.set_lease_store_id(store_id);
    const WorkloadId id = *RuntimeId(store_id.empty() ? "node" : "util");
    Put(WorkloadStore::WishKey(id), wish.SerializeAsString());
    Put(WorkloadStore::ObservedKey(id), failed.SerializeAsString());
    world_.no_lease[id.Key()] = absl::ResourceExhaustedError("no address is free");
  }
  NewLife();
  Up();
  EXPECT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }))
      << Record(DnsmasqId()).observed.status_message();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
}

// A later version may have left such a workload in the store.
TEST_F(ReconcilerTest, AWorkloadOfAnUnknownKindDoesNotHoldUpTheResolver) {
  stored::Wish wish;
  wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
  Put("wish/project/x", wish.SerializeAsString());
  UpWithPhp();
  EXPECT_EQ(StateOf(DnsmasqId()), api::STATE_RUNNING);
}

TEST_F(ReconcilerTest, AWorkloadThatStartsWhileIpamIsRestoredLeasesAgain) {
  ready_timeout_ = absl::Seconds(5);
  NewLife();
  UpWithPhp();
  const WorkloadId node = *RuntimeId("node");
  world_.never_ready.insert("mpd-runtime-node");
  Call(&WorkloadCommands::Create<RuntimeApi>, "node");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-node") == 1; }));
  world_.RestoreIpam();
  world_.CatchUpDnsd();
  world_.never_ready.clear();
  ASSERT_TRUE(Until([&] {
    const api::State state = StateOf(node);
    return state == api::STATE_RUNNING || state == api::STATE_FAILED;
  }));
  EXPECT_EQ(StateOf(node), api::STATE_RUNNING) << Record(node).observed.status_message();
  EXPECT_EQ(Record(node).observed.lease_store_id(), world_.store_id);
}

TEST_F(ReconcilerTest, AStoppedReconcilerLeavesTheResolverAlone) {
  UpWithPhp();
  life_->reconciler->Stop();
  world_.resolver.reload_request = 1;
  life_->loop.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(world_.Did("SIGHUP mpd-service-dnsmasq"), 0);
}

TEST_F(ReconcilerTest, WhatAPeerAbortsIsAFailureAndNoChangeOfTheWish) {
  world_.no_lease["runtime/php"] = absl::AbortedError("too many at once");
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_TRUE(absl::StrContains(Message(), "too many at once")) << Message();
  world_.no_lease.clear();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
}

TEST_F(ReconcilerTest, APassThatCannotReadTheStoreWritesNothing) {
  UpWithPhp();
  const WorkloadId node = *RuntimeId("node");
  Put(WorkloadStore::WishKey(node), "no message");
  life_->loop.run_for(std::chrono::milliseconds(50));
  Put(WorkloadStore::WishKey(node), Php().wish.SerializeAsString());
  ASSERT_TRUE(Until([&] { return StateOf(node) == api::STATE_RUNNING; }));
  EXPECT_EQ(Record(WorkloadId()).observed_revision, 0);
}

TEST_F(ReconcilerTest, ACutOffStartIsEndedAndTheSameContainerStartedAgain) {
  UpWithPhp();
  const std::string before = world_.containers.at("mpd-runtime-php").info.id;
  EndLife();
  world_.CutOffStart("mpd-runtime-php");
  NewLife();
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; })) << Message();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  EXPECT_EQ(world_.Did("stop mpd-runtime-php"), 1);
  EXPECT_EQ(world_.grace_given["mpd-runtime-php"],
            life_->kinds.Find(*RuntimeId("php"))->StopGrace());
  EXPECT_EQ(world_.containers.at("mpd-runtime-php").info.id, before);
}

TEST_F(ReconcilerTest, ACutOffStartOfWhatIsToBeStoppedIsEnded) {
  UpWithPhp();
  Call(&WorkloadCommands::Stop<RuntimeApi>, "php");
  EndLife();
  world_.CutOffStart("mpd-runtime-php");
  NewLife();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_STOPPED); })) << Message();
  EXPECT_EQ(world_.Did("stop mpd-runtime-php"), 1);
  EXPECT_EQ(world_.containers.at("mpd-runtime-php").info.status, "exited");
}

}  // namespace
}  // namespace mpd::containers
