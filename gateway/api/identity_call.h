// One call of GetIdentity: what mpd-ca trusts, what this VM is, and mpd-ca's signature of that.
#ifndef MPD_GATEWAY_API_IDENTITY_CALL_H_
#define MPD_GATEWAY_API_IDENTITY_CALL_H_

#include <functional>

#include "absl/status/status.h"
#include "common/async/worker_thread.h"
#include "gateway/identity/identity.h"
#include "mpd/ca/v1/ca.grpc.pb.h"
#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway {

// What all calls work with; must outlive them.
struct IdentityDeps {
  const Identity* identity;
  mpd::ca::v1::CaService::Stub* ca;
  WorkerThread* worker;  // reads the files
};

// Fills the response and calls `done`, on any thread. Request and response must live until then.
// Errors: INVALID_ARGUMENT (INVALID_FIELD: the nonce is not 16 to 64 bytes; PLATFORM_ENV_INVALID),
// RESOURCE_EXHAUSTED (TOO_MANY_IDENTITIES), UNAVAILABLE (BACKEND_UNAVAILABLE), those of mpd-ca.
void GetIdentity(const IdentityDeps& deps, mpd::gateway::v1::Status status,
                 const mpd::gateway::v1::GetIdentityRequest* request,
                 mpd::gateway::v1::GetIdentityResponse* response,
                 std::function<void(absl::Status)> done);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_API_IDENTITY_CALL_H_
