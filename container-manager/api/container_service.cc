#include "container-manager/api/container_service.h"

#include <memory>
#include <utility>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/unary_handler.h"
#include "container-manager/api/workload_lister.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/api/workload_watch.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/database/database_api.h"
#include "container-manager/kinds/runtime/runtime_api.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

using Unary = grpc::ServerUnaryReactor;

// For a call that is answered when it is stored. gRPC keeps reactor and response until Finish.
template <typename Message>
Reply<Message> ReplyTo(Unary* reactor, Message* response) {
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
  commands_->StartEnvironment(request->request_id(), ReplyTo(reactor, response));
  return reactor;
}

Unary* ContainerService::StopEnvironment(Context* context,
                                         const api::StopEnvironmentRequest* request,
                                         api::Environment* response) {
  Unary* const reactor = context->DefaultReactor();
  commands_->StopEnvironment(request->request_id(), ReplyTo(reactor, response));
  return reactor;
}

Unary* ContainerService::GetEnvironment(Context* context, const api::GetEnvironmentRequest*,
                                        api::Environment* response) {
  const auto list = store_->ReadAll();
  if (list.ok()) *response = EnvironmentView(*list, *kinds_);
  return FinishWith(context, list.status());
}

template <typename Api, typename Request>
Unary* ContainerService::Change(Context* context, Command<Api> command, const Request& request,
                                typename Api::Resource* response) {
  Unary* const reactor = context->DefaultReactor();
  (commands_->*command)(Api::Target(request), request.request_id(), ReplyTo(reactor, response));
  return reactor;
}

template <typename Api, typename Request>
Unary* ContainerService::Get(Context* context, const Request& request,
                             typename Api::Resource* response) {
  const auto target = Api::Target(request);
  if (!target.ok()) return FinishWith(context, target.status());
  const auto record = store_->Read(target->id);
  if (!record.ok()) return FinishWith(context, record.status());
  // Two versions of a database can give the same id: the one is not the other.
  if (!record->exists() || record->wish.version() != target->wish.version()) {
    return FinishWith(context, WorkloadErrors::NotFound(target->id.Key()));
  }
  *response = Api::View(*record, *zone_);
  return FinishWith(context, absl::OkStatus());
}

template <typename Api, typename Request, typename Response>
Unary* ContainerService::List(Context* context, const Request& request, Response* response) {
  const auto page =
      ListWorkloads(*store_, *kinds_, Api::kType, request.page_size(), request.page_token());
  if (!page.ok()) return FinishWith(context, page.status());
  response->set_next_page_token(page->next_page_token);
  response->set_revision(page->revision);
  response->set_store_id(store_->store()->store_id());
  for (const WorkloadRecord& record : page->records) {
    *Api::Add(response) = Api::View(record, *zone_);
  }
  return FinishWith(context, absl::OkStatus());
}

Unary* ContainerService::ListServices(Context* context, const api::ListServicesRequest* request,
                                      api::ListServicesResponse* response) {
  return List<ServiceApi>(context, *request, response);
}

Unary* ContainerService::RestartService(Context* context, const api::RestartServiceRequest* request,
                                        api::Service* response) {
  Unary* const reactor = context->DefaultReactor();
  commands_->Restart<ServiceApi>(ServiceApi::Target(*kinds_, request->name()),
                                 request->request_id(), ReplyTo(reactor, response));
  return reactor;
}

Unary* ContainerService::CreateRuntime(Context* context, const api::CreateRuntimeRequest* request,
                                       api::Runtime* response) {
  return Change<RuntimeApi>(context, &WorkloadCommands::Create<RuntimeApi>, *request, response);
}

Unary* ContainerService::GetRuntime(Context* context, const api::GetRuntimeRequest* request,
                                    api::Runtime* response) {
  return Get<RuntimeApi>(context, *request, response);
}

Unary* ContainerService::ListRuntimes(Context* context, const api::ListRuntimesRequest* request,
                                      api::ListRuntimesResponse* response) {
  return List<RuntimeApi>(context, *request, response);
}

Unary* ContainerService::StartRuntime(Context* context, const api::StartRuntimeRequest* request,
                                      api::Runtime* response) {
  return Change<RuntimeApi>(context, &WorkloadCommands::Start<RuntimeApi>, *request, response);
}

Unary* ContainerService::StopRuntime(Context* context, const api::StopRuntimeRequest* request,
                                     api::Runtime* response) {
  return Change<RuntimeApi>(context, &WorkloadCommands::Stop<RuntimeApi>, *request, response);
}

Unary* ContainerService::DeleteRuntime(Context* context, const api::DeleteRuntimeRequest* request,
                                       api::Runtime* response) {
  return Change<RuntimeApi>(context, &WorkloadCommands::Delete<RuntimeApi>, *request, response);
}

Unary* ContainerService::CreateDatabase(Context* context, const api::CreateDatabaseRequest* request,
                                        api::Database* response) {
  return Change<DatabaseApi>(context, &WorkloadCommands::Create<DatabaseApi>, *request, response);
}

Unary* ContainerService::GetDatabase(Context* context, const api::GetDatabaseRequest* request,
                                     api::Database* response) {
  return Get<DatabaseApi>(context, *request, response);
}

Unary* ContainerService::ListDatabases(Context* context, const api::ListDatabasesRequest* request,
                                       api::ListDatabasesResponse* response) {
  return List<DatabaseApi>(context, *request, response);
}

Unary* ContainerService::StartDatabase(Context* context, const api::StartDatabaseRequest* request,
                                       api::Database* response) {
  return Change<DatabaseApi>(context, &WorkloadCommands::Start<DatabaseApi>, *request, response);
}

Unary* ContainerService::StopDatabase(Context* context, const api::StopDatabaseRequest* request,
                                      api::Database* response) {
  return Change<DatabaseApi>(context, &WorkloadCommands::Stop<DatabaseApi>, *request, response);
}

Unary* ContainerService::DeleteDatabase(Context* context, const api::DeleteDatabaseRequest* request,
                                        api::Database* response) {
  return Change<DatabaseApi>(context, &WorkloadCommands::Delete<DatabaseApi>, *request, response);
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
      std::make_unique<WorkloadWatch>(store_, kinds_, zone_, request->start_revision(),
                                      request->store_id()),
      context);
}

grpc::ServerWriteReactor<api::StreamLogsResponse>* ContainerService::StreamLogs(
    Context*, const api::StreamLogsRequest* request) {
  using Message = api::StreamLogsResponse;
  const auto id = kinds_->ParseKey(request->workload());
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
  if (request->has_tail()) ask.tail = request->tail();
  return watches_->Start<Message>(
      logs_->Open(id->Key(), record->observed.container_id(), std::move(ask)));
}

}  // namespace mpd::containers
