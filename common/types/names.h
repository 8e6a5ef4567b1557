// Names that come from outside, as checked types: a value of one of these types is safe in a file
// name, a container name, a resolver's hosts file and an environment variable. All are made by
// Parse, which answers INVALID_ARGUMENT (reason INVALID_FIELD) with what is wrong.
#ifndef MPD_COMMON_TYPES_NAMES_H_
#define MPD_COMMON_TYPES_NAMES_H_

#include <compare>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// The text of a name of one kind; Tag keeps the kinds apart.
template <typename Tag>
class CheckedName {
 public:
  static absl::StatusOr<CheckedName> Parse(absl::string_view text);
  const std::string& value() const { return value_; }
  auto operator<=>(const CheckedName&) const = default;

 private:
  explicit CheckedName(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

struct RuntimeNameTag;
struct ProjectNameTag;
struct ServiceNameTag;
struct DatabaseEngineTag;
struct DatabaseVersionTag;
struct OwnerTag;
struct HostnameTag;
struct ZoneTag;
struct RequestIdTag;

// A lower-case letter, then lower-case letters and digits; 2 to 40 characters.
using RuntimeName = CheckedName<RuntimeNameTag>;
// As a runtime's, and inner dashes too.
using ProjectName = CheckedName<ProjectNameTag>;
// As a runtime's; which services exist is the container-manager's to say.
using ServiceName = CheckedName<ServiceNameTag>;
// postgres, mariadb or mysql.
using DatabaseEngine = CheckedName<DatabaseEngineTag>;
// "latest", or digit-leading [a-z0-9.-]+; at most 40 characters.
using DatabaseVersion = CheckedName<DatabaseVersionTag>;
// A lease's owner: "service/<name>", "db/<id>", "runtime/<name>"; <id> and <name> are of
// [a-z0-9-], begin and end with a letter or digit, at most 63 characters.
using Owner = CheckedName<OwnerTag>;
// A host relative to the zone, or "@" for its apex: labels of [a-z0-9-] that neither begin nor end
// with a dash, 1 to 63 characters each (RFC 1035 §2.3.1, RFC 1123 §2.1), with dots between; at most
// 200 characters, so that with any zone it stays under the 253 of RFC 1035 §2.3.4.
using Hostname = CheckedName<HostnameTag>;
// A zone: labels as in Hostname, at least two, at most 50 characters.
using Zone = CheckedName<ZoneTag>;
// 1 to 128 printable ASCII characters without space.
using RequestId = CheckedName<RequestIdTag>;

template <>
absl::StatusOr<RuntimeName> RuntimeName::Parse(absl::string_view text);
template <>
absl::StatusOr<ProjectName> ProjectName::Parse(absl::string_view text);
template <>
absl::StatusOr<ServiceName> ServiceName::Parse(absl::string_view text);
template <>
absl::StatusOr<DatabaseEngine> DatabaseEngine::Parse(absl::string_view text);
template <>
absl::StatusOr<DatabaseVersion> DatabaseVersion::Parse(absl::string_view text);
template <>
absl::StatusOr<Owner> Owner::Parse(absl::string_view text);
template <>
absl::StatusOr<Hostname> Hostname::Parse(absl::string_view text);
template <>
absl::StatusOr<Zone> Zone::Parse(absl::string_view text);
template <>
absl::StatusOr<RequestId> RequestId::Parse(absl::string_view text);

// "php.runtime" in "mpd.test" is "php.runtime.mpd.test"; "@" is the zone itself.
std::string FullyQualified(const Hostname& hostname, const Zone& zone);

// "postgres", "17.2" give "postgres-17-2". One way only: ids are never parsed.
std::string DatabaseId(const DatabaseEngine& engine, const DatabaseVersion& version);

}  // namespace mpd

#endif  // MPD_COMMON_TYPES_NAMES_H_
