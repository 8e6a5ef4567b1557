#include "container-manager/api/container_service.h"

#include <memory>
#include <utility>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "container-manager/api/workload_lister.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/api/workload_watch.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

using Unary = grpc::ServerUnaryReactor;

// For a call that is answered at once.
Unary* FinishWith(grpc::CallbackServerContext* context, const absl::Status& status) {
  Unary* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// For a call that is answered when it is stored. gRPC keeps reactor and response until Finish.
template <typename Message>
Answer<Message> AnswerTo(Unary* reactor, Message* response) {
  return [reactor, response](absl::StatusOr<Message> message) {
    if (message.ok()) *response = std::move(*message);
    reactor->Finish(ToGrpcStatus(message.status()));
  };
}

}  // namespace

Unary* UnimplementedMethods::Refuse(grpc::CallbackServerContext* context, const char* method) {
  return FinishWith(context, WorkloadErrors::NotAvailable(method));
}

Unary* ContainerService::StartEnvironment(Context* context,
                                          const api::StartEnvironmentRequest* request,
                                          api::Environment* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StartEnvironment(request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::StopEnvironment(Context* context,
                                         const api::StopEnvironmentRequest* request,
                                         api::Environment* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StopEnvironment(request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::GetEnvironment(Context* context, const api::GetEnvironmentRequest*,
                                        api::Environment* response) {
  const auto list = store_->ReadAll();
  if (list.ok()) *response = EnvironmentView(*list);
  return FinishWith(context, list.status());
}

template <typename Request, typename Response>
absl::StatusOr<std::vector<WorkloadRecord>> ContainerService::Page(WorkloadKind kind,
                                                                   const Request& request,
                                                                   Response* response) const {
  ASSIGN_OR_RETURN(WorkloadPage page,
                   ListWorkloads(*store_, kind, request.page_size(), request.page_token()));
  response->set_next_page_token(page.next_page_token);
  response->set_revision(page.revision);
  response->set_store_id(store_->store()->store_id());
  return std::move(page.records);
}

Unary* ContainerService::ListServices(Context* context, const api::ListServicesRequest* request,
                                      api::ListServicesResponse* response) {
  const auto records = Page(WorkloadKind::kService, *request, response);
  if (!records.ok()) return FinishWith(context, records.status());
  for (const WorkloadRecord& record : *records) {
    *response->add_services() = ServiceView(record, *zone_);
  }
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::RestartService(Context* context, const api::RestartServiceRequest* request,
                                        api::Service* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->RestartService(request->name(), request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::CreateRuntime(Context* context, const api::CreateRuntimeRequest* request,
                                       api::Runtime* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->CreateRuntime(request->name(), request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::GetRuntime(Context* context, const api::GetRuntimeRequest* request,
                                    api::Runtime* response) {
  const auto id = RuntimeId(request->name());
  if (!id.ok()) return FinishWith(context, id.status());
  const auto record = store_->Read(*id);
  if (!record.ok()) return FinishWith(context, record.status());
  if (!record->exists()) return FinishWith(context, WorkloadErrors::NotFound(id->Key()));
  *response = RuntimeView(*record, *zone_);
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::ListRuntimes(Context* context, const api::ListRuntimesRequest* request,
                                      api::ListRuntimesResponse* response) {
  const auto records = Page(WorkloadKind::kRuntime, *request, response);
  if (!records.ok()) return FinishWith(context, records.status());
  for (const WorkloadRecord& record : *records) {
    *response->add_runtimes() = RuntimeView(record, *zone_);
  }
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::StartRuntime(Context* context, const api::StartRuntimeRequest* request,
                                      api::Runtime* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StartRuntime(request->name(), request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::StopRuntime(Context* context, const api::StopRuntimeRequest* request,
                                     api::Runtime* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StopRuntime(request->name(), request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::DeleteRuntime(Context* context, const api::DeleteRuntimeRequest* request,
                                       api::Runtime* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->DeleteRuntime(request->name(), request->request_id(), AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::CreateDatabase(Context* context, const api::CreateDatabaseRequest* request,
                                        api::Database* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->CreateDatabase(request->engine(), request->version(), request->request_id(),
                         AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::GetDatabase(Context* context, const api::GetDatabaseRequest* request,
                                     api::Database* response) {
  const auto id = DatabaseWorkloadId(request->engine(), request->version());
  if (!id.ok()) return FinishWith(context, id.status());
  const auto record = store_->Read(*id);
  if (!record.ok()) return FinishWith(context, record.status());
  if (!record->exists() || record->wish.version() != request->version()) {
    return FinishWith(context, WorkloadErrors::NotFound(id->Key()));
  }
  *response = DatabaseView(*record, *zone_);
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::ListDatabases(Context* context, const api::ListDatabasesRequest* request,
                                       api::ListDatabasesResponse* response) {
  const auto records = Page(WorkloadKind::kDatabase, *request, response);
  if (!records.ok()) return FinishWith(context, records.status());
  for (const WorkloadRecord& record : *records) {
    *response->add_databases() = DatabaseView(record, *zone_);
  }
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::StartDatabase(Context* context, const api::StartDatabaseRequest* request,
                                       api::Database* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StartDatabase(request->engine(), request->version(), request->request_id(),
                        AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::StopDatabase(Context* context, const api::StopDatabaseRequest* request,
                                      api::Database* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->StopDatabase(request->engine(), request->version(), request->request_id(),
                       AnswerTo(reactor, response));
  return reactor;
}

Unary* ContainerService::DeleteDatabase(Context* context, const api::DeleteDatabaseRequest* request,
                                        api::Database* response) {
  Unary* const reactor = context->DefaultReactor();
  calls_->DeleteDatabase(request->engine(), request->version(), request->request_id(),
                         AnswerTo(reactor, response));
  return reactor;
}

grpc::ServerWriteReactor<api::WatchWorkloadsResponse>* ContainerService::WatchWorkloads(
    Context* context, const api::WatchWorkloadsRequest* request) {
  if (request->start_revision() < 0) {
    return watches_->Refuse<api::WatchWorkloadsResponse>(
        InvalidField("start_revision", std::to_string(request->start_revision()), "is negative"));
  }
  if (request->start_revision() > 0 && request->store_id().empty()) {
    return watches_->Refuse<api::WatchWorkloadsResponse>(
        InvalidField("store_id", "", "must say which store start_revision counts in"));
  }
  return watches_->Start<api::WatchWorkloadsResponse>(
      std::make_unique<WorkloadWatch>(store_, zone_, request->start_revision(),
                                      request->store_id()),
      context);
}

grpc::ServerWriteReactor<api::StreamLogsResponse>* ContainerService::StreamLogs(
    Context*, const api::StreamLogsRequest* request) {
  using Message = api::StreamLogsResponse;
  const auto id = ParseWorkloadKey(request->workload());
  if (!id.ok()) return watches_->Refuse<Message>(id.status());
  if (request->tail() < 0) {
    return watches_->Refuse<Message>(
        InvalidField("tail", std::to_string(request->tail()), "is negative"));
  }
  const auto record = store_->Read(*id);
  if (!record.ok()) return watches_->Refuse<Message>(record.status());
  if (!record->exists()) return watches_->Refuse<Message>(WorkloadErrors::NotFound(id->Key()));
  if (record->observed.container_id().empty()) {
    return watches_->Refuse<Message>(WorkloadErrors::NoContainer(id->Key()));
  }
  LogRequest ask;
  ask.follow = request->follow();
  ask.tail = request->tail();
  return watches_->Start<Message>(
      logs_->Open(id->Key(), record->observed.container_id(), std::move(ask)));
}

}  // namespace mpd::containers
