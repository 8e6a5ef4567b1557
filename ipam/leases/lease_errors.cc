#include "ipam/leases/lease_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"

namespace mpd::ipam {
namespace {

using absl::StatusCode;

constexpr size_t kNamedLeases = 3;

}  // namespace

absl::Status LeaseErrors::PoolNotFound(const std::string& pool) {
  return MakeError(StatusCode::kNotFound,
                   absl::StrCat("There is no pool \"", Printable(pool),
                                "\"; ListPools shows those of the configuration."),
                   "POOL_NOT_FOUND", {{"pool", pool}});
}

absl::Status LeaseErrors::PoolExhausted(const std::string& pool, int64_t capacity) {
  const std::string count = absl::StrCat(capacity);
  return MakeError(StatusCode::kResourceExhausted,
                   absl::StrCat("Pool ", pool, " has no free address left of its ", count,
                                "; release a lease, or make the pool larger in the configuration."),
                   "POOL_EXHAUSTED", {{"pool", pool}, {"capacity", count}});
}

absl::Status LeaseErrors::NotAFixedOwner(const std::string& pool, int64_t capacity,
                                         const std::string& owner) {
  const std::string count = absl::StrCat(capacity);
  return MakeError(StatusCode::kResourceExhausted,
                   absl::StrCat("Pool ", pool, " keeps its addresses for the owners that the ",
                                "configuration names, and ", owner, " is none of them."),
                   "POOL_EXHAUSTED", {{"pool", pool}, {"capacity", count}, {"owner", owner}});
}

absl::Status LeaseErrors::AddressNotInPool(Ipv4Address address, const std::string& pool) {
  const std::string text = address.ToString();
  return MakeError(
      StatusCode::kInvalidArgument,
      absl::StrCat(text, " is not an address of pool ", pool, "; ListPools shows its range."),
      "ADDRESS_NOT_IN_POOL", {{"address", text}, {"pool", pool}});
}

absl::Status LeaseErrors::AddressTaken(Ipv4Address address, const std::string& owner) {
  const std::string text = address.ToString();
  return MakeError(StatusCode::kAlreadyExists, absl::StrCat(text, " is leased to ", owner, "."),
                   "ADDRESS_TAKEN", {{"address", text}, {"owner", owner}});
}

absl::Status LeaseErrors::AddressFixed(Ipv4Address address, const std::string& owner) {
  const std::string text = address.ToString();
  return MakeError(StatusCode::kAlreadyExists,
                   absl::StrCat(text, " is kept for ", owner, " by the configuration."),
                   "ADDRESS_TAKEN", {{"address", text}, {"owner", owner}});
}

absl::Status LeaseErrors::OwnerIsFixed(Ipv4Address address, const std::string& owner,
                                       Ipv4Address fixed) {
  return InvalidField("address", address.ToString(),
                      absl::StrCat("the configuration fixes ", fixed.ToString(), " for ", owner));
}

absl::Status LeaseErrors::AddressResting(Ipv4Address address, const std::string& owner,
                                         absl::Duration remaining) {
  const std::string text = address.ToString();
  const std::string seconds =
      absl::StrCat(absl::ToInt64Seconds(absl::Ceil(remaining, absl::Seconds(1))));
  return WithRetryDelay(
      MakeError(StatusCode::kAlreadyExists,
                absl::StrCat(text, " was released by ", owner, " and rests for another ", seconds,
                             " s; ask for another address, or later."),
                "ADDRESS_TAKEN",
                {{"address", text}, {"owner", owner}, {"resting_seconds", seconds}}),
      remaining);
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

absl::Status LeaseErrors::RequestIdReused(const std::string& request_id) {
  return MakeError(StatusCode::kFailedPrecondition,
                   absl::StrCat("The request_id \"", request_id,
                                "\" came before with another request; make a new one."),
                   "REQUEST_ID_REUSED", {{"request_id", request_id}});
}

absl::Status LeaseErrors::StoreConflict(const std::string& owner) {
  return MakeError(
      StatusCode::kAborted,
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
