#include "gateway/relay/method_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mpd/containers/v1/containers.pb.h"
#include "mpd/dnsd/v1/dnsd.pb.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::gateway {
namespace {

std::vector<std::string> MethodsOf(const google::protobuf::FileDescriptor* file) {
  std::vector<std::string> methods;
  for (int s = 0; s < file->service_count(); ++s) {
    const auto* service = file->service(s);
    for (int m = 0; m < service->method_count(); ++m) {
      methods.push_back("/" + service->full_name() + "/" + service->method(m)->name());
    }
  }
  return methods;
}

TEST(MethodTableTest, HoldsExactlyTheMethodsOfTheProtos) {
  std::vector<std::string> expected;
  for (const auto* file :
       {mpd::ipam::v1::Lease::descriptor()->file(), mpd::dnsd::v1::Status::descriptor()->file(),
        mpd::containers::v1::Runtime::descriptor()->file()}) {
    for (auto& method : MethodsOf(file)) expected.push_back(std::move(method));
  }
  std::vector<std::string> actual;
  for (const MethodRule& rule : AllMethods()) actual.emplace_back(rule.method);
  EXPECT_THAT(actual, testing::UnorderedElementsAreArray(expected));
}

TEST(MethodTableTest, EachMethodGoesToTheComponentOfItsPackage) {
  for (const MethodRule& rule : AllMethods()) {
    const absl::string_view package = rule.method.substr(0, rule.method.find(".v1."));
    const Backend expected = package == "/mpd.ipam"   ? Backend::kIpam
                             : package == "/mpd.dnsd" ? Backend::kDnsdController
                                                      : Backend::kContainerManager;
    EXPECT_EQ(rule.backend, expected) << rule.method;
  }
}

TEST(MethodTableTest, UnknownMethodsAreNotFound) {
  EXPECT_EQ(FindMethod("/mpd.ipam.v1.IpamService/Nothing"), nullptr);
  EXPECT_EQ(FindMethod("mpd.ipam.v1.IpamService/GetLease"), nullptr);
  EXPECT_EQ(FindMethod("/mpd.ipam.v1.IpamService/getlease"), nullptr);
  EXPECT_EQ(FindMethod(""), nullptr);
}

TEST(MethodTableTest, LeasesAreChangedLocallyOnly) {
  const MethodRule* release = FindMethod("/mpd.ipam.v1.IpamService/ReleaseLease");
  ASSERT_NE(release, nullptr);
  EXPECT_TRUE(IsGranted(*release, Caller::kLocal));
  EXPECT_FALSE(IsGranted(*release, Caller::kEnrolled));
  const MethodRule* list = FindMethod("/mpd.ipam.v1.IpamService/ListLeases");
  ASSERT_NE(list, nullptr);
  EXPECT_TRUE(IsGranted(*list, Caller::kEnrolled));
}

TEST(MethodTableTest, CallsThatMustNotBeCarriedOutTwiceAreUnsafe) {
  EXPECT_EQ(FindMethod("/mpd.containers.v1.ContainerManagerService/CreateRuntime")->repeat,
            Repeat::kUnsafe);
  EXPECT_EQ(FindMethod("/mpd.containers.v1.ContainerManagerService/RestartService")->repeat,
            Repeat::kUnsafe);
  EXPECT_EQ(FindMethod("/mpd.containers.v1.ContainerManagerService/WatchWorkloads")->repeat,
            Repeat::kSafe);
}

TEST(MethodTableTest, NamesTheRelayedServices) {
  EXPECT_THAT(RelayedServices(),
              testing::ElementsAre("mpd.ipam.v1.IpamService", "mpd.dnsd.v1.DnsdControllerService",
                                   "mpd.containers.v1.ContainerManagerService"));
}

}  // namespace
}  // namespace mpd::gateway
