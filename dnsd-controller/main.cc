// mpd-dnsd-controller: renders the leases as files for dnsmasq and verifies what it answers.
#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/status.h"
#include "common/daemon/daemon.h"
#include "common/dns/udp_dns_client.h"
#include "common/rpc/grpc_client.h"
#include "common/watch/watch_client.h"
#include "common/watch/watch_reactor.h"
#include "dnsd-controller/api/dnsd_service.h"
#include "dnsd-controller/control/controller_options.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace {

using mpd::UdpDnsClient;
using mpd::dnsd::ControllerOptions;
using mpd::dnsd::DnsdErrors;
using mpd::dnsd::DnsdService;
using mpd::dnsd::StatusBoard;
using mpd::dnsd::ZoneController;
using Leases =
    mpd::WatchClient<mpd::ipam::v1::WatchLeasesRequest, mpd::ipam::v1::WatchLeasesResponse>;

absl::Status Run(mpd::Daemon& daemon) {
  const mpd::Config& config = daemon.config();
  ASSIGN_OR_RETURN(const std::string state_folder, daemon.StateFolder());
  ASSIGN_OR_RETURN(const ControllerOptions options,
                   mpd::dnsd::MakeControllerOptions(config, state_folder, daemon.ConfPath("")));
  const auto resolver =
      std::make_shared<UdpDnsClient>(options.layout.listen_addresses.front(), options.layout.port);
  StatusBoard board([&daemon] { daemon.watches().Wake(); });
  const auto controller =
      std::make_shared<ZoneController>(&daemon.loop(), options, resolver, &board);
  controller->Start();

  Leases leases(&daemon.loop(), mpd::MakeLocalChannel(daemon.SocketPath("ipam")),
                "/mpd.ipam.v1.IpamService/WatchLeases",
                {[controller] { controller->OnReset(); },
                 [controller](const auto& message) { controller->OnLeases(message); },
                 [controller](const absl::Status& status) { controller->OnConnection(status); }});
  leases.Start();

  DnsdService service(&daemon.loop(), controller.get(), resolver.get(), &board, &daemon.watches(),
                      config.zone);
  daemon.AddService(&service);
  daemon.OnDrain([&] {
    controller->Stop();
    board.Drain(DnsdErrors::ShuttingDown());
  });
  return daemon.Serve();
}

}  // namespace

int main(int argc, char** argv) { return mpd::RunDaemon(argc, argv, "dnsd-controller", Run); }
