#include "dnsd-controller/zone/record_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/dns/dns_message.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Ipv4Address kNine(0x0aa30009);
const Ipv4Address kTen(0x0aa3000a);

LeaseRecords Records(const std::string& owner, Ipv4Address address,
                     const std::vector<std::string>& names) {
  return {owner, address, names};
}

TEST(RecordTableTest, ApplyReturnsTheExpectedAnswersForWhatItTouched) {
  RecordTable table;
  EXPECT_THAT(table.Apply({{std::nullopt, Records("runtime/a", kNine, {"b.test", "a.test"})}}),
              ElementsAre(ExpectedAnswer{"a.test", DnsType::kA, "10.163.0.9"},
                          ExpectedAnswer{"b.test", DnsType::kA, "10.163.0.9"},
                          ExpectedAnswer{"9.0.163.10.in-addr.arpa", DnsType::kPtr, "b.test"}));
  EXPECT_THAT(table.Apply({{Records("runtime/a", kNine, {"b.test", "a.test"}),
                            Records("runtime/a", kNine, {"a.test"})}}),
              ElementsAre(ExpectedAnswer{"a.test", DnsType::kA, "10.163.0.9"},
                          ExpectedAnswer{"b.test", DnsType::kA, ""},
                          ExpectedAnswer{"9.0.163.10.in-addr.arpa", DnsType::kPtr, "a.test"}));
  EXPECT_EQ(table.address_count(), 1);
}

TEST(RecordTableTest, ANameThatMovesIsExpectedAtItsNewAddress) {
  RecordTable table;
  const LeaseRecords old_owner = Records("runtime/z", kNine, {"a.test"});
  const LeaseRecords new_owner = Records("runtime/a", kTen, {"a.test"});
  table.Apply({{std::nullopt, old_owner}});
  EXPECT_THAT(table.Apply({{std::nullopt, new_owner}, {old_owner, std::nullopt}}),
              ElementsAre(ExpectedAnswer{"a.test", DnsType::kA, "10.163.0.10"},
                          ExpectedAnswer{"9.0.163.10.in-addr.arpa", DnsType::kPtr, ""},
                          ExpectedAnswer{"10.0.163.10.in-addr.arpa", DnsType::kPtr, "a.test"}));
  EXPECT_THAT(table.List("", 9), ElementsAre(ZoneRecord{"a.test", kTen, "runtime/a"}));
  table.Apply({{new_owner, std::nullopt}});
  EXPECT_THAT(table.ExpectAll(), IsEmpty());
  EXPECT_EQ(table.address_count(), 0);
}

TEST(RecordTableTest, ListsByNameAndVisitsRecordsInTurn) {
  RecordTable table;
  EXPECT_EQ(table.Next("a"), nullptr);
  table.Apply({{std::nullopt, Records("runtime/a", kNine, {"a.test", "c.test"})},
               {std::nullopt, Records("runtime/b", kTen, {"b.test"})}});
  EXPECT_THAT(table.List("a.test", 1), ElementsAre(ZoneRecord{"b.test", kTen, "runtime/b"}));
  EXPECT_EQ(table.Next("b.test")->name, "c.test");
  EXPECT_EQ(table.Next("c.test")->name, "a.test");
}

}  // namespace
}  // namespace mpd::dnsd
