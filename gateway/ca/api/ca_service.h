// The gRPC side of mpd-ca: every call is done on one thread, since it computes or waits for the
// disk.
#ifndef MPD_GATEWAY_CA_API_CA_SERVICE_H_
#define MPD_GATEWAY_CA_API_CA_SERVICE_H_

#include <memory>
#include <string>

#include "common/async/worker_thread.h"
#include "common/store/store.h"
#include "common/watch/watch_reactor.h"
#include "gateway/ca/authority/authority.h"
#include "gateway/ca/issued/issued_log.h"
#include "mpd/ca/v1/ca.grpc.pb.h"

namespace mpd::ca {

// Thread-safe.
class CaService final : public v1::CaService::CallbackService {
 public:
  // All must outlive this, and this the server. The worker is the thread that reloads the
  // authority.
  CaService(Authority* authority, Store* store, WorkerThread* worker, WatchHub* watches)
      : authority_(authority), store_(store), log_(store), worker_(worker), watches_(watches) {}

  grpc::ServerUnaryReactor* GetTrust(grpc::CallbackServerContext* context,
                                     const v1::GetTrustRequest*, v1::Trust* response) override;
  grpc::ServerWriteReactor<v1::WatchTrustResponse>* WatchTrust(
      grpc::CallbackServerContext* context, const v1::WatchTrustRequest*) override;
  grpc::ServerUnaryReactor* SignServerCertificate(grpc::CallbackServerContext* context,
                                                  const v1::SignServerCertificateRequest* request,
                                                  v1::IssuedCertificate* response) override;
  grpc::ServerUnaryReactor* SignClientCertificate(grpc::CallbackServerContext* context,
                                                  const v1::SignClientCertificateRequest* request,
                                                  v1::IssuedCertificate* response) override;
  grpc::ServerUnaryReactor* SignIdentity(grpc::CallbackServerContext* context,
                                         const v1::SignIdentityRequest* request,
                                         v1::SignIdentityResponse* response) override;
  grpc::ServerUnaryReactor* ListIssued(grpc::CallbackServerContext* context,
                                       const v1::ListIssuedRequest* request,
                                       v1::ListIssuedResponse* response) override;
  grpc::ServerUnaryReactor* ImportTrust(grpc::CallbackServerContext* context,
                                        const v1::ImportTrustRequest* request,
                                        v1::ImportTrustResponse* response) override;

 private:
  // Has the worker do the job and finishes the call with its result.
  grpc::ServerUnaryReactor* Do(grpc::CallbackServerContext* context,
                               std::function<absl::Status()> job);

  absl::Status Record(const Issued& issued, const Trust& trust, const std::string& usage,
                      const std::vector<std::string>& subjects, v1::IssuedCertificate* response);
  absl::Status List(const v1::ListIssuedRequest& request, v1::ListIssuedResponse* response);
  absl::Status Import(const v1::ImportTrustRequest& request, v1::ImportTrustResponse* response);

  Authority* const authority_;
  Store* const store_;
  IssuedLog log_;
  WorkerThread* const worker_;
  WatchHub* const watches_;
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_API_CA_SERVICE_H_
