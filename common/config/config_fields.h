// Checks of single configuration values, with errors that name file, line, field, value and reason.
#ifndef MPD_COMMON_CONFIG_CONFIG_FIELDS_H_
#define MPD_COMMON_CONFIG_CONFIG_FIELDS_H_

#include <google/protobuf/text_format.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace mpd {

class ConfigFields {
 public:
  using Locations = google::protobuf::TextFormat::ParseInfoTree;

  // `locations` is not owned and must outlive this.
  ConfigFields(absl::string_view file, const Locations* locations)
      : file_(file), locations_(locations) {}

  // `path` is like "pools[1].fixed[0].owner". "<file>:<line>: <path> <value>: <problem>", the line
  // where the file holds the field; INVALID_ARGUMENT (INVALID_CONFIG).
  absl::Status Error(absl::string_view path, absl::string_view value,
                     absl::string_view problem) const;
  // The problem being that of an InvalidField error.
  absl::Status Error(absl::string_view path, absl::string_view value,
                     const absl::Status& problem) const;

  // The same for text that is no textproto: `where` is "<line>:<column>: <what is wrong>".
  absl::Status SyntaxError(int line, absl::string_view where) const;

  // A network interface's name, as Linux takes it (IFNAMSIZ): at most 15 of [A-Za-z0-9_.-].
  absl::Status CheckInterface(absl::string_view path, absl::string_view value) const;
  // A name of a Podman object: [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 63.
  absl::Status CheckObjectName(absl::string_view path, absl::string_view value) const;
  // An image reference: [a-z0-9] first, then [A-Za-z0-9._/:@-], at most 255.
  absl::Status CheckImage(absl::string_view path, absl::string_view value) const;
  // A user's name as Debian's adduser takes it: [a-z_][a-z0-9_-]*, at most 32; not root.
  absl::Status CheckUser(absl::string_view path, absl::string_view value) const;
  // A duration of whole seconds, from `min` to `max`, both inclusive.
  absl::StatusOr<absl::Duration> WholeSeconds(absl::string_view path,
                                              const google::protobuf::Duration& value, int64_t min,
                                              int64_t max) const;

  // An absolute path of printable characters.
  absl::Status CheckPath(absl::string_view path, absl::string_view value) const;

 private:
  // All of them. `sentence` follows the file's name.
  absl::Status Invalid(absl::string_view sentence, int line, absl::string_view path,
                       absl::string_view value, absl::string_view problem) const;
  // 1-based; 0 where the file does not hold the field.
  int LineOf(absl::string_view path) const;

  std::string file_;
  const Locations* locations_;
};

}  // namespace mpd

#endif  // MPD_COMMON_CONFIG_CONFIG_FIELDS_H_
