#include "container-manager/reconcile/reconciler.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/async/loop_mailbox.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "container-manager/reconcile/await_commit.h"
#include "container-manager/reconcile/pause.h"
#include "container-manager/reconcile/podman_follower.h"
#include "container-manager/reconcile/workload_loop.h"

namespace mpd::containers {
namespace {

constexpr int64_t kEventsAtOnce = 1000;
constexpr absl::Duration kStoreRetry = absl::Seconds(1);

}  // namespace

class Reconciler::Impl : public WorkloadWaker,
                         public std::enable_shared_from_this<Reconciler::Impl> {
 public:
  Impl(const ReconcilerDeps& deps, const ReconcilerTimes& times)
      : deps_(deps), times_(times), mailbox_(std::make_shared<LoopMailbox>(deps.loop)) {}

  void Start();
  void Stop();

  void Wake(const WorkloadId& id, WakeReason reason) override;
  void WakeType(absl::string_view type, WakeReason reason) override;
  bool ExpectEnd(const WorkloadId& id) override;
  bool stopped() const override { return stopped_; }

 private:
  // Each runs until Stop.
  Awaitable<void> Begin();
  Awaitable<void> ForgetOldRequests();

  PodmanCallbacks FollowPodman();
  Awaitable<absl::Status> StoreDeclarations();
  absl::StatusOr<StoreTransaction> DeclareAll() const;
  absl::Status Declare(const Declaration& declared, StoreTransaction* transaction) const;
  void ReadStoreEvents();
  void ReadWholeStore();
  void OnStoreKey(const std::string& key);
  void OnPodmanEvent(const PodmanEvent& event);
  void OnListing(const std::vector<ContainerSummary>& listed);
  void ReportOrphans(const std::map<std::string, const ContainerSummary*>& by_name);
  void WakeDependents(const WorkloadId& id);
  void WakeRelated(const WorkloadId& id);
  void WakeAll(WakeReason reason);
  void StartLoop(const WorkloadId& id);
  static void LogUnknown(const WorkloadId& id);

  const ReconcilerDeps deps_;
  const ReconcilerTimes times_;
  const std::shared_ptr<LoopMailbox> mailbox_;
  const std::shared_ptr<BegunStarts> begun_ = std::make_shared<BegunStarts>();
  std::shared_ptr<PodmanFollower> podman_;
  bool stopped_ = false;
  int64_t subscription_ = 0;
  // Everything before this revision of the store has been seen.
  int64_t next_revision_ = 0;
  bool started_ = false;
  std::map<WorkloadId, std::shared_ptr<WorkloadLoop>> loops_;
  // Ids of containers that belong to nobody: each is logged once.
  std::set<std::string> orphans_;
};

void Reconciler::Impl::Start() {
  begun_->on_begin = [weak = weak_from_this()](const WorkloadId& id) {
    if (const std::shared_ptr<Impl> self = weak.lock()) self->WakeDependents(id);
  };
  for (const auto& kind : deps_.kinds->all()) kind->Follow(weak_from_this());
  podman_ =
      std::make_shared<PodmanFollower>(deps_.loop, deps_.podman, times_.resync, FollowPodman());
  podman_->Start();
  for (auto follow : {&Impl::Begin, &Impl::ForgetOldRequests}) {
    boost::asio::co_spawn(
        *deps_.loop, [self = shared_from_this(), follow] { return (self.get()->*follow)(); },
        [self = shared_from_this()](std::exception_ptr thrown) {
          if (thrown) std::rethrow_exception(thrown);
        });
  }
}

void Reconciler::Impl::Stop() {
  if (stopped_) return;
  stopped_ = true;
  if (podman_) podman_->Stop();
  if (started_) deps_.store->store()->Unsubscribe(subscription_);
  mailbox_->Close();
  for (const auto& [id, loop] : loops_) loop->Stop();
}

Awaitable<void> Reconciler::Impl::Begin() {
  const std::shared_ptr<Impl> self = shared_from_this();
  while (!stopped_) {
    const absl::Status stored = co_await StoreDeclarations();
    if (stored.ok()) break;
    LOG_ERROR("STORE_REFUSES",
              "What the configuration declares could not be stored; it is tried again",
              {{"problem", std::string(stored.message())}});
    co_await Pause(deps_.loop, kStoreRetry);
  }
  if (stopped_) co_return;
  // Subscribes first and reads then, so that no change is missed in between.
  started_ = true;
  subscription_ =
      deps_.store->store()->Subscribe([mailbox = mailbox_, weak = weak_from_this()](int64_t) {
        mailbox->Post([weak] {
          const std::shared_ptr<Impl> reconciler = weak.lock();
          if (reconciler && !reconciler->stopped_) reconciler->ReadStoreEvents();
        });
      });
  ReadWholeStore();
}

Awaitable<absl::Status> Reconciler::Impl::StoreDeclarations() {
  auto transaction = DeclareAll();
  CO_RETURN_IF_ERROR(transaction.status());
  if (transaction->ops.empty()) co_return absl::OkStatus();
  const auto written = co_await AwaitCommit(deps_.loop, [&](CommitCallback done) {
    deps_.store->store()->Commit(*std::move(transaction), std::move(done));
  });
  CO_RETURN_IF_ERROR(written.status());
  if (!written->succeeded) co_return absl::AbortedError("a call changed a workload meanwhile");
  co_return absl::OkStatus();
}

absl::StatusOr<StoreTransaction> Reconciler::Impl::DeclareAll() const {
  StoreTransaction transaction;
  for (const auto& kind : deps_.kinds->all()) {
    for (const Declaration& declared : kind->Declared()) {
      RETURN_IF_ERROR(Declare(declared, &transaction));
    }
  }
  return transaction;
}

absl::Status Reconciler::Impl::Declare(const Declaration& declared,
                                       StoreTransaction* transaction) const {
  ASSIGN_OR_RETURN(const WorkloadRecord record, deps_.store->Read(declared.id));
  const bool there = record.exists() && !record.being_deleted();
  stored::Wish wish = record.wish;
  if (declared.wanted) {
    if (there && wish.image() == declared.image) return absl::OkStatus();
    if (!record.exists()) *wish.mutable_create_time() = ToTimestamp(absl::Now());
    wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    wish.set_image(declared.image);
    wish.clear_delete_time();
  } else {
    if (!there) return absl::OkStatus();
    *wish.mutable_delete_time() = ToTimestamp(absl::Now());
  }
  const std::string key = WorkloadStore::WishKey(declared.id);
  transaction->compares.push_back({key, record.wish_revision});
  transaction->ops.push_back({StoreOp::Type::kPut, key, wish.SerializeAsString()});
  return absl::OkStatus();
}

void Reconciler::Impl::ReadWholeStore() {
  const auto all = deps_.store->ReadAll();
  if (!all.ok()) {
    LOG_ERROR("STORE_UNREADABLE", "The store cannot be read; what changed in it is not seen",
              {{"problem", std::string(all.status().message())}});
    return;
  }
  next_revision_ = all->revision + 1;
  // What others depend on begins first.
  for (const auto& kind : deps_.kinds->all()) {
    for (const auto& [id, record] : all->workloads) {
      if (deps_.kinds->Find(id) == kind.get()) Wake(id, WakeReason::kWish);
    }
  }
  for (const auto& [id, record] : all->workloads) {
    if (deps_.kinds->Find(id) == nullptr) LogUnknown(id);
  }
}

void Reconciler::Impl::ReadStoreEvents() {
  while (true) {
    const auto batch = deps_.store->store()->ReadEvents("", next_revision_, kEventsAtOnce);
    if (!batch.ok()) {
      // The events since then are not kept any more: everything may have changed.
      ReadWholeStore();
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
  WakeRelated(*id);
}

void Reconciler::Impl::WakeType(absl::string_view type, WakeReason reason) {
  for (const auto& [id, loop] : loops_) {
    if (id.type == type) loop->Wake(reason);
  }
}

void Reconciler::Impl::WakeDependents(const WorkloadId& id) {
  for (const auto& [other, loop] : loops_) {
    if (loop->DependsOn(id)) loop->Wake(WakeReason::kOthers);
  }
}

// Wakes the workloads that depend on it, which may wait for its start, and those it depends on,
// which may wait for its stop. Once a workload is deleted its dependencies are unknown, so all are
// woken.
void Reconciler::Impl::WakeRelated(const WorkloadId& id) {
  const auto own = loops_.find(id);
  if (own == loops_.end()) return WakeAll(WakeReason::kOthers);
  for (const auto& [other, loop] : loops_) {
    if (loop->DependsOn(id) || own->second->DependsOn(other)) loop->Wake(WakeReason::kOthers);
  }
}

void Reconciler::Impl::Wake(const WorkloadId& id, WakeReason reason) {
  if (stopped_) return;
  const auto it = loops_.find(id);
  if (it != loops_.end()) return it->second->Wake(reason);
  if (reason == WakeReason::kWish) StartLoop(id);
}

bool Reconciler::Impl::ExpectEnd(const WorkloadId& id) {
  const auto it = loops_.find(id);
  if (stopped_ || it == loops_.end()) return false;
  it->second->ExpectEnd();
  return true;
}

void Reconciler::Impl::StartLoop(const WorkloadId& id) {
  WorkloadKind* const kind = deps_.kinds->Find(id);
  if (kind == nullptr) return LogUnknown(id);
  const auto loop = std::make_shared<WorkloadLoop>(
      deps_, times_, begun_, kind, id, [weak = weak_from_this(), id] {
        if (const std::shared_ptr<Impl> self = weak.lock()) self->loops_.erase(id);
      });
  loops_[id] = loop;
  loop->Start();
}

void Reconciler::Impl::LogUnknown(const WorkloadId& id) {
  const std::string key = id.Key();
  LOG_WARNING("WORKLOAD_OF_NO_KIND",
              "The store has a workload of a kind that this version does not know; it is left "
              "alone",
              {{"workload", key}});
}

// What others depend on comes first.
void Reconciler::Impl::WakeAll(WakeReason reason) {
  for (const auto& kind : deps_.kinds->all()) {
    for (const auto& [id, loop] : loops_) {
      if (loop->kind() == kind.get()) loop->Wake(reason);
    }
  }
}

PodmanCallbacks Reconciler::Impl::FollowPodman() {
  // The follower is this object's own, and calls nothing after Stop.
  PodmanCallbacks callbacks;
  callbacks.on_connected = [this] { WakeAll(WakeReason::kRecovery); };
  callbacks.on_event = [this](const PodmanEvent& event) { OnPodmanEvent(event); };
  callbacks.on_listing = [this](const std::vector<ContainerSummary>& listed) {
    if (started_) OnListing(listed);
  };
  return callbacks;
}

void Reconciler::Impl::OnPodmanEvent(const PodmanEvent& event) {
  for (const auto& [id, loop] : loops_) {
    if (loop->OnPodmanEvent(event)) loop->kind()->OnContainerEvent();
  }
}

void Reconciler::Impl::OnListing(const std::vector<ContainerSummary>& listed) {
  std::map<std::string, const ContainerSummary*> by_name;
  for (const ContainerSummary& summary : listed) by_name[summary.name] = &summary;
  for (const auto& [id, loop] : loops_) {
    const auto it = by_name.find(id.ContainerName());
    loop->Compare(it == by_name.end() ? nullptr : it->second);
    if (it != by_name.end()) by_name.erase(it);
  }
  ReportOrphans(by_name);
}

void Reconciler::Impl::ReportOrphans(
    const std::map<std::string, const ContainerSummary*>& by_name) {
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

Awaitable<void> Reconciler::Impl::ForgetOldRequests() {
  const std::shared_ptr<Impl> self = shared_from_this();
  while (!stopped_) {
    const absl::Time before = absl::Now() - times_.keep_requests;
    const auto forgotten = co_await AwaitCommit(deps_.loop, [this, before](CommitCallback done) {
      deps_.store->ForgetRequests(before, std::move(done));
    });
    if (!forgotten.ok()) {
      LOG_WARNING("STORE_REFUSES", "Old requests could not be forgotten; it is tried again",
                  {{"problem", std::string(forgotten.status().message())}});
    }
    co_await Pause(deps_.loop, times_.keep_requests / 24);
  }
}

Reconciler::Reconciler(const ReconcilerDeps& deps, const ReconcilerTimes& times)
    : impl_(std::make_shared<Impl>(deps, times)) {}
Reconciler::~Reconciler() { impl_->Stop(); }
void Reconciler::Start() { impl_->Start(); }
void Reconciler::Stop() { impl_->Stop(); }

}  // namespace mpd::containers
