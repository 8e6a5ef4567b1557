// Keeps what runs as it is wanted: one loop per workload, woken by whatever may have changed.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_

#include <memory>

#include "container-manager/reconcile/reconciler_deps.h"
#include "container-manager/reconcile/reconciler_times.h"

namespace mpd::containers {

// Made, started, stopped on the loop's thread, or while the loop does not run. Coroutines that are
// still waiting when it is destroyed end with the loop, which must not run any more then.
class Reconciler {
 public:
  Reconciler(const ReconcilerDeps& deps, const ReconcilerTimes& times);
  ~Reconciler();

  // Stores the wishes that the configuration makes (the services), and begins.
  void Start();
  // Begins nothing new.
  void Stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_
