#include "common/config/config_fields.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "mpd/config/v1/config.pb.h"

namespace mpd {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool AllOf(absl::string_view text, absl::string_view also) {
  return std::all_of(text.begin(), text.end(), [also](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || also.find(c) != also.npos;
  });
}

// "fixed[2]" is ("fixed", 2); "zone" is ("zone", 0).
std::pair<std::string, int> SplitStep(absl::string_view step) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(step, absl::MaxSplits('[', 1));
  int index = 0;
  if (!parts.second.empty()) {
    (void)absl::SimpleAtoi(parts.second.substr(0, parts.second.size() - 1), &index);
  }
  return {std::string(parts.first), index};
}

}  // namespace

int ConfigFields::LineOf(absl::string_view path) const {
  const Locations* tree = locations_;
  const Descriptor* message = config::v1::Config::descriptor();
  int line = 0;
  for (absl::string_view step : absl::StrSplit(path, '.')) {
    const auto [name, index] = SplitStep(step);
    const FieldDescriptor* field = message->FindFieldByName(name);
    if (field == nullptr) return line;
    const int at = field->is_repeated() ? index : -1;
    const auto location = tree->GetLocation(field, at);
    if (location.line < 0) return line;
    line = location.line + 1;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return line;
    tree = tree->GetTreeForNested(field, at);
    message = field->message_type();
    if (tree == nullptr) return line;
  }
  return line;
}

absl::Status ConfigFields::Invalid(absl::string_view sentence, int line, absl::string_view path,
                                   absl::string_view value, absl::string_view problem) const {
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(file_, ":", sentence),
                   "INVALID_CONFIG",
                   {{"file", file_},
                    {"line", absl::StrCat(line)},
                    {"field", path},
                    {"value", value},
                    {"problem", problem}});
}

absl::Status ConfigFields::Error(absl::string_view path, absl::string_view value,
                                 absl::string_view problem) const {
  const int line = LineOf(path);
  const std::string at = line > 0 ? absl::StrCat(line, ": ") : " ";
  const std::string shown = value.empty() ? "" : absl::StrCat(" \"", Printable(value, 80), "\"");
  return Invalid(absl::StrCat(at, path, shown, ": ", problem), line, path, value, problem);
}

absl::Status ConfigFields::SyntaxError(int line, absl::string_view where) const {
  return Invalid(where, line, "", "", where);
}

absl::Status ConfigFields::Error(absl::string_view path, absl::string_view value,
                                 const absl::Status& problem) const {
  return Error(path, value, ErrorMetadataValue(problem, "problem"));
}

absl::Status ConfigFields::CheckInterface(absl::string_view path, absl::string_view value) const {
  if (!value.empty() && value.size() <= 15 && value != "." && value != ".." &&
      AllOf(value, "_.-")) {
    return absl::OkStatus();
  }
  return Error(path, value, "must be 1 to 15 letters, digits, '_', '.' or '-'");
}

absl::Status ConfigFields::CheckObjectName(absl::string_view path, absl::string_view value) const {
  if (!value.empty() && value.size() <= 63 && AllOf(value.substr(0, 1), "") &&
      AllOf(value, "_.-")) {
    return absl::OkStatus();
  }
  return Error(path, value, "must be a letter or digit, then letters, digits, '_', '.' or '-'");
}

absl::Status ConfigFields::CheckImage(absl::string_view path, absl::string_view value) const {
  if (!value.empty() && value.size() <= 255 && AllOf(value.substr(0, 1), "") &&
      AllOf(value, "._/:@-")) {
    return absl::OkStatus();
  }
  return Error(path, value, "must be an image reference like localhost/mpd-runtime:latest");
}

absl::Status ConfigFields::CheckUser(absl::string_view path, absl::string_view value) const {
  const bool first_ok =
      !value.empty() &&
      (absl::ascii_islower(static_cast<unsigned char>(value[0])) || value[0] == '_');
  const bool lower = std::none_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c));
  });
  if (first_ok && lower && value.size() <= 32 && value != "root" && AllOf(value, "_-")) {
    return absl::OkStatus();
  }
  return Error(path, value,
               "must be a user's name, not root: a lower-case letter or '_', then lower-case "
               "letters, digits, '_' or '-', at most 32 in all");
}

absl::StatusOr<absl::Duration> ConfigFields::WholeSeconds(absl::string_view path,
                                                          const google::protobuf::Duration& value,
                                                          int64_t min, int64_t max) const {
  if (value.nanos() == 0 && value.seconds() >= min && value.seconds() <= max) {
    return absl::Seconds(value.seconds());
  }
  const std::string nanos = value.nanos() == 0 ? "" : absl::StrCat(" nanos: ", value.nanos());
  return Error(path, absl::StrCat("{ seconds: ", value.seconds(), nanos, " }"),
               absl::StrCat("must be whole seconds, from ", min, " to ", max));
}

absl::Status ConfigFields::CheckPath(absl::string_view path, absl::string_view value) const {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!value.empty() && value[0] == '/' && value.size() < 4096 && printable) {
    return absl::OkStatus();
  }
  return Error(path, value, "must be an absolute path of printable ASCII characters");
}

}  // namespace mpd
