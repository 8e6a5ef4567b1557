#include "gateway/ctl/view/status_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/base/timestamps.h"
#include "gateway/ctl/view/table.h"
#include "gateway/ctl/view/workload_view.h"

namespace mpd::gateway::ctl {
namespace {

namespace c = mpd::containers::v1;
namespace d = mpd::dnsd::v1;

std::string Components(const mpd::gateway::v1::Status& status, bool color) {
  Table table({"COMPONENT", "HEALTH", "VERSION", "ERROR"});
  for (const auto& component : status.components()) {
    const std::string build = component.build().substr(0, 12);
    table.Add({component.name(),
               component.healthy() ? Cell("ok", Color::kGreen) : Cell("DOWN", Color::kRed),
               absl::StrCat(component.version(), build.empty() ? "" : "+", build),
               component.error()});
  }
  return table.Render(color);
}

std::string Environment(const c::Environment& environment, bool color) {
  const Cell state = StateCell(environment.state());
  std::string line = absl::StrCat("Environment  ", Paint(state.text, state.color, color), ", ",
                                  environment.workloads_running(), " of ",
                                  environment.workloads_wanted(), " wanted workloads run\n");
  if (!environment.status_message().empty()) {
    absl::StrAppend(&line, "             ", environment.status_message(), "\n");
  }
  if (environment.requested_state() == c::REQUESTED_STATE_STOPPED) {
    absl::StrAppend(&line, "             start it: mpdctl up\n");
  }
  return line;
}

std::string LocalTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", FromTimestamp(time), absl::LocalTimeZone());
}

std::string Probed(absl::string_view what, const d::Probe& probe, bool color) {
  const std::string since = probe.has_since() ? " since " + LocalTime(probe.since()) : "";
  if (probe.answered()) return absl::StrCat(what, " answered", since);
  return absl::StrCat(what, " ", Paint("NOT ANSWERED", Color::kRed, color), since,
                      probe.error().empty() ? "" : ": ", probe.error());
}

std::string Resolver(const d::Status& dns, const std::string& zone, bool color) {
  const std::string state(
      absl::StripPrefix(d::ResolverState_Name(dns.resolver_state()), "RESOLVER_STATE_"));
  const Color paint = dns.resolver_state() == d::RESOLVER_STATE_SERVING ? Color::kGreen
                      : dns.resolver_state() == d::RESOLVER_STATE_DOWN  ? Color::kRed
                                                                        : Color::kYellow;
  std::string text =
      absl::StrCat("Resolver     ", Paint(state, paint, color), " ", zone, " at ", dns.resolver(),
                   ", ", dns.record_count(), " records, revision ", dns.published_revision(), "\n");
  absl::StrAppend(&text, "             ", Probed("zone", dns.zone(), color), "\n");
  const std::string servers =
      dns.upstream_servers_size() == 0
          ? "upstream (none)"
          : absl::StrCat("upstream ", absl::StrJoin(dns.upstream_servers(), " "));
  absl::StrAppend(&text, "             ",
                  dns.has_forwarding() ? Probed(servers, dns.forwarding(), color) : servers, "\n");
  if (dns.dropped_servers_size() > 0) {
    absl::StrAppend(&text, "             not asked, because this VM itself: ",
                    absl::StrJoin(dns.dropped_servers(), " "), "\n");
  }
  if (dns.has_stale_since()) {
    absl::StrAppend(&text, "             ", Paint("STALE", Color::kYellow, color), " since ",
                    LocalTime(dns.stale_since()), ": ipam does not tell of changes\n");
  }
  if (dns.reload_request() + dns.restart_request() > 0) {
    absl::StrAppend(&text, "             did not follow: reloads ", dns.reload_request(),
                    ", restarts ", dns.restart_request(), "\n");
  }
  if (!dns.last_error().empty()) absl::StrAppend(&text, "             ", dns.last_error(), "\n");
  return text;
}

std::string Pools(const mpd::gateway::v1::Status& status, bool color) {
  Table table({"POOL", "ADDRESSES", "USED", "OF", "RESTING"});
  for (const auto& pool : status.pools()) {
    const bool full = pool.used() >= pool.capacity();
    table.Add({pool.name(), absl::StrCat(pool.first_address(), "-", pool.last_address()),
               Cell(absl::StrCat(pool.used()), full ? Color::kYellow : Color::kNone),
               absl::StrCat(pool.capacity()), absl::StrCat(pool.resting())});
  }
  return table.Render(color);
}

}  // namespace

std::string RenderStatus(const mpd::gateway::v1::Status& status, bool color) {
  std::string text = absl::StrCat(Components(status, color), "\n");
  if (status.has_environment()) text += Environment(status.environment(), color);
  if (status.has_dns()) text += Resolver(status.dns(), status.zone(), color);
  if (status.workloads_size() > 0) {
    const std::vector<c::Workload> workloads(status.workloads().begin(), status.workloads().end());
    absl::StrAppend(&text, "\n", WorkloadTable(workloads).Render(color));
  }
  if (status.pools_size() > 0) absl::StrAppend(&text, "\n", Pools(status, color));
  return text;
}

bool AllHealthy(const mpd::gateway::v1::Status& status) {
  return std::all_of(status.components().begin(), status.components().end(),
                     [](const auto& component) { return component.healthy(); });
}

}  // namespace mpd::gateway::ctl
