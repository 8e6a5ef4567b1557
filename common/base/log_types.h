// What a log message consists of.
#ifndef MPD_COMMON_BASE_LOG_TYPES_H_
#define MPD_COMMON_BASE_LOG_TYPES_H_

#include <initializer_list>
#include <utility>

#include "absl/strings/string_view.h"

namespace mpd {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogFields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

}  // namespace mpd

#endif  // MPD_COMMON_BASE_LOG_TYPES_H_
