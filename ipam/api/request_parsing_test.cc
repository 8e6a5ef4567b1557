#include "ipam/api/request_parsing.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd::ipam {
namespace {

v1::AllocateAddressRequest ValidRequest() {
  v1::AllocateAddressRequest request;
  request.set_owner("db/postgres-17");
  request.set_pool("databases");
  request.add_hostnames("postgres-17.db");
  return request;
}

void ExpectInvalid(const absl::Status& status, const std::string& field) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(status, "field"), field) << status;
}

TEST(RequestParsingTest, TakesWhatIsValid) {
  v1::AllocateAddressRequest request = ValidRequest();
  request.set_address("10.163.0.42");
  const auto params = ParseAllocate(request);
  ASSERT_TRUE(params.ok()) << params.status();
  EXPECT_EQ(params->owner, "db/postgres-17");
  EXPECT_EQ(params->pool, "databases");
  EXPECT_EQ(params->address, Ipv4Address(0x0aa3002a));
  EXPECT_EQ(params->hostnames, std::vector<std::string>{"postgres-17.db"});
  EXPECT_TRUE(params->request.id.empty());
}

TEST(RequestParsingTest, RefusesBadOwners) {
  for (const char* owner : {"", "postgres", "vm/x", "db/", "db/A", "db/../x", "db/a b", "db/a\n"}) {
    v1::AllocateAddressRequest request = ValidRequest();
    request.set_owner(owner);
    ExpectInvalid(ParseAllocate(request).status(), "owner");
    v1::ReleaseLeaseRequest release;
    release.set_owner(owner);
    ExpectInvalid(ParseRelease(release).status(), "owner");
  }
}

TEST(RequestParsingTest, RefusesBadHostnames) {
  const std::string long_name =
      absl::StrCat(std::string(60, 'a'), ".", std::string(60, 'b'), ".", std::string(60, 'c'), ".",
                   std::string(60, 'd'), ".", std::string(56, 'e'));
  ASSERT_EQ(long_name.size(), 300U);
  for (const std::string& hostname :
       {std::string(), std::string("-a"), std::string("a..b"), std::string("A"), std::string("a b"),
        std::string("*.x"), std::string("x\n10.0.0.1 y"), std::string("a#b"),
        std::string("a\0b", 3), std::string(64, 'a'), long_name, std::string("caf\xc3\xa9"),
        std::string("bank.example."), std::string("a/b"), std::string("a,b")}) {
    v1::AllocateAddressRequest request = ValidRequest();
    request.add_hostnames(hostname);
    ExpectInvalid(ParseAllocate(request).status(), "hostnames[1]");
  }
  v1::AllocateAddressRequest twice = ValidRequest();
  twice.add_hostnames("postgres-17.db");
  ExpectInvalid(ParseAllocate(twice).status(), "hostnames[1]");
  v1::UpdateLeaseRequest many;
  many.mutable_lease()->set_owner("runtime/php");
  for (int i = 0; i < kMaxHostnames; ++i) {
    many.mutable_lease()->add_hostnames(absl::StrCat("h", i));
  }
  EXPECT_TRUE(ParseUpdate(many).ok());
  many.mutable_lease()->add_hostnames("one-more");
  ExpectInvalid(ParseUpdate(many).status(), "lease.hostnames");
  many.mutable_lease()->mutable_hostnames()->DeleteSubrange(3, kMaxHostnames - 2);
  many.mutable_lease()->set_hostnames(2, "B");
  ExpectInvalid(ParseUpdate(many).status(), "lease.hostnames[2]");
  many.mutable_lease()->set_owner("php");
  ExpectInvalid(ParseUpdate(many).status(), "lease.owner");
}

TEST(RequestParsingTest, RefusesBadPoolsAddressesAndIds) {
  v1::AllocateAddressRequest request = ValidRequest();
  request.clear_pool();
  ExpectInvalid(ParseAllocate(request).status(), "pool");
  request.set_pool(std::string(10'000, 'x'));
  ExpectInvalid(ParseAllocate(request).status(), "pool");
  request = ValidRequest();
  request.set_address("10.163.0.042");
  ExpectInvalid(ParseAllocate(request).status(), "address");
  request = ValidRequest();
  request.set_request_id("a b");
  ExpectInvalid(ParseAllocate(request).status(), "request_id");
  request.set_request_id(std::string(129, 'x'));
  ExpectInvalid(ParseAllocate(request).status(), "request_id");
}

TEST(RequestParsingTest, GetNeedsAKey) {
  v1::GetLeaseRequest request;
  ExpectInvalid(ParseGet(request).status(), "owner");
  request.set_owner("db/a");
  EXPECT_EQ(std::get<std::string>(*ParseGet(request)), "db/a");
  request.set_address("10.163.0.3");
  EXPECT_EQ(std::get<Ipv4Address>(*ParseGet(request)), Ipv4Address(0x0aa30003));
}

TEST(RequestParsingTest, FingerprintsTellRequestsApart) {
  v1::AllocateAddressRequest request = ValidRequest();
  request.set_request_id("r1");
  const std::string print = ParseAllocate(request)->request.fingerprint;
  EXPECT_EQ(ParseAllocate(request)->request.fingerprint, print);
  request.set_request_id("r2");
  EXPECT_EQ(ParseAllocate(request)->request.fingerprint, print) << "the id is no content";
  request.add_hostnames("another");
  EXPECT_NE(ParseAllocate(request)->request.fingerprint, print);

  // The same bytes, but another method.
  v1::ReleaseLeaseRequest release;
  release.set_owner("db/a");
  release.set_request_id("r1");
  v1::AllocateAddressRequest allocate;
  allocate.set_owner("db/a");
  allocate.set_pool("x");
  allocate.set_request_id("r1");
  EXPECT_NE(ParseRelease(release)->request.fingerprint,
            ParseAllocate(allocate)->request.fingerprint);
}

TEST(RequestParsingTest, FillsALease) {
  const Lease lease{"db/a",
                    "databases",
                    Ipv4Address(0x0aa3001e),
                    {"a.db", "@"},
                    absl::FromUnixMicros(1'700'000'000'250'000),
                    5};
  v1::Lease message;
  FillLease(lease, "0123456789abcdef", &message);
  EXPECT_EQ(message.owner(), "db/a");
  EXPECT_EQ(message.pool(), "databases");
  EXPECT_EQ(message.address(), "10.163.0.30");
  EXPECT_EQ(message.hostnames_size(), 2);
  EXPECT_EQ(message.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(message.create_time().nanos(), 250'000'000);
  EXPECT_EQ(message.revision(), 5);
  EXPECT_EQ(message.etag(), LeaseEtag("0123456789abcdef", 5));
}

}  // namespace
}  // namespace mpd::ipam
