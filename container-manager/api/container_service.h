// mpd.containers.v1.ContainerManagerService on the outside of what the rest does.
#ifndef MPD_CONTAINER_MANAGER_API_CONTAINER_SERVICE_H_
#define MPD_CONTAINER_MANAGER_API_CONTAINER_SERVICE_H_

#include <string>

#include "common/types/names.h"
#include "common/watch/watch_reactor.h"
#include "container-manager/api/log_reader.h"
#include "container-manager/api/unimplemented_methods.h"
#include "container-manager/api/workload_commands.h"
#include "container-manager/model/workload_store.h"

namespace mpd::containers {

class ContainerService final : public UnimplementedMethods {
 public:
  // All must outlive it.
  ContainerService(WorkloadStore* store, const WorkloadKinds* kinds, WorkloadCommands* commands,
                   LogReader* logs, const Zone* zone, WatchHub* watches)
      : store_(store),
        kinds_(kinds),
        commands_(commands),
        logs_(logs),
        zone_(zone),
        watches_(watches) {}

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* StartEnvironment(Context* context, const api::StartEnvironmentRequest* request,
                          api::Environment* response) override;
  Unary* StopEnvironment(Context* context, const api::StopEnvironmentRequest* request,
                         api::Environment* response) override;
  Unary* GetEnvironment(Context* context, const api::GetEnvironmentRequest* request,
                        api::Environment* response) override;

  Unary* ListServices(Context* context, const api::ListServicesRequest* request,
                      api::ListServicesResponse* response) override;
  Unary* RestartService(Context* context, const api::RestartServiceRequest* request,
                        api::Service* response) override;

  Unary* CreateRuntime(Context* context, const api::CreateRuntimeRequest* request,
                       api::Runtime* response) override;
  Unary* GetRuntime(Context* context, const api::GetRuntimeRequest* request,
                    api::Runtime* response) override;
  Unary* ListRuntimes(Context* context, const api::ListRuntimesRequest* request,
                      api::ListRuntimesResponse* response) override;
  Unary* StartRuntime(Context* context, const api::StartRuntimeRequest* request,
                      api::Runtime* response) override;
  Unary* StopRuntime(Context* context, const api::StopRuntimeRequest* request,
                     api::Runtime* response) override;
  Unary* DeleteRuntime(Context* context, const api::DeleteRuntimeRequest* request,
                       api::Runtime* response) override;

  Unary* CreateDatabase(Context* context, const api::CreateDatabaseRequest* request,
                        api::Database* response) override;
  Unary* GetDatabase(Context* context, const api::GetDatabaseRequest* request,
                     api::Database* response) override;
  Unary* ListDatabases(Context* context, const api::ListDatabasesRequest* request,
                       api::ListDatabasesResponse* response) override;
  Unary* StartDatabase(Context* context, const api::StartDatabaseRequest* request,
                       api::Database* response) override;
  Unary* StopDatabase(Context* context, const api::StopDatabaseRequest* request,
                      api::Database* response) override;
  Unary* DeleteDatabase(Context* context, const api::DeleteDatabaseRequest* request,
                        api::Database* response) override;

  grpc::ServerWriteReactor<api::WatchWorkloadsResponse>* WatchWorkloads(
      Context* context, const api::WatchWorkloadsRequest* request) override;
  grpc::ServerWriteReactor<api::StreamLogsResponse>* StreamLogs(
      Context* context, const api::StreamLogsRequest* request) override;

 private:
  // What every kind's methods do; `Api` is what the kind brings (kinds/runtime/runtime_api.h).
  template <typename Api>
  using Command = void (WorkloadCommands::*)(WorkloadCommands::Target, const std::string&,
                                             Reply<typename Api::Resource>);
  template <typename Api, typename Request>
  Unary* Change(Context* context, Command<Api> command, const Request& request,
                typename Api::Resource* response);
  template <typename Api, typename Request>
  Unary* Get(Context* context, const Request& request, typename Api::Resource* response);
  template <typename Api, typename Request, typename Response>
  Unary* List(Context* context, const Request& request, Response* response);

  WorkloadStore* const store_;
  const WorkloadKinds* const kinds_;
  WorkloadCommands* const commands_;
  LogReader* const logs_;
  const Zone* const zone_;
  WatchHub* const watches_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_CONTAINER_SERVICE_H_
