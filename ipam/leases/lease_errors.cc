#include "ipam/leases/lease_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"

namespace mpd::ipam {
namespace {

using absl::StatusCode;

constexpr size_t kNamedLeases = 3;

// "Pool <pool> <problem>"
absl::Status NothingFree(const std::string& pool, int64_t capacity, absl::string_view problem) {
  return MakeError(StatusCode::kResourceExhausted, absl::StrCat("Pool ", pool, " ", problem),
                   "POOL_EXHAUSTED", {{"pool", pool}, {"capacity", absl::StrCat(capacity)}});
}

// "<address> <problem>". `owner` has it, or had it until it began to rest.
absl::Status NotFree(Ipv4Address address, const std::string& owner, int64_t resting_seconds,
                     absl::string_view problem) {
  const std::string text = address.ToString();
  return MakeError(
      StatusCode::kAlreadyExists, absl::StrCat(text, " ", problem), "ADDRESS_TAKEN",
      {{"address", text}, {"owner", owner}, {"resting_seconds", absl::StrCat(resting_seconds)}});
}

}  // namespace

absl::Status LeaseErrors::PoolNotFound(const std::string& pool) {
  return MakeError(StatusCode::kNotFound,
                   absl::StrCat("There is no pool \"", Printable(pool),
                                "\"; ListPools shows those of the configuration."),
                   "POOL_NOT_FOUND", {{"pool", pool}});
}

absl::Status LeaseErrors::PoolExhausted(const std::string& pool, int64_t capacity) {
  return NothingFree(pool, capacity,
                     absl::StrCat("has no free address left of its ", capacity,
                                  "; release a lease, or make the pool larger in the "
                                  "configuration."));
}

absl::Status LeaseErrors::FixedOwnersOnly(const std::string& pool, int64_t capacity) {
  return NothingFree(pool, capacity,
                     "keeps its addresses for the owners that the configuration names; ask for "
                     "another pool.");
}

absl::Status LeaseErrors::AddressNotInPool(Ipv4Address address, const std::string& pool) {
  const std::string text = address.ToString();
  return MakeError(
      StatusCode::kInvalidArgument,
      absl::StrCat(text, " is not an address of pool ", pool, "; ListPools shows its range."),
      "ADDRESS_NOT_IN_POOL", {{"address", text}, {"pool", pool}});
}

absl::Status LeaseErrors::AddressTaken(Ipv4Address address, const std::string& owner) {
  return NotFree(address, owner, 0, absl::StrCat("is leased to ", owner, "."));
}

absl::Status LeaseErrors::AddressFixed(Ipv4Address address, const std::string& owner) {
  return NotFree(address, owner, 0, absl::StrCat("is kept for ", owner, " by the configuration."));
}

absl::Status LeaseErrors::OwnerIsFixed(Ipv4Address address, const std::string& owner,
                                       Ipv4Address fixed) {
  return InvalidField("address", address.ToString(),
                      absl::StrCat("the configuration fixes ", fixed.ToString(), " for ", owner));
}

absl::Status LeaseErrors::AddressResting(Ipv4Address address, const std::string& owner,
                                         absl::Duration remaining) {
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(remaining, absl::Seconds(1)));
  const std::string problem = absl::StrCat("was released by ", owner, " and rests for another ",
                                           seconds, " s; ask for another address, or later.");
  return WithRetryDelay(NotFree(address, owner, seconds, problem), remaining);
}

absl::Status LeaseErrors::HostnameTaken(const std::string& hostname, const std::string& owner) {
  return MakeError(StatusCode::kAlreadyExists,
                   absl::StrCat("The hostname \"", hostname, "\" belongs to ", owner, "."),
                   "HOSTNAME_TAKEN", {{"hostname", hostname}, {"owner", owner}});
}

absl::Status LeaseErrors::LeaseNotFound(const std::string& key) {
  return MakeError(StatusCode::kNotFound, absl::StrCat(key, " has no lease."), "LEASE_NOT_FOUND",
                   {{"key", key}});
}

absl::Status LeaseErrors::EtagMismatch(const std::string& owner, const std::string& given,
                                       const std::string& current) {
  return MakeError(
      StatusCode::kAborted,
      absl::StrCat("The lease of ", owner, " has changed since it was read (etag \"",
                   Printable(given), "\", now \"", current, "\"); read it again and decide anew."),
      "ETAG_MISMATCH", {{"owner", owner}, {"given", Printable(given)}, {"current", current}});
}

absl::Status LeaseErrors::StoreConflict(const std::string& owner) {
  return MakeError(
      StatusCode::kFailedPrecondition,
      absl::StrCat("The record of ", owner, " was changed by another process; restart mpd-ipam."),
      "STORE_CONFLICT", {{"owner", owner}});
}

absl::Status LeaseErrors::ConfigContradictsLeases(const std::vector<std::string>& leases) {
  const size_t named = std::min(leases.size(), kNamedLeases);
  const std::string count = absl::StrCat(leases.size());
  std::string list = absl::StrJoin(leases.begin(), leases.begin() + named, "; ");
  if (leases.size() > named) absl::StrAppend(&list, "; and ", leases.size() - named, " more");
  return MakeError(StatusCode::kFailedPrecondition,
                   absl::StrCat("The configuration contradicts ", count, " lease(s): ", list,
                                ". Put the pools back, or release these leases before."),
                   "CONFIG_CONTRADICTS_LEASES", {{"count", count}, {"leases", list}});
}

absl::Status LeaseErrors::DamagedRecord(const std::string& key, const std::string& problem) {
  const std::string shown = Printable(key);
  return MakeError(StatusCode::kDataLoss,
                   absl::StrCat("The record ", shown, " in the store is damaged: ", problem,
                                ". mpd-ipam --fsck tells more; restore the newest good backup: "
                                "mpd-ipam --restore FILE."),
                   "DAMAGED_RECORD", {{"key", shown}, {"problem", problem}});
}

}  // namespace mpd::ipam
