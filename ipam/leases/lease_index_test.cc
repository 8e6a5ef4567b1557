#include "ipam/leases/lease_index.h"

#include <gtest/gtest.h>

namespace mpd::ipam {
namespace {

LeaseEntry Entry(const std::string& owner, uint32_t address, std::vector<std::string> hostnames) {
  LeaseEntry entry;
  entry.owner = owner;
  entry.address = Ipv4Address(address);
  entry.hostnames = std::move(hostnames);
  return entry;
}

TEST(LeaseIndexTest, FindsByOwnerAddressAndHostname) {
  LeaseIndex index;
  LeaseEntry* a = index.Insert(Entry("db/a", 1, {"a.db", "a2.db"}));
  LeaseEntry* b = index.Insert(Entry("db/b", 2, {}));
  EXPECT_EQ(index.FindOwner("db/a"), a);
  EXPECT_EQ(index.FindOwner("db/b"), b);
  EXPECT_EQ(index.FindAddress(Ipv4Address(2)), b);
  EXPECT_EQ(index.FindHostname("a2.db"), a);
  EXPECT_EQ(index.FindOwner("db/c"), nullptr);
  index.Remove(a);
  EXPECT_EQ(index.FindOwner("db/a"), nullptr);
  EXPECT_EQ(index.FindAddress(Ipv4Address(1)), nullptr);
  EXPECT_EQ(index.FindHostname("a2.db"), nullptr);
  EXPECT_EQ(index.size(), 1u);
}

TEST(LeaseIndexTest, PointersToEntriesStayValid) {
  LeaseIndex index;
  LeaseEntry* first = index.Insert(Entry("db/first-of-many", 0, {"first"}));
  for (uint32_t i = 1; i < 5'000; ++i) {
    const std::string name = "host-" + std::to_string(i);
    index.Insert(Entry("db/" + name, i, {name}));
  }
  EXPECT_EQ(index.FindOwner("db/first-of-many"), first);
  EXPECT_EQ(index.FindHostname("first"), first);
  EXPECT_EQ(index.FindHostname("host-4999")->address, Ipv4Address(4'999));
}

TEST(LeaseIndexTest, DroppedReservationsLeaveTheLeaseItsNames) {
  LeaseIndex index;
  LeaseEntry* a = index.Insert(Entry("db/a", 1, {"kept", "old"}));
  const std::vector<std::string> wanted = {"kept", "new"};
  index.ReserveHostnames(a, wanted);
  EXPECT_EQ(index.FindHostname("new"), a);
  index.DropReserved(wanted);
  EXPECT_EQ(index.FindHostname("new"), nullptr);
  EXPECT_EQ(index.FindHostname("kept"), a);
  EXPECT_EQ(index.FindHostname("old"), a);
}

TEST(LeaseIndexTest, ReplacedHostnamesAreOwnedByTheEntry) {
  LeaseIndex index;
  LeaseEntry* a = index.Insert(Entry("db/a", 1, {"kept-with-a-name-of-some-length", "old"}));
  std::vector<std::string> wanted = {"new-with-a-name-of-some-length",
                                     "kept-with-a-name-of-some-length"};
  index.ReserveHostnames(a, wanted);
  index.ReplaceHostnames(a, std::move(wanted));
  wanted.assign(2, "overwritten, so that a key into it would show");
  EXPECT_EQ(index.FindHostname("new-with-a-name-of-some-length"), a);
  EXPECT_EQ(index.FindHostname("kept-with-a-name-of-some-length"), a);
  EXPECT_EQ(index.FindHostname("old"), nullptr);
  index.Remove(a);
  EXPECT_EQ(index.FindHostname("kept-with-a-name-of-some-length"), nullptr);
}

}  // namespace
}  // namespace mpd::ipam
