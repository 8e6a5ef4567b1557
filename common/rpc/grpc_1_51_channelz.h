// How many calls gRPC's servers of this process are answering.
#ifndef MPD_COMMON_RPC_GRPC_1_51_CHANNELZ_H_
#define MPD_COMMON_RPC_GRPC_1_51_CHANNELZ_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace mpd {

// By gRPC's own count (channelz), of all servers together, streams included; -1 where it can't be
// had.
int64_t ServerCallsInFlight();

// The sum over one page of channelz' list of servers, JSON as grpc_channelz_get_servers gives it.
int64_t CallsInFlightOf(absl::string_view channelz_servers);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_CHANNELZ_H_
