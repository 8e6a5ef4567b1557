#include "ipam/leases/pool.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace mpd::ipam {
namespace {

constexpr uint32_t kBase = 0x0aa30000;

Ipv4Address At(uint32_t offset) { return Ipv4Address(kBase + offset); }
absl::Duration S(int seconds) { return absl::Seconds(seconds); }

// A pool of .100 to .104, of which .100 is fixed.
PoolConfig Runtimes() { return {"runtimes", At(100), At(104), {{At(100), "runtime/php"}}, false}; }

PoolConfig Services() {
  return {"services", At(3), At(29), {{At(3), "service/dnsmasq"}, {At(4), "service/portal"}}, true};
}

Ipv4Address TakeNext(Pool* pool, const std::string& owner, absl::Duration now = S(0)) {
  const auto address = pool->Choose(owner, std::nullopt, now);
  if (!address.ok()) {
    ADD_FAILURE() << address.status();
    return {};
  }
  pool->Take(*address);
  return *address;
}

std::string ReasonOf(const absl::StatusOr<Ipv4Address>& chosen) {
  return ErrorReason(chosen.status());
}

TEST(PoolTest, GivesTheLowestFreeAndSkipsFixed) {
  Pool pool(Runtimes());
  EXPECT_EQ(TakeNext(&pool, "runtime/a"), At(101));
  EXPECT_EQ(TakeNext(&pool, "runtime/b"), At(102));
  pool.Free(At(101));
  EXPECT_EQ(TakeNext(&pool, "runtime/c"), At(101));
  EXPECT_EQ(TakeNext(&pool, "runtime/php"), At(100));
}

TEST(PoolTest, ExhaustedNamesPoolAndCapacity) {
  Pool pool(Runtimes());
  for (const char* owner : {"runtime/a", "runtime/b", "runtime/c", "runtime/d"}) {
    TakeNext(&pool, owner);
  }
  const auto chosen = pool.Choose("runtime/e", std::nullopt, S(0));
  EXPECT_EQ(chosen.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(chosen), "POOL_EXHAUSTED");
  EXPECT_EQ(ErrorMetadataValue(chosen.status(), "pool"), "runtimes");
  EXPECT_EQ(ErrorMetadataValue(chosen.status(), "capacity"), "5");
  EXPECT_EQ(TakeNext(&pool, "runtime/php"), At(100)) << "a fixed address is not used up by others";
}

TEST(PoolTest, FixedOnlyPoolServesItsOwnersOnly) {
  Pool pool(Services());
  EXPECT_EQ(pool.capacity(), 2);
  EXPECT_EQ(TakeNext(&pool, "service/portal"), At(4));
  EXPECT_EQ(ReasonOf(pool.Choose("service/mailpit", std::nullopt, S(0))), "POOL_EXHAUSTED");
  EXPECT_EQ(ReasonOf(pool.Choose("service/mailpit", At(9), S(0))), "POOL_EXHAUSTED");
}

TEST(PoolTest, WantedAddress) {
  Pool pool(Runtimes());
  EXPECT_EQ(*pool.Choose("runtime/a", At(103), S(0)), At(103));
  EXPECT_EQ(ReasonOf(pool.Choose("runtime/a", At(105), S(0))), "ADDRESS_NOT_IN_POOL");
  const auto fixed = pool.Choose("runtime/a", At(100), S(0));
  EXPECT_EQ(ReasonOf(fixed), "ADDRESS_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(fixed.status(), "owner"), "runtime/php");
  const auto elsewhere = pool.Choose("runtime/php", At(101), S(0));
  EXPECT_EQ(ReasonOf(elsewhere), "INVALID_FIELD") << "it would contradict its fixed address";
  EXPECT_EQ(ErrorMetadataValue(elsewhere.status(), "field"), "address");
  EXPECT_EQ(*pool.Choose("runtime/php", At(100), S(0)), At(100));
}

TEST(PoolTest, AddressRestsBeforeAnotherOwnerGetsIt) {
  Pool pool(Runtimes());
  pool.Take(At(101));
  pool.Rest(At(101), "runtime/a", S(60));
  EXPECT_EQ(pool.Usage(S(59)).resting, 1);
  EXPECT_EQ(*pool.Choose("runtime/b", std::nullopt, S(59)), At(102));
  const auto wanted = pool.Choose("runtime/b", At(101), S(59));
  EXPECT_EQ(ReasonOf(wanted), "ADDRESS_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(wanted.status(), "owner"), "runtime/a");
  EXPECT_EQ(*pool.Choose("runtime/a", std::nullopt, S(59)), At(101))
      << "an owner may get the address of its own last lease";
  EXPECT_EQ(*pool.Choose("runtime/b", std::nullopt, S(60)), At(101));
  EXPECT_EQ(pool.Usage(S(60)).resting, 0);
}

TEST(PoolTest, LongestRestIsCutShortWhenNothingElseIsFree) {
  Pool pool(Runtimes());
  for (uint32_t offset = 101; offset <= 104; ++offset) pool.Take(At(offset));
  pool.Rest(At(103), "runtime/c", S(10));
  pool.Rest(At(101), "runtime/a", S(20));
  EXPECT_EQ(*pool.Choose("runtime/e", At(101), S(0)), At(101)) << "nothing else is free";
  EXPECT_EQ(TakeNext(&pool, "runtime/e"), At(103));
  EXPECT_EQ(TakeNext(&pool, "runtime/f"), At(101));
  EXPECT_EQ(ReasonOf(pool.Choose("runtime/g", std::nullopt, S(0))), "POOL_EXHAUSTED");
}

TEST(PoolTest, PuttingBackRestoresARestAndItsOrder) {
  Pool pool(Runtimes());
  for (uint32_t offset = 101; offset <= 104; ++offset) pool.Take(At(offset));
  pool.Rest(At(103), "runtime/c", S(10));
  pool.Rest(At(101), "runtime/a", S(20));
  const Pool::Taken taken = pool.Take(At(103));
  EXPECT_TRUE(taken.has_record);
  pool.PutBack(taken);
  EXPECT_EQ(pool.Usage(S(0)).resting, 2);
  EXPECT_EQ(*pool.Choose("runtime/e", std::nullopt, S(0)), At(103));
}

TEST(PoolTest, PuttingBackAFreeAddressFreesIt) {
  Pool pool(Runtimes());
  const Pool::Taken taken = pool.Take(At(101));
  EXPECT_FALSE(taken.has_record);
  pool.PutBack(taken);
  EXPECT_EQ(*pool.Choose("runtime/a", std::nullopt, S(0)), At(101));
  pool.PutBack(pool.Take(At(100)));
  EXPECT_EQ(*pool.Choose("runtime/b", std::nullopt, S(0)), At(101))
      << "a fixed address is never free";
}

TEST(PoolTest, RecordsOfEndedRestsAreReturnedOnce) {
  Pool pool(Runtimes());
  pool.Take(At(101));
  pool.Rest(At(101), "runtime/a", S(1));
  EXPECT_TRUE(pool.TakeStaleRecords(10).empty());
  pool.EndRests(S(1));
  EXPECT_EQ(pool.TakeStaleRecords(10), std::vector{At(101)});
  EXPECT_TRUE(pool.TakeStaleRecords(10).empty());

  pool.AddStaleRecord(At(101));
  EXPECT_TRUE(pool.Take(At(101)).has_record);
  EXPECT_TRUE(pool.TakeStaleRecords(10).empty()) << "the lease's transaction deletes it";
}

TEST(PoolTest, ANewRestIsNeverStale) {
  Pool pool(Runtimes());
  pool.Take(At(101));
  pool.Rest(At(101), "runtime/a", S(100));
  pool.AddStaleRecord(At(101));
  EXPECT_TRUE(pool.TakeStaleRecords(10).empty());
}

}  // namespace
}  // namespace mpd::ipam
