#include "container-manager/kinds/container/readiness.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"

namespace mpd::containers {
namespace {

constexpr absl::Duration kFirstProbeDelay = absl::Milliseconds(25);
constexpr absl::Duration kMaxProbeDelay = absl::Milliseconds(500);
// With delays of an eighth of the time waited so far, readiness is noticed an eighth late at most.
// Delays that double would notice it up to half late.
constexpr int kProbesPerWait = 8;
// A container that has just come to its network loses a packet now and then, and TCP repeats it
// after a second only: the next probe is sooner there. A server may be slow all the same, so the
// patience grows.
constexpr absl::Duration kFirstPatience = absl::Milliseconds(250);
constexpr absl::Duration kMaxPatience = absl::Seconds(2);
// An event comes first: this is for an event that is lost.
constexpr absl::Duration kCheckAgain = absl::Seconds(1);

bool IsSeenRunning(const stored::Observed& observed, const ContainerInfo& container) {
  return observed.state() == api::STATE_RUNNING && observed.container_id() == container.id &&
         observed.started_at() == container.started_at;
}

}  // namespace

Awaitable<absl::Status> CheckEnd(const ContainerDeps& deps, Pass& pass,
                                 std::optional<ContainerInfo> container) {
  if (container && container->running) co_return absl::OkStatus();
  const ContainerLife ended = std::exchange(pass.life(), ContainerLife());
  if (ended.container_id.empty() || ended.end_expected) co_return absl::OkStatus();
  if (!container) {
    const std::string key = pass.id().Key();
    LOG_WARNING("CONTAINER_REMOVED", "A container was removed by somebody else and is recreated",
                {{"workload", key}, {"id", ended.container_id}});
    co_return absl::OkStatus();
  }
  const std::string log = co_await deps.drivers->containers.LastLines(container->id);
  co_return ContainerErrors::Exited(container->name, container->exit_code, log);
}

Readiness::Readiness(const ContainerDeps& deps, const ContainerRecipe& recipe,
                     std::shared_ptr<Pass> pass, ContainerInfo container)
    : deps_(deps),
      recipe_(recipe),
      pass_(std::move(pass)),
      container_(std::move(container)),
      was_running_(IsSeenRunning(pass_->record().observed, container_)),
      patience_(was_running_ ? kMaxPatience : kFirstPatience) {}

Awaitable<absl::Status> Readiness::NoteLife() {
  stored::Observed& observed = pass_->observed();
  observed.set_container_id(container_.id);
  observed.set_started_at(container_.started_at);
  ContainerLife& life = pass_->life();
  if (life.container_id != container_.id || life.started_at != container_.started_at) {
    // The ready signal was made for the life that our own start begins, and says nothing of a start
    // by somebody else.
    if (!life.container_id.empty()) life = ContainerLife();
    life.container_id = container_.id;
    life.started_at = container_.started_at;
    life.end_expected = false;
  }
  // When it was started is stored with the next report.
  const bool is_reported =
      observed.state() == api::STATE_STARTING && observed.status_message().empty();
  if (was_running_ || is_reported) co_return absl::OkStatus();
  co_return co_await pass_->Report(api::STATE_STARTING);
}

Awaitable<absl::StatusOr<PassOutcome>> Readiness::Await() {
  const absl::Status noted = co_await NoteLife();
  CO_RETURN_IF_ERROR(noted);
  const absl::Time begin = absl::Now();
  absl::Duration delay = kFirstProbeDelay;
  while (true) {
    const auto wrong = co_await Probe();
    CO_RETURN_IF_ERROR(wrong.status());
    if (wrong->empty()) break;
    const absl::Status reported = co_await pass_->Report(api::STATE_STARTING, *wrong);
    CO_RETURN_IF_ERROR(reported);
    const absl::Duration waited = absl::Now() - begin;
    // Not at once: while ipam is away, the next pass finds the lease as it was.
    if (waited > deps_.lease_again && NeedsNewLease()) co_return PassOutcome::kWaiting;
    if (waited > deps_.ready_timeout) {
      const std::string log = co_await deps_.drivers->containers.LastLines(container_.id);
      co_return ContainerErrors::NotReady(container_.name, deps_.ready_timeout, *wrong, log,
                                          recipe_.DiagnosisCommand(pass_->id()));
    }
    co_await pass_->context().Sleep(delay);
    // Its end is an event; in case the event is lost, it is looked for now and then.
    if (pass_->context().TakeNews() || delay == kMaxProbeDelay) {
      const absl::Status runs = co_await CheckRuns();
      CO_RETURN_IF_ERROR(runs);
    }
    if (pass_->context().Stale()) co_return Pass::Superseded();
    delay = std::clamp((absl::Now() - begin) / kProbesPerWait, kFirstProbeDelay, kMaxProbeDelay);
    patience_ = std::min(patience_ * 2, kMaxPatience);
  }
  const absl::Status reported = co_await ReportRunning();
  CO_RETURN_IF_ERROR(reported);
  co_return PassOutcome::kSettled;
}

Awaitable<absl::Status> Readiness::ReportRunning() {
  const absl::Status reported = co_await pass_->Report(api::STATE_RUNNING);
  CO_RETURN_IF_ERROR(reported);
  if (!was_running_) {
    const std::string key = pass_->id().Key();
    LOG_INFO("WORKLOAD_RUNNING", "A workload is usable",
             {{"workload", key}, {"address", pass_->record().observed.address()}});
  }
  co_return absl::OkStatus();
}

// The question is asked beside the pass: a probe may hang for long, and the container's end or a
// new wish must not wait for it.
Awaitable<absl::StatusOr<std::string>> Readiness::Probe() {
  struct Reply {
    bool arrived = false;
    absl::Status usable;
  };
  const auto reply = std::make_shared<Reply>();
  boost::asio::co_spawn(
      *deps_.loop, [self = shared_from_this()] { return self->Ask(); },
      [reply, wake = pass_->context().Waker()](std::exception_ptr thrown, absl::Status usable) {
        if (thrown) std::rethrow_exception(thrown);
        reply->arrived = true;
        reply->usable = std::move(usable);
        wake();
      });
  while (!reply->arrived) {
    co_await pass_->context().Sleep(kCheckAgain);
    if (pass_->context().TakeNews()) {
      const absl::Status runs = co_await CheckRuns();
      CO_RETURN_IF_ERROR(runs);
    }
    if (pass_->context().Stale()) co_return Pass::Superseded();
  }
  co_return std::string(reply->usable.message());
}

Awaitable<absl::Status> Readiness::Ask() {
  UsableQuestion question;
  question.record = pass_->record();
  question.container = container_;
  question.was_running = was_running_;
  question.patience = patience_;
  question.ready_signal = pass_->life().ready_signal;
  asks_for_names_ = false;
  const absl::Status usable = co_await recipe_.CheckUsable(std::move(question));
  CO_RETURN_IF_ERROR(usable);
  asks_for_names_ = true;
  co_return co_await recipe_.CheckNames(pass_->record(), was_running_);
}

bool Readiness::NeedsNewLease() const {
  const auto resolver = deps_.resolver->Status();
  if (!asks_for_names_ || !resolver.ok() || resolver->store_id.empty()) return false;
  return resolver->store_id != pass_->record().observed.lease_store_id();
}

Awaitable<absl::Status> Readiness::CheckRuns() {
  const auto now = co_await deps_.podman->InspectContainer(container_.id);
  if (absl::IsNotFound(now.status())) co_return Pass::Superseded();
  CO_RETURN_IF_ERROR(now.status());
  if (now->running && now->started_at == container_.started_at) co_return absl::OkStatus();
  if (now->running) co_return Pass::Superseded();
  const absl::Status ended = co_await CheckEnd(deps_, *pass_, *now);
  co_return ended.ok() ? Pass::Superseded() : ended;
}

}  // namespace mpd::containers
