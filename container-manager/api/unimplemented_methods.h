// The methods of the API that this version does not have.
#ifndef MPD_CONTAINER_MANAGER_API_UNIMPLEMENTED_METHODS_H_
#define MPD_CONTAINER_MANAGER_API_UNIMPLEMENTED_METHODS_H_

#include "mpd/containers/v1/containers.grpc.pb.h"

namespace mpd::containers {

// Projects and backups: all answer UNIMPLEMENTED (NOT_IN_THIS_VERSION, metadata `method`).
class UnimplementedMethods : public v1::ContainerManagerService::CallbackService {
 public:
#define MPD_LATER(Method, Request, Response)                                                 \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const v1::Request*, \
                                   v1::Response*) override {                                 \
    return Refuse(context, #Method);                                                         \
  }
  MPD_LATER(CreateProject, CreateProjectRequest, Project)
  MPD_LATER(GetProject, GetProjectRequest, Project)
  MPD_LATER(ListProjects, ListProjectsRequest, ListProjectsResponse)
  MPD_LATER(StartProject, StartProjectRequest, Project)
  MPD_LATER(StopProject, StopProjectRequest, Project)
  MPD_LATER(DeleteProject, DeleteProjectRequest, Project)
  MPD_LATER(CreateBackup, CreateBackupRequest, Backup)
  MPD_LATER(GetBackup, GetBackupRequest, Backup)
  MPD_LATER(ListBackups, ListBackupsRequest, ListBackupsResponse)
  MPD_LATER(RestoreBackup, RestoreBackupRequest, Backup)
  MPD_LATER(DeleteBackup, DeleteBackupRequest, Backup)
#undef MPD_LATER

 private:
  static grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const char* method);
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_UNIMPLEMENTED_METHODS_H_
