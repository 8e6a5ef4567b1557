#include "ipam/leases/lease_record.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace mpd::ipam {
namespace {

Lease ExampleLease() {
  return {"runtime/php",
          "runtimes",
          Ipv4Address(0x0aa30064),
          {"php.runtime", "@"},
          absl::FromUnixMicros(1'700'000'000'123'456),
          7};
}

TEST(LeaseRecordTest, ALeaseIsDecodedAsItWasEncoded) {
  const Lease lease = ExampleLease();
  const auto decoded = DecodeLease({LeaseKey(lease.owner), EncodeLease(lease), 3, 9});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->owner, lease.owner);
  EXPECT_EQ(decoded->pool, lease.pool);
  EXPECT_EQ(decoded->address, lease.address);
  EXPECT_EQ(decoded->hostnames, lease.hostnames);
  EXPECT_EQ(decoded->create_time, lease.create_time);
  EXPECT_EQ(decoded->revision, 9) << "the revision is the one at which the key was written";
}

TEST(LeaseRecordTest, LeaseKeysSortAsOwnersDo) {
  EXPECT_LT(LeaseKey("db/a"), LeaseKey("db/a-1"));
  EXPECT_LT(LeaseKey("db/z"), LeaseKey("runtime/a"));
}

TEST(LeaseRecordTest, ARestIsDecodedAsItWasEncoded) {
  const RestRecord rest{Ipv4Address(0x0aa3001e), "db/postgres-17",
                        absl::FromUnixMicros(1'700'000'000'000'001)};
  EXPECT_EQ(RestKey(rest.address), "resting/0aa3001e");
  const auto decoded = DecodeRest({RestKey(rest.address), EncodeRest(rest), 1, 1});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->address, rest.address);
  EXPECT_EQ(decoded->owner, rest.owner);
  EXPECT_EQ(decoded->release_time, rest.release_time);
}

TEST(LeaseRecordTest, RequestOfAChangeHasItsOwnRevision) {
  Lease lease = ExampleLease();
  lease.revision = 0;
  const std::string value = EncodeRequest({"print", absl::FromUnixSeconds(5), {lease, 0}});
  const auto decoded = DecodeRequest({"request/x", value, 12, 12});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->fingerprint, "print");
  EXPECT_EQ(decoded->time, absl::FromUnixSeconds(5));
  ASSERT_TRUE(decoded->outcome.lease.has_value());
  EXPECT_EQ(decoded->outcome.lease->revision, 12);
  EXPECT_EQ(decoded->outcome.lease->owner, lease.owner);
}

TEST(LeaseRecordTest, RequestThatChangedNothingKeepsTheOlderRevision) {
  const std::string value = EncodeRequest({"print", absl::FromUnixSeconds(5), {ExampleLease(), 7}});
  const auto decoded = DecodeRequest({"request/x", value, 12, 12});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->outcome.revision, 7);
  EXPECT_EQ(decoded->outcome.lease->revision, 7);
}

TEST(LeaseRecordTest, RequestOfAReleaseHasNoLease) {
  const std::string value = EncodeRequest({"print", absl::FromUnixSeconds(5), {}});
  const auto decoded = DecodeRequest({"request/x", value, 4, 4});
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_FALSE(decoded->outcome.lease.has_value());
  EXPECT_EQ(decoded->outcome.revision, 4);
}

TEST(LeaseRecordTest, DamagedRecordsAreErrorsThatNameTheKey) {
  for (const KeyValue& kv :
       {KeyValue{"lease/db/a", "\xff\xff", 1, 1}, KeyValue{"other/db/a", "", 1, 1}}) {
    const auto decoded = DecodeLease(kv);
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << kv.key;
    EXPECT_EQ(ErrorReason(decoded.status()), "DAMAGED_RECORD");
    EXPECT_EQ(ErrorMetadataValue(decoded.status(), "key"), kv.key);
  }
  EXPECT_EQ(ErrorReason(DecodeRest({"resting/zz", "", 1, 1}).status()), "DAMAGED_RECORD");
}

TEST(LeaseRecordTest, EtagsDifferByRevisionAndStore) {
  EXPECT_EQ(LeaseEtag("0123456789", 4), LeaseEtag("0123456789", 4));
  EXPECT_NE(LeaseEtag("0123456789", 4), LeaseEtag("0123456789", 5));
  EXPECT_NE(LeaseEtag("0123456789", 4), LeaseEtag("1123456789", 4));
}

}  // namespace
}  // namespace mpd::ipam
