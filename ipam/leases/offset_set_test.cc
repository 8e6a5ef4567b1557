#include "ipam/leases/offset_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace mpd::ipam {
namespace {

TEST(OffsetSetTest, IsEmptyAtFirst) {
  const OffsetSet set(100);
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Lowest(), std::nullopt);
  EXPECT_FALSE(set.Contains(0));
}

TEST(OffsetSetTest, InsertingOrErasingTwiceChangesNothing) {
  OffsetSet set(1);
  set.Insert(0);
  set.Insert(0);
  EXPECT_EQ(set.Lowest(), 0u);
  set.Erase(0);
  set.Erase(0);
  EXPECT_TRUE(set.empty());
}

class OffsetSetBoundTest : public testing::TestWithParam<uint32_t> {};

TEST_P(OffsetSetBoundTest, KnowsItsLastMember) {
  OffsetSet set(GetParam());
  set.Insert(GetParam() - 1);
  EXPECT_EQ(set.Lowest(), GetParam() - 1);
  EXPECT_TRUE(set.Contains(GetParam() - 1));
}

TEST_P(OffsetSetBoundTest, AgreesWithAnOrderedSet) {
  OffsetSet set(GetParam());
  std::set<uint32_t> model;
  std::mt19937 random(GetParam());
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t offset = random() % GetParam();
    if (random() % 2 == 0) {
      set.Insert(offset);
      model.insert(offset);
    } else {
      set.Erase(offset);
      model.erase(offset);
    }
    ASSERT_EQ(set.Contains(offset), model.contains(offset));
    ASSERT_EQ(set.empty(), model.empty());
    ASSERT_EQ(set.Lowest(), model.empty() ? std::nullopt : std::optional(*model.begin()));
  }
}

INSTANTIATE_TEST_SUITE_P(LevelBorders, OffsetSetBoundTest,
                         testing::Values(1, 2, 63, 64, 65, 4095, 4096, 4097, 262'144, 1'000'000));

}  // namespace
}  // namespace mpd::ipam
