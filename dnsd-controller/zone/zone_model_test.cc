#include "dnsd-controller/zone/zone_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ZoneModelTest : public ::testing::Test {
 protected:
  ZoneModel model_{*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/24")};
};

TEST_F(ZoneModelTest, ALeaseGivesItsNamesInTheZone) {
  model_.Put({"runtime/php", "10.163.0.100", {"php.runtime", "shop", "php.runtime", "@"}});
  const auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_FALSE(changes[0].before);
  EXPECT_EQ(changes[0].after->address.ToString(), "10.163.0.100");
  EXPECT_THAT(changes[0].after->names,
              ElementsAre("php.runtime.mpd.test", "shop.mpd.test", "mpd.test"));
  EXPECT_THAT(model_.TakeChanges(), IsEmpty());
}

TEST_F(ZoneModelTest, AChangeHoldsTheRecordsBeforeAndAfter) {
  model_.Put({"runtime/php", "10.163.0.100", {"php.runtime", "shop"}});
  model_.TakeChanges();
  model_.Put({"runtime/php", "10.163.0.100", {"php.runtime"}});
  const auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_THAT(changes[0].before->names, ElementsAre("php.runtime.mpd.test", "shop.mpd.test"));
  EXPECT_THAT(changes[0].after->names, ElementsAre("php.runtime.mpd.test"));
}

TEST_F(ZoneModelTest, ALeaseAddedAndRemovedBetweenTwoCallsIsNoChange) {
  model_.Put({"runtime/php", "10.163.0.100", {"php.runtime"}});
  model_.Remove("runtime/php");
  EXPECT_THAT(model_.TakeChanges(), IsEmpty());
}

TEST_F(ZoneModelTest, ALeaseWithoutNamesPublishesNothing) {
  model_.Put({"runtime/php", "10.163.0.100", {}});
  EXPECT_THAT(model_.TakeChanges(), IsEmpty());
  EXPECT_THAT(model_.problems(), IsEmpty());
}

// A name of 300 bytes, which is too long although each of its labels is valid.
std::string LongName() {
  std::string name(60, 'a');
  for (int i = 0; i < 4; ++i) name += "." + std::string(59, 'b');
  return name;
}

struct Hostile {
  const char* what;
  RawLease lease;
};

class ZoneModelHostileTest : public ZoneModelTest, public ::testing::WithParamInterface<Hostile> {};

TEST_P(ZoneModelHostileTest, IsReportedAsAProblemWhileTheRestIsServed) {
  model_.Put({"runtime/good", "10.163.0.101", {"good.runtime"}});
  model_.Put(GetParam().lease);
  const auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].after->owner, "runtime/good");
  ASSERT_THAT(model_.problems(), SizeIs(1));
  const std::string problem = model_.problems().begin()->second;
  EXPECT_THAT(problem, HasSubstr("is not served"));
  EXPECT_EQ(problem.find('\n'), std::string::npos);

  model_.Remove(GetParam().lease.owner);
  EXPECT_THAT(model_.problems(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Leases, ZoneModelHostileTest,
    ::testing::Values(Hostile{"newline",
                              {"runtime/bad", "10.163.0.9", {"a\n10.0.0.1 bank.example"}}},
                      Hostile{"space", {"runtime/bad", "10.163.0.9", {"a bank.example"}}},
                      Hostile{"comment", {"runtime/bad", "10.163.0.9", {"a#b"}}},
                      Hostile{"upper case", {"runtime/bad", "10.163.0.9", {"Shop"}}},
                      Hostile{"last dot", {"runtime/bad", "10.163.0.9", {"shop."}}},
                      Hostile{"NUL", {"runtime/bad", "10.163.0.9", {std::string("a\0b", 3)}}},
                      Hostile{"long label", {"runtime/bad", "10.163.0.9", {std::string(64, 'a')}}},
                      Hostile{"long name", {"runtime/bad", "10.163.0.9", {LongName()}}},
                      Hostile{"UTF-8", {"runtime/bad", "10.163.0.9", {"caf\xc3\xa9"}}},
                      Hostile{"leading dash", {"runtime/bad", "10.163.0.9", {"-a"}}},
                      Hostile{"wildcard", {"runtime/bad", "10.163.0.9", {"*.shop"}}},
                      Hostile{"slash", {"runtime/bad", "10.163.0.9", {"a/b"}}},
                      Hostile{"outside the zone", {"runtime/bad", "10.163.0.9", {"bank.example."}}},
                      Hostile{"one bad of two", {"runtime/bad", "10.163.0.9", {"good2", "b\tc"}}},
                      Hostile{"empty name", {"runtime/bad", "10.163.0.9", {""}}},
                      Hostile{"path", {"runtime/../../etc/passwd", "10.163.0.9", {"x"}}},
                      Hostile{"bytes", {"runtime/\xff\n", "10.163.0.9", {"x"}}},
                      Hostile{"owner", {"bad", "10.163.0.9", {"x"}}},
                      Hostile{"no address", {"runtime/bad", "", {"x"}}},
                      Hostile{"address and more", {"runtime/bad", "10.163.0.9 evil", {"x"}}},
                      Hostile{"address elsewhere", {"runtime/bad", "192.168.1.1", {"x"}}},
                      Hostile{"the VM's name", {"runtime/bad", "10.163.0.9", {"vm.service"}}},
                      Hostile{"taken address", {"runtime/next", "10.163.0.101", {"next"}}}),
    [](const auto& test) {
      std::string name = test.param.what;
      for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

TEST_F(ZoneModelTest, ALeaseThatIsCorrectedIsServed) {
  model_.Put({"runtime/php", "nowhere", {"php.runtime"}});
  EXPECT_THAT(model_.TakeChanges(), IsEmpty());
  model_.Put({"runtime/php", "10.163.0.100", {"php.runtime"}});
  EXPECT_THAT(model_.TakeChanges(), SizeIs(1));
  EXPECT_THAT(model_.problems(), IsEmpty());
}

TEST_F(ZoneModelTest, ANameMovesFromOneLeaseToAnother) {
  model_.Put({"runtime/b", "10.163.0.101", {"shop"}});
  model_.TakeChanges();
  model_.Put({"runtime/a", "10.163.0.100", {"shop"}});
  model_.Put({"runtime/b", "10.163.0.101", {}});
  const auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_THAT(changes[0].after->names, ElementsAre("shop.mpd.test"));
  EXPECT_FALSE(changes[1].after);
  EXPECT_THAT(model_.problems(), IsEmpty());
}

TEST_F(ZoneModelTest, ANameThatTwoLeasesClaimGoesToTheFirstOwnerAndThenToTheOther) {
  model_.Put({"runtime/a", "10.163.0.100", {"shop"}});
  model_.Put({"runtime/b", "10.163.0.101", {"b.runtime", "shop"}});
  auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_THAT(changes[0].after->names, ElementsAre("shop.mpd.test"));
  EXPECT_THAT(changes[1].after->names, ElementsAre("b.runtime.mpd.test"));
  EXPECT_THAT(model_.problems(), SizeIs(1));

  model_.Remove("runtime/a");
  changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_FALSE(changes[0].after);
  EXPECT_THAT(changes[1].after->names, ElementsAre("b.runtime.mpd.test", "shop.mpd.test"));
  EXPECT_THAT(model_.problems(), IsEmpty());
}

TEST_F(ZoneModelTest, LeasesNotListedInAResetAreRemoved) {
  model_.Put({"runtime/a", "10.163.0.100", {"a"}});
  model_.Put({"runtime/b", "10.163.0.101", {"b"}});
  model_.Put({"runtime/bad", "?", {"c"}});
  model_.TakeChanges();
  model_.BeginReset();
  EXPECT_TRUE(model_.resetting());
  model_.Put({"runtime/b", "10.163.0.101", {"b"}});
  // The stream broke off during the listing, and the next stream starts a new one.
  model_.BeginReset();
  model_.Put({"runtime/a", "10.163.0.100", {"a"}});
  model_.EndReset();
  EXPECT_FALSE(model_.resetting());
  const auto changes = model_.TakeChanges();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].before->owner, "runtime/b");
  EXPECT_FALSE(changes[0].after);
  EXPECT_THAT(model_.problems(), IsEmpty());
}

}  // namespace
}  // namespace mpd::dnsd
