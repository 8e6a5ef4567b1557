#include "container-manager/kinds/registry.h"

#include <memory>

#include "container-manager/kinds/database/database_kind.h"
#include "container-manager/kinds/resolver/resolver_kind.h"
#include "container-manager/kinds/runtime/runtime_kind.h"
#include "container-manager/kinds/service/service_kind.h"

namespace mpd::containers {

WorkloadKinds MakeKinds(const ContainerDeps& deps) {
  WorkloadKinds kinds;
  kinds.Add(std::make_unique<ResolverKind>(deps));
  kinds.Add(std::make_unique<ServiceKind>(deps));
  kinds.Add(std::make_unique<RuntimeKind>(deps));
  kinds.Add(std::make_unique<DatabaseKind>(deps));
  return kinds;
}

}  // namespace mpd::containers
