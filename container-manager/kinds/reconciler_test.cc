#include "container-manager/reconcile/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ReconcilerTest, StartsTheResolverOnceAllNamesAreLeasedAndTheRuntimesAfterIt) {
  UpWithPhp();
  EXPECT_EQ(StateOf(DnsmasqId()), api::STATE_RUNNING);
  EXPECT_LT(When("lease runtime/php"), When("create mpd-service-dnsmasq"));
  EXPECT_LT(When("start mpd-service-dnsmasq"), When("start mpd-runtime-php"));
  const WorkloadRecord php = Php();
  EXPECT_EQ(php.observed.address(), world_.leases["runtime/php"].address);
  EXPECT_EQ(php.observed.container_id(), world_.containers["mpd-runtime-php"].info.id);
  EXPECT_EQ(world_.containers["mpd-runtime-php"].spec.dns_servers,
            std::vector<std::string>{"10.163.0.3"});
}

TEST_F(ReconcilerTest, LeasesAtOnceAndStartsNothingWhileTheEnvironmentIsStopped) {
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return !Php().observed.address().empty(); }));
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_MISSING); }));
  EXPECT_THAT(Message(), HasSubstr("mpdctl up"));
  EXPECT_TRUE(world_.containers.empty());
}

TEST_F(ReconcilerTest, TellsAtOnceThatAContainerExitedAndWhatItPrinted) {
  world_.exits_at_once.insert("mpd-runtime-php");
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
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
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), AllOf(HasSubstr("sshd does not answer"), HasSubstr("its log: bad option"),
                               HasSubstr("podman exec mpd-runtime-php systemctl")));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
  world_.never_ready.clear();
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, AWishThatChangesEndsTheWaitForReadiness) {
  world_.never_ready.insert("mpd-runtime-php");
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") > 0; }));
  Call(&WorkloadCommands::Stop<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_STOPPED); })) << Message();
  EXPECT_EQ(world_.Did("stop mpd-runtime-php"), 1);
}

TEST_F(ReconcilerTest, ARuntimeMadeAnewHasItsHomeAndADeletedOneLeavesNone) {
  UpWithPhp();
  const auto& volumes = world_.containers["mpd-runtime-php"].spec.volumes;
  EXPECT_TRUE(std::any_of(volumes.begin(), volumes.end(), [](const VolumeMount& mount) {
    return mount.name == "mpd-home-php" && mount.destination == "/home";
  }));
  EXPECT_EQ(world_.volumes["mpd-home-php"].at("mpd.name"), "php");
  world_.volumes["mpd-home-php"]["kept"] = "yes";
  world_.Remove("mpd-runtime-php");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; }));
  EXPECT_EQ(world_.volumes["mpd-home-php"].count("kept"), 1u);
  Call(&WorkloadCommands::Delete<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return !Php().exists(); })) << Message();
  EXPECT_EQ(world_.volumes.count("mpd-home-php"), 0u);
}

TEST_F(ReconcilerTest, NeverTouchesAVolumeThatIsNotOurs) {
  world_.volumes["mpd-home-php"] = {{"whose", "somebody's"}};
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("a volume named mpd-home-php exists that mpd did not make"));
  Call(&WorkloadCommands::Delete<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return !Php().exists(); })) << Message();
  EXPECT_EQ(world_.volumes["mpd-home-php"].count("whose"), 1u);
}

TEST_F(ReconcilerTest, NeverTouchesAContainerThatIsNotOurs) {
  FakeContainer foreign;
  foreign.info.id = "f00";
  foreign.info.name = "mpd-runtime-php";
  foreign.info.running = true;
  world_.containers["mpd-runtime-php"] = foreign;
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("mpd did not make"));
  Call(&WorkloadCommands::Delete<RuntimeApi>, "php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.id, "f00");
  EXPECT_TRUE(world_.containers["mpd-runtime-php"].info.running);
}

TEST_F(ReconcilerTest, AMissingImageIsNamedAndUsedOnceItIsThere) {
  world_.images.erase("localhost/mpd-runtime-php:latest");
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("localhost/mpd-runtime-php:latest"));
  world_.images.insert("localhost/mpd-runtime-php:latest");
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

TEST_F(ReconcilerTest, WhatTheResolverAnsweredBeforeItsStartCountsForNothing) {
  UpWithPhp();
  Down();
  ASSERT_TRUE(Until(
      [this] { return PhpIs(api::STATE_STOPPED) && StateOf(DnsmasqId()) == api::STATE_STOPPED; }));
  world_.resolver_deaf = true;
  Up();
  ASSERT_TRUE(Until([this] {
    const std::string of_resolver = Record(DnsmasqId()).observed.status_message();
    return absl::StrContains(Message(), "its names do not resolve yet") &&
           absl::StrContains(of_resolver, "the resolver does not answer yet");
  })) << Message();
  EXPECT_TRUE(PhpIs(api::STATE_STARTING));
  EXPECT_EQ(StateOf(DnsmasqId()), api::STATE_STARTING);
  world_.resolver_deaf = false;
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); })) << Message();
  EXPECT_TRUE(Until([this] { return StateOf(DnsmasqId()) == api::STATE_RUNNING; }));
}

TEST_F(ReconcilerTest, ANewerBuildOfTheImageIsForTheNextStart) {
  UpWithPhp();
  const std::string before = Php().observed.container_id();
  ++world_.rebuilt["localhost/mpd-runtime-php:latest"];
  NewLife();
  Call(&WorkloadCommands::Create<RuntimeApi>, "node");
  ASSERT_TRUE(Until([this] { return StateOf(*RuntimeId("node")) == api::STATE_RUNNING; }));
  Down();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_STOPPED); }));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 1) << "somebody works in what runs";
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  EXPECT_NE(Php().observed.container_id(), before);
  EXPECT_EQ(world_.containers["mpd-runtime-php"].info.image_id,
            "build 1 of localhost/mpd-runtime-php:latest");
  Down();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_STOPPED); }));
  Up();
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  EXPECT_EQ(world_.Did("create mpd-runtime-php"), 2) << "the same build";
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

TEST_F(ReconcilerTest, StartsAgainWhatDiedAndSaysThatItDied) {
  UpWithPhp();
  world_.Kill("mpd-runtime-php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("exited with code 137; its log: bad option at line 1"));
  EXPECT_EQ(world_.Did("start mpd-runtime-php"), 1);
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-runtime-php") == 2; }));
  EXPECT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
}

// Usable each time, and dead soon after: not for ever at full speed, and anew once it is stable.
TEST_F(ReconcilerTest, BacksOffFromWhatDiesAgainAndAgainUntilItIsStable) {
  UpWithPhp();
  const auto dies = [this] {
    world_.Kill("mpd-runtime-php");
    ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
    last_message_ = Message();
    ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_RUNNING); }));
  };
  dies();
  EXPECT_THAT(last_message_, Not(HasSubstr("in a row")));
  dies();
  EXPECT_THAT(last_message_, HasSubstr("failed 2 times in a row; tried again after 10ms"));
  dies();
  EXPECT_THAT(last_message_, HasSubstr("failed 3 times in a row; tried again after 20ms"));
  const absl::Time stable = absl::Now() + absl::Milliseconds(450);
  ASSERT_TRUE(Until([stable] { return absl::Now() > stable; }));
  dies();
  EXPECT_THAT(last_message_, Not(HasSubstr("in a row")));
}

// The probe of a container that is gone may hang for long; its end is told at once all the same.
TEST_F(ReconcilerTest, TellsTheEndOfAContainerWhoseProbeHangs) {
  world_.hanging_probe.insert("mpd-runtime-php");
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  Up();
  ASSERT_TRUE(Until([this] { return world_.probes_hanging > 0; }));
  world_.Kill("mpd-runtime-php");
  ASSERT_TRUE(Until([this] { return PhpIs(api::STATE_FAILED); }));
  EXPECT_THAT(Message(), HasSubstr("exited with code 137"));
  world_.hanging_probe.clear();
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

TEST_F(ReconcilerTest, TheResolverIsMadeAnewForNewFilesAndNudgedWhenItDoesNotFollow) {
  UpWithPhp();
  world_.resolver.config_digest = "digest two";
  // Once it has started: until then its state is that of the one before, and a request to start it
  // anew is met by that start.
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-service-dnsmasq") == 2; }));
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
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
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
  Call(&WorkloadCommands::Delete<RuntimeApi>, "php");
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
  EXPECT_EQ(world_.volumes.count("mpd-home-php"), 0u);
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
