// What fuzzers assert with: a promise that does not hold ends the program, which libFuzzer takes
// for a finding and keeps the input of.
#ifndef MPD_COMMON_TESTING_FUZZ_CHECK_H_
#define MPD_COMMON_TESTING_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"

namespace mpd {

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

// A refusal as callers are promised it: the code, a sentence, the reason.
inline void CheckRefusal(const absl::Status& status, absl::StatusCode code,
                         absl::string_view reason) {
  FUZZ_CHECK(status.code() == code);
  FUZZ_CHECK(!status.message().empty());
  FUZZ_CHECK(ErrorReason(status) == reason);
}

}  // namespace mpd

#endif  // MPD_COMMON_TESTING_FUZZ_CHECK_H_
