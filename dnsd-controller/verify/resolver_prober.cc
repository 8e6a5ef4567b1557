#include "dnsd-controller/verify/resolver_prober.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"

namespace mpd::dnsd {
namespace {

namespace asio = boost::asio;

// Few enough that clients of the resolver hardly have to wait behind these questions.
constexpr size_t kQuestionsAtOnce = 8;
// A pass takes at most so many pending answers, so that what changes meanwhile is asked for soon.
constexpr size_t kQuestionsPerPass = 256;
// So many unanswered questions in a row mean that the resolver is down. A single one may be a lost
// datagram.
constexpr int kSilencesForDown = 3;

std::string DescribeMismatch(const ExpectedAnswer& expected) {
  return expected.value.empty()
             ? absl::StrCat(expected.name, " still has an answer")
             : absl::StrCat(expected.name, " is not answered with ", expected.value);
}

}  // namespace

// One pass over pending answers, shared by the coroutines that ask for them.
struct ResolverProber::Pass {
  explicit Pass(asio::io_context* loop) : done(loop) {}
  std::vector<ConvergenceTracker::Item> items;
  size_t next = 0;     // the first item that no coroutine has taken yet
  size_t running = 0;  // coroutines that have not ended
  int64_t verified = 0;
  AsyncEvent done;
};

ResolverProber::ResolverProber(asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                               std::string zone, const RecordTable* records, ProberTimes times,
                               std::function<void()> on_change)
    : loop_(loop),
      resolver_(std::move(resolver)),
      zone_(std::move(zone)),
      records_(records),
      times_(times),
      on_change_(std::move(on_change)),
      wake_(loop),
      retry_(times.first_retry, times.last_retry),
      wrong_answers_(times.reload, times.restart, times.longest_restart),
      down_(std::nullopt, times.down_restart, times.longest_restart) {
  tracker_.Hold(true);
}

void ResolverProber::Start() { asio::co_spawn(*loop_, Run(shared_from_this()), asio::detached); }

void ResolverProber::Stop() {
  stopped_ = true;
  on_change_ = nullptr;
  wake_.Notify();
}

void ResolverProber::NotifyChange() {
  if (on_change_) on_change_();
}

void ResolverProber::Expect(int64_t revision, bool new_store,
                            const std::vector<ExpectedAnswer>& expected) {
  if (new_store) tracker_.NewStore();
  revision_ = revision;
  tracker_.AddBatch(revision, expected);
  if (!expected.empty()) {
    retry_.Reset();
    StayActive();
    wake_.Notify();
  }
  NotifyChange();
}

void ResolverProber::SetStaticRecord(ExpectedAnswer record) {
  if (record == static_record_) return;
  static_record_ = std::move(record);
  last_asked_ = absl::InfinitePast();  // makes the next check due now
  wake_.Notify();
}

void ResolverProber::StayActive() { active_until_ = absl::Now() + times_.active; }

void ResolverProber::KeepActive() {
  const absl::Time now = absl::Now();
  const bool idle = now >= active_until_;
  StayActive();
  if (!answering_ || !idle) return;
  if (now - last_asked_ >= times_.check) last_asked_ = absl::InfinitePast();
  wake_.Notify();
}

void ResolverProber::Expedite(int64_t barrier) {
  KeepActive();
  barrier_ = std::max(barrier_, barrier);
  if (!ProbesAsDown()) return;
  expedited_until_ = absl::Now() + times_.expedited;
  wake_.Notify();
}

asio::awaitable<void> ResolverProber::Run(std::shared_ptr<ResolverProber> self) {
  while (!self->stopped_) {
    if (self->ProbesAsDown()) {
      co_await self->ProbeWhileDown();
    } else if (self->tracker_.pending_count() > 0) {
      co_await self->VerifyPending();
    } else {
      co_await self->WaitForCheck();
      const bool due = self->tracker_.pending_count() == 0 && !self->ProbesAsDown();
      if (!self->stopped_ && due) co_await self->CheckNextRecord();
    }
  }
}

asio::awaitable<ResolverProber::Answer> ResolverProber::Ask(ExpectedAnswer expected,
                                                            absl::Duration answer_time) {
  const int64_t silences_before = silences_;
  const int64_t barrier_before = barrier_;
  last_asked_ = absl::Now();
  Answer answer = co_await resolver_->Ask(expected.name, expected.type, answer_time);
  if (stopped_) co_return answer;
  if (answer.ok()) {
    OnAnswer(barrier_before);
  } else if (silences_ == silences_before) {
    // Questions that were under way at the same time count as one silence together: a single burst
    // of lost datagrams must not look like three failures in a row.
    OnNoAnswer();
  }
  co_return answer;
}

// `barrier` is the one that was set when the answered question was sent.
void ResolverProber::OnAnswer(int64_t barrier) {
  consecutive_silences_ = 0;
  const bool passes_barrier = barrier > passed_barrier_;
  passed_barrier_ = std::max(passed_barrier_, barrier);
  if (answering_) {
    if (passes_barrier) NotifyChange();
    return;
  }
  answering_ = ever_answered_ = true;
  down_.Clear();
  wrong_answers_.Clear();
  LOG_INFO("RESOLVER_ANSWERS", "The resolver answers; all records are checked",
           {{"resolver", resolver_->name()}});
  StayActive();
  ExpectAll();
  tracker_.Hold(false);
  NotifyChange();
}

void ResolverProber::OnNoAnswer() {
  ++silences_;
  if (++consecutive_silences_ < kSilencesForDown || !answering_) return;
  answering_ = false;
  tracker_.Hold(true);
  LOG_WARNING("RESOLVER_SILENT", "The resolver does not answer; it is asked again until it does",
              {{"resolver", resolver_->name()}});
  NotifyChange();
}

// Answers that are pending already keep their place in the queue, and the published revision does
// not go back.
void ResolverProber::ExpectAll() {
  if (!revision_) return;
  tracker_.AddBatch(*revision_, records_->ExpectAll());
  retry_.Reset();
}

// Sends one question and returns when the next one is due. It does not wait for the answer, which
// never comes when the resolver was not listening yet: a resolver that starts is then found after
// one interval, however long the wait for an answer is.
asio::awaitable<void> ResolverProber::ProbeWhileDown() {
  const absl::Time begin = absl::Now();
  asio::co_spawn(*loop_, ProbeOnce(shared_from_this()), asio::detached);
  while (!stopped_ && ProbesAsDown()) {
    const absl::Time now = absl::Now();
    const bool expedited = now < expedited_until_;
    const absl::Duration left =
        begin + (expedited ? times_.expedited_interval : times_.down_interval) - now;
    if (left <= absl::ZeroDuration()) co_return;
    co_await wake_.WaitFor(left);
  }
}

asio::awaitable<void> ResolverProber::ProbeOnce(std::shared_ptr<ResolverProber> self) {
  const ExpectedAnswer anything{self->zone_, DnsType::kA, ""};
  const absl::Duration answer_time = std::min(self->times_.answer, self->times_.down_answer);
  const Answer answer = co_await self->Ask(anything, answer_time);
  if (answer.ok()) {
    self->wake_.Notify();
  } else if (self->ever_answered_ && !self->answering_ && !self->stopped_) {
    self->Escalate(self->down_.Check(absl::Now()), "it does not answer");
  }
}

asio::awaitable<void> ResolverProber::VerifyPending() {
  const int64_t oldest_before = tracker_.oldest_pending();
  const auto pass = std::make_shared<Pass>(loop_);
  pass->items = tracker_.ListPending(kQuestionsPerPass);
  pass->running = std::min(kQuestionsAtOnce, pass->items.size());
  for (size_t i = pass->running; i > 0; --i) {
    asio::co_spawn(*loop_, VerifyInTurn(shared_from_this(), pass), asio::detached);
  }
  while (pass->running > 0) co_await pass->done.WaitFor(absl::Seconds(1));

  if (tracker_.pending_count() == 0) last_mismatch_.clear();
  // Only progress on the oldest pending answer ends the trouble. A resolver that gives the others
  // but never this one needs a reload all the same.
  if (tracker_.oldest_pending() != oldest_before) wrong_answers_.Clear();
  if (pass->verified > 0) {
    retry_.Reset();
    NotifyChange();
  }
  const bool all_verified = static_cast<size_t>(pass->verified) == pass->items.size();
  if (!answering_ || all_verified) co_return;
  Escalate(wrong_answers_.Check(absl::Now()), "it keeps giving old answers");
  co_await wake_.WaitFor(retry_.Next());
}

asio::awaitable<void> ResolverProber::VerifyInTurn(std::shared_ptr<ResolverProber> self,
                                                   std::shared_ptr<Pass> pass) {
  while (pass->next < pass->items.size() && self->answering_ && !self->stopped_) {
    const ConvergenceTracker::Item& item = pass->items[pass->next++];
    const Answer answer = co_await self->Ask(item.expected, self->times_.answer);
    if (!answer.ok()) continue;
    if (!Matches(item.expected, *answer)) {
      self->last_mismatch_ = DescribeMismatch(item.expected);
    } else if (self->tracker_.MarkVerified(item)) {
      ++pass->verified;
    }
  }
  if (--pass->running == 0) pass->done.Notify();
}

// Returns when a check is due, or when something more urgent is to be done. A wake-up may only mean
// that the time of the next check has changed, so the time is computed again after each.
asio::awaitable<void> ResolverProber::WaitForCheck() {
  while (!stopped_ && tracker_.pending_count() == 0 && !ProbesAsDown()) {
    const absl::Time now = absl::Now();
    const bool active = now < active_until_;
    const absl::Duration left = last_asked_ + (active ? times_.check : times_.idle_check) - now;
    if (left <= absl::ZeroDuration()) co_return;
    co_await wake_.WaitFor(left);
  }
}

asio::awaitable<void> ResolverProber::CheckNextRecord() {
  ExpectedAnswer expected{zone_, DnsType::kA, ""};
  const ZoneRecord* record = records_->Next(last_checked_);
  if (record != nullptr) {
    last_checked_ = record->name;
    expected = {record->name, DnsType::kA, record->address.ToString()};
  }
  const bool known = record != nullptr;
  const int64_t version = records_->version();
  Answer answer = co_await Ask(expected, times_.answer);
  // Asked again until it is answered or the resolver counts as down.
  while (!answer.ok() && answering_ && !stopped_) answer = co_await Ask(expected, times_.answer);
  if (!answer.ok() || stopped_) co_return;
  // When the records changed while the question was under way, the expectation may be outdated.
  if (known && version == records_->version() && !Matches(expected, *answer)) {
    LOG_WARNING("RESOLVER_DRIFTED", "The resolver lost a record; all are checked",
                {{"name", expected.name}, {"resolver", resolver_->name()}});
    ExpectAll();
    NotifyChange();
  }
  co_await CheckStaticRecord();
}

asio::awaitable<void> ResolverProber::CheckStaticRecord() {
  if (static_record_.name.empty()) co_return;
  const ExpectedAnswer expected = static_record_;
  const Answer answer = co_await Ask(expected, times_.answer);
  if (!answer.ok()) co_return;
  const bool right = Matches(expected, *answer);
  if (std::exchange(static_right_, right) != right) NotifyChange();
}

void ResolverProber::Escalate(Escalation::Step step, const char* why) {
  if (step == Escalation::Step::kNone) return;
  const bool reload = step == Escalation::Step::kReload;
  ++(reload ? reload_request_ : restart_request_);
  if (reload) {
    LOG_WARNING("RESOLVER_RELOAD_WANTED",
                "Requests a reload of the resolver (SIGHUP) from container-manager",
                {{"resolver", resolver_->name()}, {"why", why}, {"mismatch", last_mismatch_}});
  } else {
    LOG_WARNING("RESOLVER_RESTART_WANTED",
                "Requests a restart of the resolver from container-manager",
                {{"resolver", resolver_->name()}, {"why", why}, {"mismatch", last_mismatch_}});
  }
  NotifyChange();
}

}  // namespace mpd::dnsd
