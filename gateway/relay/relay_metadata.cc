#include "gateway/relay/relay_metadata.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace mpd::gateway {

bool PassesRelay(absl::string_view key) {
  static constexpr absl::string_view kPerConnection[] = {"accept-encoding",
                                                         "connection",
                                                         "content-encoding",
                                                         "content-length",
                                                         "content-type",
                                                         "date",
                                                         "host",
                                                         "keep-alive",
                                                         "proxy-connection",
                                                         "server",
                                                         "te",
                                                         "trailer",
                                                         "transfer-encoding",
                                                         "upgrade",
                                                         "user-agent"};
  if (key.empty() || key.front() == ':') return false;
  if (absl::StartsWith(key, "grpc-") || absl::StartsWith(key, "mpd-")) return false;
  return std::find(std::begin(kPerConnection), std::end(kPerConnection), key) ==
         std::end(kPerConnection);
}

}  // namespace mpd::gateway
