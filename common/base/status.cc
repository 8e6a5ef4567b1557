#include "common/base/status.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/timestamps.h"
#include "google/rpc/error_details.pb.h"

namespace mpd {
namespace {

constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr absl::string_view kRetryInfoUrl = "type.googleapis.com/google.rpc.RetryInfo";
constexpr absl::string_view kEllipsis = "...";

// How many bytes the well-formed UTF-8 character at the start of `text` takes; 0 where there is
// none. Overlong forms, surrogates and what lies beyond U+10FFFF are not well-formed.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  size_t length = 0;
  uint8_t second_low = 0x80;
  uint8_t second_high = 0xBF;
  if (lead < 0x80) {
    return 1;
  } else if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) second_low = 0xA0;
    if (lead == 0xED) second_high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) second_low = 0x90;
    if (lead == 0xF4) second_high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < second_low || byte(1) > second_high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// U+0080 to U+009F: terminals act on them as they do on the ASCII ones.
bool IsC1Control(absl::string_view character) {
  return character.size() == 2 && static_cast<uint8_t>(character[0]) == 0xC2 &&
         static_cast<uint8_t>(character[1]) < 0xA0;
}

void AppendEscaped(absl::string_view bytes, std::string* out) {
  for (const char c : bytes) {
    switch (c) {
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default: {
        const auto value = static_cast<uint8_t>(c);
        *out += '\\';
        *out += static_cast<char>('0' + (value >> 6));
        *out += static_cast<char>('0' + ((value >> 3) & 7));
        *out += static_cast<char>('0' + (value & 7));
      }
    }
  }
}

std::string ToUtf8(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      AppendEscaped(text.substr(0, 1), &out);
    } else {
      out.append(text.data(), length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

// At most `limit` bytes of well-formed UTF-8, with an ellipsis where something is cut off.
std::string Shortened(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  size_t end = limit - kEllipsis.size();
  // Back to the first byte of a character: the others are 10xxxxxx.
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), kEllipsis);
}

void CapErrorInfo(google::rpc::ErrorInfo* info) {
  constexpr size_t kShortestValue = 16;
  for (size_t limit = kMaxErrorInfo / 2; info->ByteSizeLong() > kMaxErrorInfo; limit /= 2) {
    if (limit < kShortestValue) {
      // A peer's, with more keys than any of ours.
      info->clear_metadata();
      info->set_reason(Shortened(info->reason(), 100));
      info->set_domain(Shortened(info->domain(), 100));
      return;
    }
    for (auto& [key, value] : *info->mutable_metadata()) value = Shortened(value, limit);
  }
}

bool ReadErrorInfo(const absl::Status& status, google::rpc::ErrorInfo* info) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  return payload.has_value() && info->ParseFromString(std::string(*payload));
}

// Not by DiscardUnknownFields, which reflects upon the map: Protobuf's library and its headers in a
// build for the thread sanitizer do not agree about what that is in memory.
google::rpc::ErrorInfo KnownFields(const google::rpc::ErrorInfo& info) {
  google::rpc::ErrorInfo known;
  known.set_reason(info.reason());
  known.set_domain(info.domain());
  *known.mutable_metadata() = info.metadata();
  return known;
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view message, absl::string_view reason,
                       ErrorMetadata metadata) {
  absl::Status status(code, Shortened(ToUtf8(message), kMaxErrorMessage));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(std::string(kErrorDomain));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[std::string(key)] = ToUtf8(value);
  }
  CapErrorInfo(&info);
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view value,
                          absl::string_view problem) {
  const std::string shown = Printable(value, 80);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat(field, " \"", shown, "\": ", problem), "INVALID_FIELD",
                   {{"field", field}, {"value", shown}, {"problem", problem}});
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  *info.mutable_retry_delay() = ToDurationProto(std::max(delay, absl::ZeroDuration()));
  status.SetPayload(kRetryInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

std::string ErrorReason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return ReadErrorInfo(status, &info) ? info.reason() : std::string();
}

std::string ErrorMetadataValue(const absl::Status& status, absl::string_view key) {
  google::rpc::ErrorInfo info;
  if (!ReadErrorInfo(status, &info)) return std::string();
  const auto found = info.metadata().find(std::string(key));
  return found == info.metadata().end() ? std::string() : found->second;
}

absl::Status Capped(const absl::Status& status) {
  if (status.ok()) return status;
  absl::Status capped(status.code(), Shortened(ToUtf8(status.message()), kMaxErrorMessage));
  google::rpc::ErrorInfo info;
  if (ReadErrorInfo(status, &info)) {
    info = KnownFields(info);
    CapErrorInfo(&info);
    capped.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  }
  google::rpc::RetryInfo retry;
  const auto retry_payload = status.GetPayload(kRetryInfoUrl);
  // Read and written anew, so that nothing that is hidden in it makes it long.
  if (retry_payload.has_value() && retry.ParseFromString(std::string(*retry_payload))) {
    retry.DiscardUnknownFields();
    capped.SetPayload(kRetryInfoUrl, absl::Cord(retry.SerializeAsString()));
  }
  return capped;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(
      status.code(),
      Shortened(absl::StrCat(ToUtf8(context), ": ", status.message()), kMaxErrorMessage));
  status.ForEachPayload([&annotated](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

std::string Printable(absl::string_view text, size_t limit) {
  std::string out;
  // Where `out` may be cut so that the ellipsis still fits.
  size_t cut = 0;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const absl::string_view character = text.substr(0, std::max<size_t>(length, 1));
    const auto first = static_cast<uint8_t>(character[0]);
    const bool control = first < 0x20 || first == 0x7F || IsC1Control(character);
    if (length == 0 || control) {
      AppendEscaped(character, &out);
    } else {
      absl::StrAppend(&out, character);
    }
    if (out.size() > limit) {
      out.resize(cut);
      absl::StrAppend(&out, kEllipsis.substr(0, limit - cut));
      return out;
    }
    if (out.size() + kEllipsis.size() <= limit) cut = out.size();
    text.remove_prefix(character.size());
  }
  return out;
}

bool SameError(const absl::Status& a, const absl::Status& b) {
  return a.code() == b.code() && a.message() == b.message();
}

}  // namespace mpd
