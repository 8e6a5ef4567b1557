// The one way between absl::Status and grpc::Status.
#ifndef MPD_COMMON_RPC_GRPC_STATUS_H_
#define MPD_COMMON_RPC_GRPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace mpd {

// With a google.rpc.Status of the same content in the details. Message and details together stay
// below 4 KiB: what is longer is shortened as by Capped.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The details' ErrorInfo and RetryInfo come back as payloads.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_STATUS_H_
