#include "common/types/net_types.h"

#include <gtest/gtest.h>

namespace mpd {
namespace {

TEST(Ipv4AddressTest, ParsesAndPrints) {
  const auto address = Ipv4Address::Parse("10.163.0.3");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->bits(), 0x0aa30003u);
  EXPECT_EQ(address->ToString(), "10.163.0.3");
  EXPECT_EQ(address->ReverseName(), "3.0.163.10.in-addr.arpa");
  EXPECT_EQ(Ipv4Address::Parse("255.255.255.255")->bits(), 0xffffffffu);
  EXPECT_EQ(Ipv4Address::Parse("0.0.0.0")->bits(), 0u);
}

TEST(Ipv4AddressTest, RefusesEverythingElse) {
  for (const char* text : {"", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3",
                           "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "+1.2.3.4",
                           "0x1.2.3.4", "1.2.3.0000", "::1", "1.2.3.-4"}) {
    EXPECT_EQ(Ipv4Address::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(Ipv4Address::Parse(absl::string_view("1.2.3.4\0", 8)).ok());
}

TEST(Ipv4AddressTest, OrdersByNumberNotByText) {
  EXPECT_LT(*Ipv4Address::Parse("10.163.0.9"), *Ipv4Address::Parse("10.163.0.30"));
}

TEST(Ipv4PrefixTest, KnowsItsAddresses) {
  const auto prefix = Ipv4Prefix::Parse("10.163.0.0/24");
  ASSERT_TRUE(prefix.ok());
  EXPECT_EQ(prefix->size(), 256u);
  EXPECT_EQ(prefix->At(3).ToString(), "10.163.0.3");
  EXPECT_TRUE(prefix->Contains(*Ipv4Address::Parse("10.163.0.255")));
  EXPECT_FALSE(prefix->Contains(*Ipv4Address::Parse("10.163.1.0")));
  EXPECT_FALSE(prefix->Contains(*Ipv4Address::Parse("10.162.255.255")));
  EXPECT_EQ(prefix->ToString(), "10.163.0.0/24");
}

TEST(Ipv4PrefixTest, TakesTheExtremes) {
  EXPECT_EQ(Ipv4Prefix::Parse("0.0.0.0/0")->size(), uint64_t{1} << 32);
  EXPECT_TRUE(Ipv4Prefix::Parse("0.0.0.0/0")->Contains(*Ipv4Address::Parse("255.0.0.1")));
  EXPECT_EQ(Ipv4Prefix::Parse("10.0.0.1/32")->size(), 1u);
}

TEST(Ipv4PrefixTest, OverlapGoesBothWays) {
  const auto wide = *Ipv4Prefix::Parse("10.160.0.0/12");
  const auto inside = *Ipv4Prefix::Parse("10.164.0.0/30");
  const auto beside = *Ipv4Prefix::Parse("10.176.0.0/12");
  EXPECT_TRUE(wide.Overlaps(inside));
  EXPECT_TRUE(inside.Overlaps(wide));
  EXPECT_FALSE(wide.Overlaps(beside));
}

TEST(Ipv4PrefixTest, SaysWhatIsMeantWhenHostBitsAreSet) {
  const auto prefix = Ipv4Prefix::Parse("10.163.0.1/24");
  ASSERT_FALSE(prefix.ok());
  EXPECT_NE(prefix.status().message().find("10.163.0.0/24"), absl::string_view::npos);
  for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "/8"}) {
    EXPECT_FALSE(Ipv4Prefix::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mpd
