// The label mpd.spec of every kind of container, held against constants: a container whose label is
// not what the spec gives is recreated, so a change here makes every user's containers anew.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/digest.h"
#include "container-manager/podman/podman_json.h"
#include "container-manager/testing/reconciler_test_util.h"

namespace mpd::containers {
namespace {

class SpecDigestTest : public ReconcilerTest {
 protected:
  SpecDigestTest() : ReconcilerTest("") {
    world_.images.insert(
        {"localhost/mpd-postgres:17", "localhost/mpd-mariadb:11.8", "localhost/mpd-mysql:8.4"});
  }

  // As the label is computed.
  static std::string DigestOfSpec(ContainerSpec spec) {
    spec.labels.erase("mpd.spec");
    return Sha256Hex(absl::StrCat(ToJson(spec), "|0")).substr(0, 24);
  }
  // The test's folder, whose name is another each time, as one that stays.
  ContainerSpec AtFixedFolder(ContainerSpec spec) {
    for (BindMount& mount : spec.mounts) {
      mount.source = absl::StrReplaceAll(mount.source, {{folder_, "/var/lib/mpd"}});
    }
    return spec;
  }
};

TEST_F(SpecDigestTest, IsWhatItWasWhenUsersContainersWereMade) {
  const std::map<std::string, std::string> recorded = {
      {"mpd-service-dnsmasq", "2df8787cbe59e03059f67f36"},
      // Of the portal its servers are a part, with which it is made anew.
      {"mpd-service-portal", "30d85d305e1fbe4b208f390a"},
      {"mpd-service-fileaccess", "a32cb1e18970780884d39f07"},
      {"mpd-service-adminer", "456f1b434a424eeeca5b5472"},
      {"mpd-runtime-php", "62ec6596da82c67a42d9e190"},
      {"mpd-db-postgres-17", "58c151bca90467bebb1f4f3c"},
      {"mpd-db-mariadb-11-8", "4dede9a07a6eee89c1b09919"},
      {"mpd-db-mysql-8-4", "2676af744a9ee3b4e44af3b2"},
  };
  // One after the other, so that the leases' addresses are the same each time.
  const auto leased = [this](const WorkloadId& id) {
    return Until([&] { return !Record(id).observed.address().empty(); });
  };
  for (const WorkloadId& id : {DnsmasqId(), PortalId(), FileaccessId(), AdminerId()}) {
    ASSERT_TRUE(leased(id));
  }
  Call(&WorkloadCommands::Create<RuntimeApi>, "php");
  ASSERT_TRUE(leased(*RuntimeId("php")));
  for (const auto& [engine, version] : std::map<std::string, std::string>{
           {"mariadb", "11.8"}, {"mysql", "8.4"}, {"postgres", "17"}}) {
    Call(&WorkloadCommands::Create<DatabaseApi>, engine, version);
    ASSERT_TRUE(leased(*DatabaseWorkloadId(engine, version)));
  }
  Up();
  const auto runs = [this](const std::string& name) {
    const auto it = world_.containers.find(name);
    return it != world_.containers.end() && it->second.info.running;
  };
  for (const auto& [name, digest] : recorded) {
    ASSERT_TRUE(Until([&] { return runs(name); })) << name;
    const ContainerSpec& spec = world_.containers.at(name).spec;
    EXPECT_EQ(spec.labels.at("mpd.spec"), DigestOfSpec(spec)) << name;
    const ContainerSpec fixed = AtFixedFolder(spec);
    EXPECT_EQ(DigestOfSpec(fixed), digest) << name << ": " << ToJson(fixed);
  }
}

}  // namespace
}  // namespace mpd::containers
