// mpd-ipam: which owner holds which address under which hostnames.
#include "common/async/worker_thread.h"
#include "common/base/status.h"
#include "common/daemon/daemon.h"
#include "common/rpc/grpc_1_51/callback_threads.h"
#include "common/watch/store_watch.h"
#include "ipam/api/ipam_service.h"
#include "ipam/book/lease_book.h"
#include "ipam/book/sweeper.h"
#include "ipam/leases/clock.h"
#include "ipam/maintenance/maintenance.h"

namespace mpd::ipam {
namespace {

absl::Status Run(Daemon& daemon) {
  ASSIGN_OR_RETURN(const std::string folder, daemon.StateFolder());
  if (const auto done = RunMaintenance(StoreUrl(folder), daemon.config())) return *done;
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenLeaseStore(StoreUrl(folder)));

  const SystemClock clock;
  WorkerThread worker;
  ASSIGN_OR_RETURN(const std::unique_ptr<LeaseBook> book,
                   LeaseBook::Open(store.get(), daemon.config().pools,
                                   daemon.config().release_cooldown, &clock, &worker));
  const StoreWakesWatches wakes(store.get(), &daemon.watches());
  IpamService service(book.get(), store.get(), &worker, &daemon.watches());
  daemon.AddService(&service);

  Sweeper sweeper(&daemon.loop(), book.get());
  sweeper.Start();
  daemon.OnDrain([&sweeper] { sweeper.Stop(); });
  return daemon.Serve();
}

}  // namespace
}  // namespace mpd::ipam

// Calls are short, and handing each to another thread took a fifth of the throughput.
int main(int argc, char** argv) {
  mpd::TakeCallsOnOneThread();
  return mpd::RunDaemon(argc, argv, "ipam", mpd::ipam::Run);
}
