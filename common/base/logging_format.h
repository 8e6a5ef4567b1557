// How a log message looks, apart from where it goes.
#ifndef MPD_COMMON_BASE_LOGGING_FORMAT_H_
#define MPD_COMMON_BASE_LOGGING_FORMAT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/log_types.h"

namespace mpd {

// "<id> <message> key=value key="with space"": one line, whatever the parts hold.
std::string FormatLogText(absl::string_view id, absl::string_view message, LogFields fields);

// The fields of a journal entry, as sd_journal_sendv takes them: "PRIORITY=4", "MPD_RESOLVER=…".
std::vector<std::string> FormatJournalFields(absl::string_view component, LogLevel level,
                                             absl::string_view id, absl::string_view message,
                                             LogFields fields);

// Whether $JOURNAL_STREAM ("<device>:<inode>") means the file behind the descriptor, as
// systemd.exec(5) says to ask. False where the variable is absent or malformed.
bool IsJournalStream(const char* journal_stream, int descriptor);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_LOGGING_FORMAT_H_
