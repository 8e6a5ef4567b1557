// The services beside the resolver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "common/base/files.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ServicesTest : public ReconcilerTest {
 protected:
  ServicesTest() : ReconcilerTest("") {}

  bool Are(const std::vector<WorkloadId>& services, api::State state) {
    return std::all_of(services.begin(), services.end(),
                       [&](const WorkloadId& id) { return StateOf(id) == state; });
  }
  void UpWithAll() {
    Up();
    ASSERT_TRUE(Until([this] { return Are(all_, api::STATE_RUNNING); }));
  }
  const FakeContainer& Container(const WorkloadId& id) {
    return world_.containers.at(id.ContainerName());
  }

  const std::vector<WorkloadId> others_ = {PortalId(), FileaccessId(), AdminerId()};
  const std::vector<WorkloadId> all_ = {DnsmasqId(), PortalId(), FileaccessId(), AdminerId()};
};

TEST_F(ServicesTest, AllStartAfterTheResolverAndStopBeforeIt) {
  UpWithAll();
  for (const WorkloadId& id : others_) {
    EXPECT_LT(When("lease " + id.Key()), When("create mpd-service-dnsmasq")) << id.Key();
    EXPECT_LT(When("start mpd-service-dnsmasq"), When("start " + id.ContainerName())) << id.Key();
  }
  EXPECT_EQ(Record(AdminerId()).observed.address(), "10.163.0.6");
  EXPECT_THAT(world_.leases["service/portal"].hostnames,
              ElementsAre("portal.service", "@", "adminer.service"));
  EXPECT_THAT(world_.leases["service/adminer"].hostnames, ElementsAre("backend.adminer.service"));
  Down();
  ASSERT_TRUE(Until([this] { return Are(all_, api::STATE_STOPPED); }));
  for (const WorkloadId& id : others_) {
    EXPECT_LT(When("stop " + id.ContainerName()), When("stop mpd-service-dnsmasq")) << id.Key();
  }
}

TEST_F(ServicesTest, EachIsAskedForWhatItIsFor) {
  UpWithAll();
  EXPECT_GT(world_.Did("GET mpd.test at 10.163.0.4"), 0);
  EXPECT_GT(world_.Did("GET adminer.service.mpd.test at 10.163.0.6"), 0);
  EXPECT_EQ(
      *ReadFile(folders_.state + "/services/fileaccess/authorized_keys"),
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB dev\n");
  EXPECT_THAT(*ReadFile(folders_.state + "/services/portal/servers.conf"),
              HasSubstr("proxy_pass http://10.163.0.6:80;"));
  EXPECT_THAT(Container(PortalId()).spec.capabilities,
              ElementsAre("CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"));
}

TEST_F(ServicesTest, OneWithoutItsImageIsFailedAndTheOthersRun) {
  world_.images.erase("localhost/mpd-adminer:latest");
  Up();
  ASSERT_TRUE(Until([this] {
    return Are({DnsmasqId(), PortalId(), FileaccessId()}, api::STATE_RUNNING) &&
           StateOf(AdminerId()) == api::STATE_FAILED;
  }));
  EXPECT_THAT(Record(AdminerId()).observed.status_message(),
              HasSubstr("load it (deploy/images/load)"));
  const api::Environment environment = EnvironmentView(*workloads_->ReadAll(), life_->kinds);
  EXPECT_EQ(environment.state(), api::STATE_FAILED);
  EXPECT_EQ(environment.workloads_running(), 3);
  EXPECT_EQ(environment.workloads_wanted(), 4);
  EXPECT_THAT(environment.status_message(), HasSubstr("service/adminer: the image"));
  world_.images.insert("localhost/mpd-adminer:latest");
  EXPECT_TRUE(Until([this] { return StateOf(AdminerId()) == api::STATE_RUNNING; }));
}

TEST_F(ServicesTest, AChangedKeyCountsWithoutANewContainerAndAMissingOneIsSaid) {
  UpWithAll();
  const std::string given = folders_.state + "/services/fileaccess/authorized_keys";
  const std::string first = *ReadFile(given);
  const std::string second = absl::StrReplaceAll(first, {{" dev", " another"}});
  std::ofstream(folder_ + "/keys") << second << "no key\n";
  EXPECT_TRUE(Until([&] { return *ReadFile(given) == second; }));
  ASSERT_EQ(remove((folder_ + "/keys").c_str()), 0);
  EXPECT_TRUE(Until([this] { return StateOf(FileaccessId()) == api::STATE_FAILED; }));
  EXPECT_THAT(Record(FileaccessId()).observed.status_message(), HasSubstr("No such file"));
  EXPECT_EQ(StateOf(PortalId()), api::STATE_RUNNING);
  std::ofstream(folder_ + "/keys") << first;
  EXPECT_TRUE(Until([this] { return StateOf(FileaccessId()) == api::STATE_RUNNING; }));
  EXPECT_EQ(*ReadFile(given), first);
  EXPECT_EQ(world_.Did("create mpd-service-fileaccess"), 1);
}

TEST_F(ServicesTest, OneThatDiesIsStartedAgain) {
  UpWithAll();
  world_.Kill("mpd-service-portal");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-service-portal") == 2; }));
  EXPECT_TRUE(Until([this] { return StateOf(PortalId()) == api::STATE_RUNNING; }));
}

TEST_F(ServicesTest, TheResolversDeathIsToldToWhoeverAsksItNowAndThen) {
  UpWithAll();
  const int before = world_.Did("look at the resolver");
  world_.Kill("mpd-service-portal");
  ASSERT_TRUE(Until([this] { return world_.Did("start mpd-service-portal") == 2; }));
  EXPECT_EQ(world_.Did("look at the resolver"), before);
  world_.Kill("mpd-service-dnsmasq");
  EXPECT_TRUE(Until([&] { return world_.Did("look at the resolver") > before; }));
}

TEST_F(ServicesTest, ThoseWhoseAddressTheConfigurationTakesAwayAreDeleted) {
  UpWithAll();
  EndLife();
  config_->pools.front().fixed.erase(*Ipv4Address::Parse("10.163.0.6"));
  NewLife();
  ASSERT_TRUE(Until([this] { return !Record(AdminerId()).exists(); }));
  EXPECT_EQ(world_.containers.count("mpd-service-adminer"), 0u);
  EXPECT_EQ(world_.leases.count("service/adminer"), 0u);
  // The portal no longer stands in front of it.
  ASSERT_TRUE(Until([this] { return world_.Did("create mpd-service-portal") == 2; }));
  EndLife();
  config_->pools.front().fixed[*Ipv4Address::Parse("10.163.0.6")] = "service/adminer";
  NewLife();
  EXPECT_TRUE(Until([this] { return Are(all_, api::STATE_RUNNING); }));
}

}  // namespace
}  // namespace mpd::containers
