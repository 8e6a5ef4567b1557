// Errors with a reason that programs can act on: an absl::Status whose payload is a
// google.rpc.ErrorInfo, carried unchanged to gRPC clients. Thread-safe.
#ifndef MPD_COMMON_BASE_STATUS_H_
#define MPD_COMMON_BASE_STATUS_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mpd {

inline constexpr absl::string_view kErrorDomain = "mpd.test";

// Whatever an error is about, message and details stay below 4 KiB together: gRPC drops an answer
// whose headers are too long, and the client would learn nothing. A google.rpc.Status holds the
// message a second time, hence the second limit.
inline constexpr size_t kMaxErrorMessage = 1000;
inline constexpr size_t kMaxErrorInfo = 1500;

using ErrorMetadata = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

// `message` is a sentence that says what is wrong and what to do. `reason` is UPPER_SNAKE_CASE.
// `metadata` holds every dynamic part of the message. Bytes that are not UTF-8 are escaped, and
// what is too long is shortened as by Capped.
absl::Status MakeError(absl::StatusCode code, absl::string_view message, absl::string_view reason,
                       ErrorMetadata metadata = {});

// INVALID_ARGUMENT, reason INVALID_FIELD, metadata `field`, `value` (escaped, shortened to 80
// characters) and `problem`; the message is "<field> \"<value>\": <problem>".
absl::Status InvalidField(absl::string_view field, absl::string_view value,
                          absl::string_view problem);

// The same error that also says when to try again.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// The reason in the error's ErrorInfo; empty where there is none.
std::string ErrorReason(const absl::Status& status);
// One entry of its metadata; empty where there is none.
std::string ErrorMetadataValue(const absl::Status& status, absl::string_view key);

// The same error with a message of at most kMaxErrorMessage bytes and an ErrorInfo of at most
// kMaxErrorInfo: both are cut between characters, with "..." at the end of what is cut; the longest
// values of the metadata first, all of them only where that is not enough. Reason and keys stay. Of
// its other payloads a RetryInfo stays.
absl::Status Capped(const absl::Status& status);

// The same code with `context` and ": " before the message, which is cut as by Capped; payloads
// stay.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

// Text as it may stand in a message, a log or a terminal: control characters and bytes that are not
// UTF-8 as C escapes, at most `limit` bytes.
std::string Printable(absl::string_view text, size_t limit = 200);

#define MPD_CONCAT_INNER_(a, b) a##b
#define MPD_CONCAT_(a, b) MPD_CONCAT_INNER_(a, b)

#define RETURN_IF_ERROR(expression)                                                       \
  do {                                                                                    \
    if (::absl::Status mpd_status_ = (expression); !mpd_status_.ok()) return mpd_status_; \
  } while (false)

#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_IMPL_(MPD_CONCAT_(mpd_or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_IMPL_(temporary, target, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) return std::move(temporary).status();  \
  target = *std::move(temporary)

// The same in a coroutine.
#define CO_RETURN_IF_ERROR(expression)                                                       \
  do {                                                                                       \
    if (::absl::Status mpd_status_ = (expression); !mpd_status_.ok()) co_return mpd_status_; \
  } while (false)

#define CO_ASSIGN_OR_RETURN(target, expression) \
  CO_ASSIGN_OR_RETURN_IMPL_(MPD_CONCAT_(mpd_or_, __LINE__), target, expression)
#define CO_ASSIGN_OR_RETURN_IMPL_(temporary, target, expression) \
  auto temporary = (expression);                                 \
  if (!temporary.ok()) co_return std::move(temporary).status();  \
  target = *std::move(temporary)

// Whether two results tell the same. Not so operator==: a status carries its details as bytes, and
// a Protobuf map has no order.
bool SameError(const absl::Status& a, const absl::Status& b);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_STATUS_H_
