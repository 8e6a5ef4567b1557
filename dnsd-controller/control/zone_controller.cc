#include "dnsd-controller/control/zone_controller.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/files.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "common/dns/dns_message.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {
namespace {

namespace asio = boost::asio;

// inotify reports changes at once. This interval is for folders that did not exist when the watch
// was to be set, and for retries of failed writes.
constexpr absl::Duration kHousekeeping = absl::Seconds(5);
// How old the list of the machine's own addresses may be. An outdated one does little harm, because
// dnsmasq detects forwarding loops itself; and with 50 containers, listing the addresses costs as
// much as 10 questions to the resolver.
constexpr absl::Duration kOwnAddressesAge = absl::Seconds(30);

RawLease ToRawLease(const ipam::v1::Lease& lease) {
  return {lease.owner(), lease.address(), {lease.hostnames().begin(), lease.hostnames().end()}};
}

}  // namespace

ZoneController::ZoneController(asio::io_context* loop, ControllerOptions options,
                               std::shared_ptr<DnsClient> resolver, StatusBoard* board)
    : loop_(loop),
      options_(std::move(options)),
      resolver_(std::move(resolver)),
      board_(board),
      model_(options_.layout.zone, options_.layout.subnet),
      static_config_(options_.state_folder + "/dnsmasq", options_.conf_folder + "/platform.env",
                     options_.layout),
      housekeep_(loop),
      stale_since_(absl::Now()) {}

void ZoneController::Start() {
  const auto changed = [this] { Publish(); };
  prober_ = std::make_shared<ResolverProber>(loop_, resolver_, options_.layout.zone.value(),
                                             &records_, options_.times, changed);
  forwarding_ =
      std::make_shared<ForwardingProber>(loop_, resolver_, options_.forwarding_times, changed);
  publisher_ = std::make_shared<ZonePublisher>(
      loop_, &model_,
      HostsPublisher(options_.state_folder + "/dnsmasq/hosts.d",
                     options_.state_folder + "/staging"),
      ZonePublisher::Callbacks{
          [this](const ZonePublisher::Written& written) { OnWritten(written); }, changed,
          [this] { return AwaitIngested(shared_from_this()); }});
  conf_watcher_.emplace(loop_, options_.conf_folder, [this] { RefreshStaticConfig(); });
  resolv_watcher_.emplace(loop_, FolderOf(options_.resolv_file), [this] {
    ListOwnAddresses();
    RefreshUpstreams();
  });
  RefreshStaticConfig();
  publisher_->Start();
  prober_->Start();
  forwarding_->Start();
  asio::co_spawn(*loop_, Housekeep(shared_from_this()), asio::detached);
}

void ZoneController::Stop() {
  stopped_ = true;
  conf_watcher_.reset();
  resolv_watcher_.reset();
  if (publisher_) publisher_->Stop();
  if (prober_) prober_->Stop();
  if (forwarding_) forwarding_->Stop();
  housekeep_.Notify();
}

asio::awaitable<void> ZoneController::Housekeep(std::shared_ptr<ZoneController> self) {
  while (!self->stopped_) {
    self->conf_watcher_->Arm();
    self->resolv_watcher_->Arm();
    // Writes again what failed to be written or was removed by somebody.
    self->RefreshStaticConfig();
    self->RefreshUpstreams();
    co_await self->housekeep_.WaitFor(kHousekeeping);
  }
}

void ZoneController::RefreshStaticConfig() {
  const absl::Status status = static_config_.Refresh();
  if (!status.ok() && !SameError(status, static_error_)) {
    LOG_WARNING("STATIC_CONFIG_STALE",
                "The resolver's start-up files are not up to date; retried every 5 s",
                {{"error", std::string(status.message())}});
  }
  static_error_ = status;
  prober_->SetStaticRecord({VmName(), DnsType::kA, static_config_.vm_ip()});
  Publish();
}

void ZoneController::ListOwnAddresses() {
  own_addresses_ = LocalAddresses();
  own_addresses_.insert(options_.own_addresses.begin(), options_.own_addresses.end());
  own_addresses_listed_ = absl::Now();
}

void ZoneController::RefreshUpstreams() {
  if (absl::Now() - own_addresses_listed_ >= kOwnAddressesAge) ListOwnAddresses();
  Upstreams upstreams = LoadUpstreams(options_.resolv_file, own_addresses_);
  if (upstreams == upstreams_) return;
  upstreams_ = std::move(upstreams);
  forwarding_->AskNow();
  Publish();
}

void ZoneController::OnReset() {
  model_.BeginReset();
  UpdateStale();
}

void ZoneController::OnLeases(const ipam::v1::WatchLeasesResponse& message) {
  for (const ipam::v1::LeaseEvent& event : message.events()) {
    if (event.type() == ipam::v1::LeaseEvent::TYPE_PUT) {
      model_.Put(ToRawLease(event.lease()));
    } else if (event.type() == ipam::v1::LeaseEvent::TYPE_DELETE) {
      model_.Remove(event.lease().owner());
    }
  }
  ipam_store_id_ = message.store_id();
  if (message.synced()) model_.EndReset();
  if (!model_.resetting()) publisher_->Advance(message.revision(), message.store_id());
  if (message.synced()) UpdateStale();
}

void ZoneController::OnConnection(const absl::Status& status) {
  connected_ = status.ok();
  UpdateStale();
}

void ZoneController::KeepActive() {
  if (!stopped_) prober_->KeepActive();
}

void ZoneController::Expedite(int64_t barrier) {
  if (!stopped_) prober_->Expedite(barrier);
}

void ZoneController::UpdateStale() {
  const bool live = connected_ && !model_.resetting();
  if (live) {
    stale_since_.reset();
  } else if (!stale_since_) {
    stale_since_ = absl::Now();
  }
  Publish();
}

void ZoneController::OnWritten(const ZonePublisher::Written& written) {
  rendered_ = true;
  rendered_revision_ = written.revision;
  store_id_ = written.store_id;
  prober_->Expect(written.revision, written.new_store, records_.Apply(written.changes));
}

// dnsmasq handles notifications and queries in one thread, so an answer shows that it has read all
// files that were changed before the question. The answer itself does not matter, nor does silence.
asio::awaitable<void> ZoneController::AwaitIngested(std::shared_ptr<ZoneController> self) {
  if (!self->prober_->answering()) co_return;
  [[maybe_unused]] const auto answer = co_await self->resolver_->Ask(
      self->options_.layout.zone.value(), DnsType::kA, self->options_.times.answer);
}

bool ZoneController::Live() const {
  return !stale_since_ && rendered_ && ipam_store_id_ == store_id_ && !model_.resetting();
}

std::string ZoneController::VmName() const {
  return absl::StrCat(kVmHostname, ".", options_.layout.zone.value());
}

std::string ZoneController::LastError() const {
  if (!publisher_->error().ok()) {
    return absl::StrCat("The zone can't be written: ", publisher_->error().message());
  }
  if (!static_error_.ok()) return std::string(static_error_.message());
  if (!prober_->answering()) {
    return absl::StrCat("The resolver ", resolver_->name(),
                        " does not answer; start it with `mpdctl up`, or see its log");
  }
  if (!prober_->last_mismatch().empty()) {
    return absl::StrCat("The resolver does not follow yet: ", prober_->last_mismatch());
  }
  const auto& problems = model_.problems();
  if (!problems.empty()) {
    return absl::StrCat(
        problems.begin()->second,
        problems.size() == 1 ? "" : absl::StrCat(" (and ", problems.size() - 1, " more)"));
  }
  if (!prober_->static_record_right()) {
    return absl::StrCat(VmName(),
                        " is answered as it was before platform.env changed, until the "
                        "resolver is restarted: `mpdctl down`, then `mpdctl up`");
  }
  return ForwardingError();
}

std::string ZoneController::ForwardingError() const {
  if (upstreams_.servers.empty() && upstreams_.dropped.empty()) {
    return absl::StrCat("Names outside the zone have no server: ", options_.resolv_file,
                        " names none; connect the VM to a network, or give it a DNS server");
  }
  if (upstreams_.servers.empty()) {
    return absl::StrCat("Names outside the zone have no server: ", options_.resolv_file,
                        " names only this VM itself (", absl::StrJoin(upstreams_.dropped, ", "),
                        "); give the VM a DNS server");
  }
  const ProbeResult& result = forwarding_->result();
  if (!result.known() || result.answered()) return "";
  return absl::StrCat("Names outside the zone are not answered: ", result.error(),
                      " (asked by way of ", absl::StrJoin(upstreams_.servers, ", "),
                      "); see that the VM's network works: `resolvectl query .`");
}

v1::ResolverState ZoneController::State(const std::string& last_error) const {
  if (!prober_->answering()) return v1::RESOLVER_STATE_DOWN;
  if (!prober_->caught_up()) return v1::RESOLVER_STATE_CATCHING_UP;
  return last_error.empty() ? v1::RESOLVER_STATE_SERVING : v1::RESOLVER_STATE_DEGRADED;
}

void ZoneController::Publish() {
  if (stopped_) return;
  zone_result_.Set(prober_->answering() ? "" : absl::StrCat(resolver_->name(), " does not answer"),
                   absl::Now());
  forwarding_->SetResolverAnswers(prober_->answering());
  board_->Set(MakeStatus(), Live(), prober_->passed_barrier());
}

v1::Status ZoneController::MakeStatus() const {
  v1::Status status;
  status.set_published_revision(prober_->published_revision());
  status.set_rendered_revision(rendered_revision_);
  status.set_store_id(store_id_);
  status.set_resolver(resolver_->name());
  for (const std::string& server : upstreams_.servers) status.add_upstream_servers(server);
  for (const std::string& own : upstreams_.dropped) status.add_dropped_servers(own);
  *status.mutable_zone() = zone_result_.ToProto();
  if (forwarding_->result().known()) {
    *status.mutable_forwarding() = forwarding_->result().ToProto();
  }
  status.set_record_count(records_.address_count() + (static_config_.vm_ip().empty() ? 0 : 1));
  status.set_last_error(LastError());
  status.set_resolver_state(State(status.last_error()));
  if (stale_since_) *status.mutable_stale_since() = ToTimestamp(*stale_since_);
  status.set_reload_request(prober_->reload_request());
  status.set_restart_request(prober_->restart_request());
  status.set_static_config_digest(static_config_.digest());
  return status;
}

ZoneController::RecordListing ZoneController::ListRecords() const {
  RecordListing listing{records_.List("", std::numeric_limits<size_t>::max()), rendered_revision_,
                        store_id_};
  const absl::StatusOr<Ipv4Address> vm = Ipv4Address::Parse(static_config_.vm_ip());
  if (!vm.ok()) return listing;
  const std::string name = VmName();
  const auto place = std::lower_bound(
      listing.records.begin(), listing.records.end(), name,
      [](const ZoneRecord& record, const std::string& wanted) { return record.name < wanted; });
  listing.records.insert(place, ZoneRecord{name, *vm, ""});
  return listing;
}

}  // namespace mpd::dnsd
