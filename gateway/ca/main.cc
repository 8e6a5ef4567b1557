// mpd-ca: signs with the VM's key, which no other process can read.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "common/async/worker_thread.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"
#include "common/daemon/daemon.h"
#include "common/store/open/open_store.h"
#include "gateway/ca/api/ca_service.h"
#include "gateway/ca/api/upkeep.h"

ABSL_FLAG(std::vector<std::string>, allowed_accounts, std::vector<std::string>({"mpd-gateway"}),
          "Accounts that may connect, beside root");

namespace mpd::ca {
namespace {

absl::Status Run(Daemon& daemon) {
  daemon.ServeOnlyTo(absl::GetFlag(FLAGS_allowed_accounts));
  ASSIGN_OR_RETURN(const std::string folder, daemon.StateFolder());
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                   OpenStore(absl::StrCat("sqlite:", folder, "/ca.db")));
  ASSIGN_OR_RETURN(const PlatformEnv platform, LoadPlatformEnv(daemon.ConfPath("platform.env")));
  Authority authority(TrustFolder(daemon.ConfPath("caroot")), daemon.config().zone, platform.vm_id);
  // What is wrong with the files is logged and told to each caller: others of this process's
  // answers, such as what was signed, do not need them.
  authority.Reload();

  std::optional<WorkerThread> worker(std::in_place);
  CaService service(&authority, store.get(), &*worker, &daemon.watches());
  daemon.AddService(&service);
  Upkeep upkeep(&daemon.loop(), &authority, store.get(), &*worker, &daemon.watches());
  upkeep.Start();
  daemon.OnDrain([&upkeep] { upkeep.Stop(); });
  absl::Status served = daemon.Serve();
  // Before what its jobs refer to.
  worker.reset();
  return served;
}

}  // namespace
}  // namespace mpd::ca

int main(int argc, char** argv) { return mpd::RunDaemon(argc, argv, "ca", mpd::ca::Run); }
