// The gRPC side of mpd-ipam: parse, submit, answer.
#ifndef MPD_IPAM_API_IPAM_SERVICE_H_
#define MPD_IPAM_API_IPAM_SERVICE_H_

#include "common/async/worker_thread.h"
#include "common/store/store.h"
#include "common/watch/watch_reactor.h"
#include "ipam/api/pool_lister.h"
#include "ipam/book/lease_book.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {

// Thread-safe. No call blocks a gRPC thread: changes are answered from the store's thread, listings
// from the worker's.
class IpamService final : public v1::IpamService::CallbackService {
 public:
  // All must outlive this, and this the server.
  IpamService(LeaseBook* book, Store* store, WorkerThread* worker, WatchHub* watches);

  grpc::ServerUnaryReactor* AllocateAddress(grpc::CallbackServerContext* context,
                                            const v1::AllocateAddressRequest* request,
                                            v1::Lease* response) override;
  grpc::ServerUnaryReactor* UpdateLease(grpc::CallbackServerContext* context,
                                        const v1::UpdateLeaseRequest* request,
                                        v1::Lease* response) override;
  grpc::ServerUnaryReactor* ReleaseLease(grpc::CallbackServerContext* context,
                                         const v1::ReleaseLeaseRequest* request,
                                         v1::ReleaseLeaseResponse* response) override;
  grpc::ServerUnaryReactor* GetLease(grpc::CallbackServerContext* context,
                                     const v1::GetLeaseRequest* request,
                                     v1::Lease* response) override;
  grpc::ServerUnaryReactor* ListLeases(grpc::CallbackServerContext* context,
                                       const v1::ListLeasesRequest* request,
                                       v1::ListLeasesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext* context, const v1::WatchLeasesRequest* request) override;
  grpc::ServerUnaryReactor* ListPools(grpc::CallbackServerContext* context,
                                      const v1::ListPoolsRequest* request,
                                      v1::ListPoolsResponse* response) override;

 private:
  LeaseBook* const book_;
  Store* const store_;
  WorkerThread* const worker_;
  WatchHub* const watches_;
  PoolLister pool_lister_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_API_IPAM_SERVICE_H_
