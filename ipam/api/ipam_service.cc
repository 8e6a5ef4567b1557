#include "ipam/api/ipam_service.h"

#include <memory>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/unary_handler.h"
#include "common/store/store_errors.h"
#include "common/watch/store_watch.h"
#include "ipam/api/lease_lister.h"
#include "ipam/api/request_parsing.h"
#include "ipam/leases/lease_record.h"

namespace mpd::ipam {
namespace {

// Answers a call that makes or changes a lease.
OutcomeCallback AnswerWithLease(grpc::ServerUnaryReactor* reactor, Store* store,
                                v1::Lease* response) {
  return [=](absl::StatusOr<Outcome> outcome) {
    if (outcome.ok()) FillLease(outcome->lease.value(), store->store_id(), response);
    reactor->Finish(ToGrpcStatus(outcome.status()));
  };
}

absl::Status FillPage(Store* store, const v1::ListLeasesRequest& request,
                      v1::ListLeasesResponse* response) {
  ASSIGN_OR_RETURN(const LeasePage page,
                   ListLeases(store, request.page_size(), request.page_token()));
  for (const Lease& lease : page.leases) {
    FillLease(lease, store->store_id(), response->add_leases());
  }
  response->set_next_page_token(page.next_page_token);
  response->set_revision(page.revision);
  response->set_store_id(store->store_id());
  return absl::OkStatus();
}

absl::Status AddEvent(const std::string& store_id, const StoreEvent& event,
                      v1::WatchLeasesResponse* response) {
  ASSIGN_OR_RETURN(const Lease lease, DecodeLease(event.kv));
  v1::LeaseEvent* added = response->add_events();
  added->set_type(event.type == StoreEvent::Type::kPut ? v1::LeaseEvent::TYPE_PUT
                                                       : v1::LeaseEvent::TYPE_DELETE);
  FillLease(lease, store_id, added->mutable_lease());
  return absl::OkStatus();
}

}  // namespace

IpamService::IpamService(LeaseBook* book, Store* store, WorkerThread* worker, WatchHub* watches)
    : book_(book), store_(store), worker_(worker), watches_(watches), pool_lister_(book, store) {}

grpc::ServerUnaryReactor* IpamService::AllocateAddress(grpc::CallbackServerContext* context,
                                                       const v1::AllocateAddressRequest* request,
                                                       v1::Lease* response) {
  absl::StatusOr<AllocateParams> params = ParseAllocate(*request);
  if (!params.ok()) return FinishWith(context, params.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  book_->Submit(MakeAllocation(*std::move(params), AnswerWithLease(reactor, store_, response)));
  return reactor;
}

grpc::ServerUnaryReactor* IpamService::UpdateLease(grpc::CallbackServerContext* context,
                                                   const v1::UpdateLeaseRequest* request,
                                                   v1::Lease* response) {
  absl::StatusOr<UpdateParams> params = ParseUpdate(*request);
  if (!params.ok()) return FinishWith(context, params.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  book_->Submit(MakeHostnameUpdate(*std::move(params), AnswerWithLease(reactor, store_, response)));
  return reactor;
}

grpc::ServerUnaryReactor* IpamService::ReleaseLease(grpc::CallbackServerContext* context,
                                                    const v1::ReleaseLeaseRequest* request,
                                                    v1::ReleaseLeaseResponse* response) {
  absl::StatusOr<ReleaseParams> params = ParseRelease(*request);
  if (!params.ok()) return FinishWith(context, params.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto answer = [store = store_, response, reactor](const absl::StatusOr<Outcome>& outcome) {
    if (outcome.ok()) {
      response->set_revision(outcome->revision);
      response->set_store_id(store->store_id());
    }
    reactor->Finish(ToGrpcStatus(outcome.status()));
  };
  book_->Submit(MakeRelease(*std::move(params), answer));
  return reactor;
}

grpc::ServerUnaryReactor* IpamService::GetLease(grpc::CallbackServerContext* context,
                                                const v1::GetLeaseRequest* request,
                                                v1::Lease* response) {
  const auto key = ParseGet(*request);
  if (!key.ok()) return FinishWith(context, key.status());
  const auto* owner = std::get_if<std::string>(&*key);
  const absl::StatusOr<Lease> lease = owner != nullptr
                                          ? book_->GetByOwner(*owner)
                                          : book_->GetByAddress(std::get<Ipv4Address>(*key));
  if (lease.ok()) FillLease(*lease, store_->store_id(), response);
  return FinishWith(context, lease.status());
}

grpc::ServerUnaryReactor* IpamService::ListLeases(grpc::CallbackServerContext* context,
                                                  const v1::ListLeasesRequest* request,
                                                  v1::ListLeasesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool posted = worker_->Post([this, request, response, reactor] {
    reactor->Finish(ToGrpcStatus(FillPage(store_, *request, response)));
  });
  if (!posted) reactor->Finish(ToGrpcStatus(StoreErrors::Busy(WorkerThread::kMaxQueue)));
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchLeasesResponse>* IpamService::WatchLeases(
    grpc::CallbackServerContext* context, const v1::WatchLeasesRequest* request) {
  StoreWatchOptions options;
  options.prefix = std::string(kLeasePrefix);
  options.start_revision = request->start_revision();
  options.store_id = request->store_id();
  const auto add = [this](const StoreEvent& event, v1::WatchLeasesResponse* response) {
    return AddEvent(store_->store_id(), event, response);
  };
  return watches_->Start<v1::WatchLeasesResponse>(
      std::make_unique<StoreWatchSource<v1::WatchLeasesResponse>>(store_, std::move(options), add),
      context);
}

grpc::ServerUnaryReactor* IpamService::ListPools(grpc::CallbackServerContext* context,
                                                 const v1::ListPoolsRequest* request,
                                                 v1::ListPoolsResponse* response) {
  return FinishWith(context, pool_lister_.List(*request, response));
}

}  // namespace mpd::ipam
