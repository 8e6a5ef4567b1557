#include "container-manager/reconcile/reconciler.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/reconcile/await_commit.h"
#include "container-manager/reconcile/workload_loop.h"
#include "container-manager/reconcile/workload_specs.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;

constexpr int64_t kEventsAtOnce = 1000;
constexpr absl::Duration kFirstReconnect = absl::Milliseconds(100);
constexpr absl::Duration kMaxReconnect = absl::Seconds(5);
constexpr absl::Duration kStoreRetry = absl::Seconds(1);
constexpr absl::Duration kFirstListing = absl::Seconds(2);
constexpr absl::Duration kLookTimeout = absl::Seconds(1);

}  // namespace

class Reconciler::Impl : public std::enable_shared_from_this<Reconciler::Impl> {
 public:
  Impl(const PassParts& parts, const ReconcilerTimes& times) : parts_(parts), times_(times) {}

  void Start();
  void Stop();

 private:
  // Each runs until Stop.
  Awaitable<void> FollowPodman();
  Awaitable<void> ListNowAndThen();
  Awaitable<void> ForgetOldRequests();
  Awaitable<void> Begin();

  Awaitable<absl::Status> WishForServices();
  void ReadStoreEvents();
  void OnStoreKey(const std::string& key);
  void OnPodmanEvent(const PodmanEvent& event);
  void HaveResolverAsked();
  void Compare(const std::vector<ContainerSummary>& listed);
  void OnResolver();
  Awaitable<void> NudgeResolver(ResolverStatus before, ResolverStatus now);
  void WakeOthers(const WorkloadId& than);
  void Wake(const WorkloadId& id, WakeReason reason);
  void WakeAll(WakeReason reason);
  Awaitable<void> Pause(absl::Duration duration);

  const PassParts parts_;
  const ReconcilerTimes times_;
  bool stopped_ = false;
  int64_t subscription_ = 0;
  // Everything before this revision of the store has been seen.
  int64_t next_revision_ = 0;
  bool started_ = false;
  std::map<WorkloadId, std::shared_ptr<WorkloadLoop>> loops_;
  std::optional<ResolverStatus> resolver_;
  // By id: each is told of once.
  std::set<std::string> orphans_;
};

void Reconciler::Impl::Start() {
  parts_.resolver->Follow([weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> self = weak.lock()) self->OnResolver();
  });
  parts_.resolver_start->on_begin = [weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> self = weak.lock()) self->WakeOthers(DnsmasqId());
  };
  for (auto follow :
       {&Impl::Begin, &Impl::FollowPodman, &Impl::ListNowAndThen, &Impl::ForgetOldRequests}) {
    asio::co_spawn(
        *parts_.loop, [self = shared_from_this(), follow] { return (self.get()->*follow)(); },
        [self = shared_from_this()](std::exception_ptr thrown) {
          if (thrown) std::rethrow_exception(thrown);
        });
  }
}

void Reconciler::Impl::Stop() {
  if (stopped_) return;
  stopped_ = true;
  if (started_) parts_.store->store()->Unsubscribe(subscription_);
  for (const auto& [id, loop] : loops_) loop->Stop();
}

Awaitable<void> Reconciler::Impl::Pause(absl::Duration duration) {
  asio::steady_timer timer(*parts_.loop, absl::ToChronoMilliseconds(duration));
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Awaitable<void> Reconciler::Impl::Begin() {
  while (!stopped_) {
    const absl::Status wished = co_await WishForServices();
    if (wished.ok()) break;
    LOG_ERROR("STORE_REFUSES", "The wish for the services could not be stored; it is tried again",
              {{"problem", std::string(wished.message())}});
    co_await Pause(kStoreRetry);
  }
  if (stopped_) co_return;
  // First subscribed, then read: nothing falls in between.
  started_ = true;
  subscription_ =
      parts_.store->store()->Subscribe([loop = parts_.loop, weak = weak_from_this()](int64_t) {
        asio::post(*loop, [weak] {
          const std::shared_ptr<Impl> self = weak.lock();
          if (self && !self->stopped_) self->ReadStoreEvents();
        });
      });
  const auto all = parts_.store->ReadAll();
  if (!all.ok()) {
    LOG_ERROR("STORE_UNREADABLE", "The store cannot be read; nothing is looked after",
              {{"problem", std::string(all.status().message())}});
    co_return;
  }
  next_revision_ = all->revision + 1;
  for (const auto& [id, record] : all->workloads) Wake(id, WakeReason::kWish);
}

// Those that the configuration gives an address are wanted, those that it no longer does are
// deleted.
Awaitable<absl::Status> Reconciler::Impl::WishForServices() {
  StoreTransaction transaction;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  for (const auto& [name, image] : parts_.config->service_images) {
    const WorkloadId id{WorkloadKind::kService, name};
    const auto record = parts_.store->Read(id);
    CO_RETURN_IF_ERROR(record.status());
    const bool wanted = parts_.config->FixedAddressOf(id.Key()).ok();
    const bool there = record->exists() && !record->being_deleted();
    stored::Wish wish = record->wish;
    if (wanted) {
      if (there && wish.image() == image) continue;
      if (!record->exists()) wish.mutable_create_time()->set_seconds(now);
      wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
      wish.set_image(image);
      wish.clear_delete_time();
    } else {
      if (!there) continue;
      wish.mutable_delete_time()->set_seconds(now);
    }
    const std::string key = WorkloadStore::WishKey(id);
    transaction.compares.push_back({key, record->wish_revision});
    transaction.ops.push_back({StoreOp::Type::kPut, key, wish.SerializeAsString()});
  }
  if (transaction.ops.empty()) co_return absl::OkStatus();
  const auto written = co_await AwaitCommit(parts_.loop, [this, &transaction](CommitCallback done) {
    parts_.store->store()->Commit(std::move(transaction), std::move(done));
  });
  co_return written.status();
}

void Reconciler::Impl::ReadStoreEvents() {
  while (true) {
    const auto batch = parts_.store->store()->ReadEvents("", next_revision_, kEventsAtOnce);
    if (!batch.ok()) {
      // Fallen behind what is kept: everything may have changed.
      const auto all = parts_.store->ReadAll();
      if (!all.ok()) return;
      next_revision_ = all->revision + 1;
      for (const auto& [id, record] : all->workloads) Wake(id, WakeReason::kWish);
      WakeAll(WakeReason::kWish);
      return;
    }
    for (const StoreEvent& event : batch->events) OnStoreKey(event.kv.key);
    next_revision_ = batch->revision + 1;
    if (batch->events.empty()) return;
  }
}

void Reconciler::Impl::OnStoreKey(const std::string& key) {
  if (key == WorkloadStore::kEnvironmentKey) return WakeAll(WakeReason::kWish);
  const auto id = WorkloadStore::WorkloadOfKey(key);
  if (!id) return;
  if (key == WorkloadStore::WishKey(*id)) return Wake(*id, WakeReason::kWish);
  // The others wait for the resolver to start, and the resolver for the others to be leased and to
  // stop.
  WakeOthers(*id);
}

// Those of the other kind: the resolver's where `than` is another, all but the resolver's else.
void Reconciler::Impl::WakeOthers(const WorkloadId& than) {
  for (const auto& [other, loop] : loops_) {
    if ((other == DnsmasqId()) != (than == DnsmasqId())) loop->Wake(WakeReason::kOthers);
  }
}

void Reconciler::Impl::Wake(const WorkloadId& id, WakeReason reason) {
  if (stopped_) return;
  const auto it = loops_.find(id);
  if (it != loops_.end()) return it->second->Wake(reason);
  if (reason != WakeReason::kWish) return;
  const auto loop =
      std::make_shared<WorkloadLoop>(parts_, times_, id, [weak = weak_from_this(), id] {
        if (const std::shared_ptr<Impl> self = weak.lock()) self->loops_.erase(id);
      });
  loops_[id] = loop;
  loop->Start();
}

void Reconciler::Impl::WakeAll(WakeReason reason) {
  for (const auto& [id, loop] : loops_) loop->Wake(reason);
}

void Reconciler::Impl::OnPodmanEvent(const PodmanEvent& event) {
  for (const auto& [id, loop] : loops_) {
    if (!loop->IsAbout(event)) continue;
    if (id == DnsmasqId()) HaveResolverAsked();
    if (!loop->Expects(event)) loop->Wake(WakeReason::kObserved);
  }
}

// Left alone, dnsd-controller asks it every few seconds; its death is known here at once.
void Reconciler::Impl::HaveResolverAsked() {
  asio::co_spawn(
      *parts_.loop,
      [self = shared_from_this()]() -> Awaitable<void> {
        (void)co_await self->parts_.resolver->WaitForRevision(0, kLookTimeout);
      },
      asio::detached);
}

// One call for all of them finds what no event told of.
Awaitable<void> Reconciler::Impl::ListNowAndThen() {
  const std::shared_ptr<Impl> self = shared_from_this();
  const std::string ours = absl::StrCat(kManagedLabel, "=true");
  // Soon the first time, for what was left by a life before.
  for (absl::Duration pause = kFirstListing; !stopped_; pause = times_.resync) {
    co_await Pause(std::min(pause, times_.resync));
    if (stopped_ || !started_) continue;
    const auto listed = co_await parts_.podman->ListContainers("label", ours);
    // What does not answer is followed, and complained of, elsewhere.
    if (listed.ok()) Compare(*listed);
  }
}

void Reconciler::Impl::Compare(const std::vector<ContainerSummary>& listed) {
  std::map<std::string, const ContainerSummary*> by_name;
  for (const ContainerSummary& summary : listed) by_name[summary.name] = &summary;
  for (const auto& [id, loop] : loops_) {
    const auto it = by_name.find(id.ContainerName());
    loop->Compare(it == by_name.end() ? nullptr : it->second);
    if (it != by_name.end()) by_name.erase(it);
  }
  std::set<std::string> orphans;
  for (const auto& [name, summary] : by_name) {
    orphans.insert(summary->id);
    if (orphans_.count(summary->id) > 0) continue;
    LOG_WARNING("ORPHAN_CONTAINER",
                "A container carries mpd's label and belongs to no workload; it is left alone, "
                "remove it if it is of no use",
                {{"container", name}, {"id", summary->id}});
  }
  orphans_ = std::move(orphans);
}

Awaitable<void> Reconciler::Impl::FollowPodman() {
  const std::shared_ptr<Impl> self = shared_from_this();
  absl::Duration delay = kFirstReconnect;
  bool complained = false;
  // From the last event on, that one included: what happens between the request and the listening
  // is told too.
  absl::Time since = absl::Now();
  while (!stopped_) {
    const absl::Time begin = absl::Now();
    const auto on_open = [this, &complained] {
      // What happened while nobody listened is found by looking.
      WakeAll(WakeReason::kRecovery);
      if (complained) LOG_INFO("PODMAN_BACK", "Podman answers again", {});
      complained = false;
    };
    const auto on_event = [this, &since](const PodmanEvent& event) {
      since = std::max(since, event.time);
      OnPodmanEvent(event);
    };
    const absl::Status ended = co_await parts_.podman->Events(since, on_open, on_event);
    if (stopped_) co_return;
    const bool lasted = absl::Now() - begin > kMaxReconnect;
    delay = lasted ? kFirstReconnect : std::min(delay * 2, kMaxReconnect);
    if (!complained && !lasted) {
      complained = true;
      LOG_WARNING("PODMAN_AWAY", "Podman's events cannot be followed; it is tried again",
                  {{"problem", std::string(ended.message())}});
    }
    co_await Pause(delay);
  }
}

void Reconciler::Impl::OnResolver() {
  if (stopped_) return;
  const auto now = parts_.resolver->Status();
  // Away, it says nothing about the resolver, which goes on.
  if (!now.ok()) return;
  const ResolverStatus before = resolver_.value_or(*now);
  const bool changed = !resolver_ || now->restart_request != before.restart_request ||
                       now->config_digest != before.config_digest || now->answers != before.answers;
  resolver_ = *now;
  const bool nudge = now->restart_request != before.restart_request ||
                     now->reload_request != before.reload_request;
  if (nudge) {
    asio::co_spawn(
        *parts_.loop,
        [self = shared_from_this(), before, now = *now] {
          return self->NudgeResolver(before, now);
        },
        asio::detached);
  }
  Wake(DnsmasqId(), changed ? WakeReason::kObserved : WakeReason::kOthers);
}

// The counters begin at 0 with dnsd-controller's process: one that fell counts from 0.
Awaitable<void> Reconciler::Impl::NudgeResolver(ResolverStatus before, ResolverStatus now) {
  const int64_t restarts_before =
      now.restart_request < before.restart_request ? 0 : before.restart_request;
  const int64_t reloads_before =
      now.reload_request < before.reload_request ? 0 : before.reload_request;
  const std::string container = DnsmasqId().ContainerName();
  const auto loop = loops_.find(DnsmasqId());
  if (now.restart_request > restarts_before && loop != loops_.end()) {
    LOG_WARNING("RESOLVER_RESTARTED", "The resolver does not follow and is started anew",
                {{"container", container}});
    // Its loop sees it stopped, and starts it.
    loop->second->ExpectEnd();
    (void)co_await parts_.podman->StopContainer(container, absl::Seconds(2));
    Wake(DnsmasqId(), WakeReason::kObserved);
  } else if (now.reload_request > reloads_before) {
    LOG_WARNING("RESOLVER_RELOADED", "The resolver does not follow and is told to reload",
                {{"container", container}});
    (void)co_await parts_.podman->SignalContainer(container, "SIGHUP");
  }
}

Awaitable<void> Reconciler::Impl::ForgetOldRequests() {
  const std::shared_ptr<Impl> self = shared_from_this();
  while (!stopped_) {
    const absl::Time before = absl::Now() - times_.keep_requests;
    const auto forgotten = co_await AwaitCommit(parts_.loop, [this, before](CommitCallback done) {
      parts_.store->ForgetRequests(before, std::move(done));
    });
    if (!forgotten.ok()) {
      LOG_WARNING("STORE_REFUSES", "Old requests could not be forgotten; it is tried again",
                  {{"problem", std::string(forgotten.status().message())}});
    }
    co_await Pause(times_.keep_requests / 24);
  }
}

Reconciler::Reconciler(const PassParts& parts, const ReconcilerTimes& times)
    : impl_(std::make_shared<Impl>(parts, times)) {}
Reconciler::~Reconciler() { impl_->Stop(); }
void Reconciler::Start() { impl_->Start(); }
void Reconciler::Stop() { impl_->Stop(); }

}  // namespace mpd::containers
