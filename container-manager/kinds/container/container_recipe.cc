#include "container-manager/kinds/container/container_recipe.h"

#include "absl/strings/str_cat.h"

namespace mpd::containers {

std::vector<std::string> ContainerRecipe::Hostnames(const WorkloadRecord& record) const {
  return {absl::StrCat(record.id.name, ".", record.id.type)};
}

std::string ContainerRecipe::Blocker(const Pass&, const std::optional<ContainerInfo>&) const {
  return "";
}

Awaitable<absl::StatusOr<std::string>> ContainerRecipe::Image(Pass& pass) const {
  co_return pass.record().wish.image();
}

bool ContainerRecipe::KeepsBuild(const WorkloadRecord&, const ContainerInfo&,
                                 const std::string&) const {
  return false;
}

Awaitable<absl::Status> ContainerRecipe::BeforeCreate(Pass&) const { co_return absl::OkStatus(); }

std::shared_ptr<ReadySignal> ContainerRecipe::BeforeStart(const std::string&,
                                                          std::function<void()>) const {
  return nullptr;
}

Awaitable<absl::Status> ContainerRecipe::AfterRemove(Pass&) const { co_return absl::OkStatus(); }

std::string ContainerRecipe::DiagnosisCommand(const WorkloadId& id) const {
  return absl::StrCat("mpdctl logs ", id.Key());
}

}  // namespace mpd::containers
