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

// Few enough that a client of the resolver hardly waits behind them.
constexpr size_t kQuestionsAtOnce = 8;
// Of those owed, in one pass: what changes meanwhile has its turn soon.
constexpr size_t kQuestionsPerRound = 256;
// One lost datagram is no outage, nor are many that were under way at the same time.
constexpr int kSilencesForDown = 3;

std::string Describe(const ExpectedAnswer& expectation) {
  return expectation.value.empty()
             ? absl::StrCat(expectation.name, " still has an answer")
             : absl::StrCat(expectation.name, " is not answered with ", expectation.value);
}

}  // namespace

// The questions of one pass over what is owed, shared by the coroutines that ask them.
struct ResolverProber::Round {
  explicit Round(asio::io_context* loop) : done(loop) {}
  std::vector<ConvergenceTracker::Item> items;
  size_t next = 0;
  size_t working = 0;
  int64_t proved = 0;
  AsyncEvent done;
};

ResolverProber::ResolverProber(asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                               std::string zone, ProberTimes times, std::function<void()> on_change)
    : loop_(loop),
      resolver_(std::move(resolver)),
      zone_(std::move(zone)),
      times_(times),
      on_change_(std::move(on_change)),
      wake_(loop),
      retry_(times.first_retry, times.last_retry),
      not_following_(times.reload, times.restart, times.longest_restart),
      silent_(std::nullopt, times.silent_restart, times.longest_restart) {
  book_.Hold(true);
}

void ResolverProber::Start() { asio::co_spawn(*loop_, Run(shared_from_this()), asio::detached); }

void ResolverProber::Stop() {
  stopped_ = true;
  on_change_ = nullptr;
  wake_.Notify();
}

void ResolverProber::Changed() {
  if (on_change_) on_change_();
}

void ResolverProber::Rendered(int64_t revision, bool new_store,
                              const std::vector<ZoneChange>& changes) {
  if (new_store) book_.NewStore();
  rendered_ = true;
  rendered_revision_ = revision;
  ++table_version_;
  book_.AddBatch(revision, records_.Apply(changes));
  if (!changes.empty()) {
    retry_.Reset();
    StayAttentive();
    wake_.Notify();
  }
  Changed();
}

void ResolverProber::SetStaticRecord(ExpectedAnswer record) {
  if (record == static_record_) return;
  static_record_ = std::move(record);
  asked_ = absl::InfinitePast();
  wake_.Notify();
}

void ResolverProber::StayAttentive() { attentive_until_ = absl::Now() + times_.attentive; }

void ResolverProber::Attend() {
  const absl::Time now = absl::Now();
  const bool idle = now >= attentive_until_;
  StayAttentive();
  if (!answering_ || !idle) return;
  if (now - asked_ >= times_.check) asked_ = absl::InfinitePast();
  wake_.Notify();
}

void ResolverProber::Hurry(int64_t doubt) {
  Attend();
  doubt_ = std::max(doubt_, doubt);
  if (!Knocks()) return;
  hurry_until_ = absl::Now() + times_.hurried;
  wake_.Notify();
}

asio::awaitable<void> ResolverProber::Run(std::shared_ptr<ResolverProber> self) {
  while (!self->stopped_) {
    if (self->Knocks()) {
      co_await self->Knock();
    } else if (self->book_.owed_count() > 0) {
      co_await self->Prove();
    } else {
      co_await self->WaitForCheck();
      const bool idle = self->book_.owed_count() == 0 && !self->Knocks();
      if (!self->stopped_ && idle) co_await self->CheckOne();
    }
  }
}

asio::awaitable<ResolverProber::Answer> ResolverProber::Ask(ExpectedAnswer expectation,
                                                            absl::Duration answer_time) {
  const int64_t asked_after = silences_told_;
  const int64_t doubt = doubt_;
  asked_ = absl::Now();
  Answer answer = co_await resolver_->Ask(expectation.name, expectation.type, answer_time);
  if (answer.ok()) {
    Heard(doubt);
  } else if (asked_after == silences_told_) {
    NotHeard();
  }
  co_return answer;
}

void ResolverProber::Heard(int64_t doubt) {
  silences_ = 0;
  const bool dispels = doubt > dispelled_;
  dispelled_ = std::max(dispelled_, doubt);
  if (answering_) {
    if (dispels) Changed();
    return;
  }
  answering_ = ever_answered_ = true;
  silent_.Clear();
  not_following_.Clear();
  LOG_INFO("RESOLVER_ANSWERS", "The resolver answers; all records are checked",
           {{"resolver", resolver_->name()}});
  StayAttentive();
  OweEverything();
  book_.Hold(false);
  Changed();
}

void ResolverProber::NotHeard() {
  ++silences_told_;
  if (++silences_ < kSilencesForDown || !answering_) return;
  answering_ = false;
  book_.Hold(true);
  LOG_WARNING("RESOLVER_SILENT", "The resolver does not answer; it is asked again until it does",
              {{"resolver", resolver_->name()}});
  Changed();
}

// What is owed already stays where it is in the queue; the published revision does not go back.
void ResolverProber::OweEverything() {
  if (!rendered_) return;
  book_.AddBatch(rendered_revision_, records_.Everything());
  retry_.Reset();
}

// The next question does not wait for the answer to this one, which is lost where the resolver was
// not there yet.
asio::awaitable<void> ResolverProber::Knock() {
  const absl::Time begin = absl::Now();
  asio::co_spawn(*loop_, KnockOnce(shared_from_this()), asio::detached);
  while (!stopped_ && Knocks()) {
    const absl::Time now = absl::Now();
    const absl::Duration left = begin + (now < hurry_until_ ? times_.hurry : times_.knock) - now;
    if (left <= absl::ZeroDuration()) co_return;
    co_await wake_.WaitFor(left);
  }
}

asio::awaitable<void> ResolverProber::KnockOnce(std::shared_ptr<ResolverProber> self) {
  const ExpectedAnswer anything{self->zone_, DnsType::kA, ""};
  const absl::Duration answer_time = std::min(self->times_.answer, self->times_.knock_answer);
  const Answer answer = co_await self->Ask(anything, answer_time);
  if (answer.ok()) {
    self->wake_.Notify();
  } else if (self->ever_answered_ && !self->answering_ && !self->stopped_) {
    self->Escalate(self->silent_.Check(absl::Now()), "it is silent");
  }
}

asio::awaitable<void> ResolverProber::Prove() {
  const int64_t oldest_before = book_.oldest();
  const auto round = std::make_shared<Round>(loop_);
  round->items = book_.Owed(kQuestionsPerRound);
  round->working = std::min(kQuestionsAtOnce, round->items.size());
  for (size_t i = round->working; i > 0; --i) {
    asio::co_spawn(*loop_, Work(shared_from_this(), round), asio::detached);
  }
  while (round->working > 0) co_await round->done.WaitFor(absl::Seconds(1));

  if (book_.owed_count() == 0) last_mismatch_.clear();
  // It follows as long as the longest owed answer comes; others say nothing of that one.
  if (book_.oldest() != oldest_before) not_following_.Clear();
  if (round->proved > 0) {
    retry_.Reset();
    Changed();
  }
  const bool all_right = static_cast<size_t>(round->proved) == round->items.size();
  if (!answering_ || all_right) co_return;
  Escalate(not_following_.Check(absl::Now()), "it does not follow");
  co_await wake_.WaitFor(retry_.Next());
}

asio::awaitable<void> ResolverProber::Work(std::shared_ptr<ResolverProber> self,
                                           std::shared_ptr<Round> round) {
  while (round->next < round->items.size() && self->answering_ && !self->stopped_) {
    const ConvergenceTracker::Item& item = round->items[round->next++];
    const Answer answer = co_await self->Ask(item.expectation, self->times_.answer);
    if (!answer.ok()) continue;
    if (!Matches(item.expectation, *answer)) {
      self->last_mismatch_ = Describe(item.expectation);
    } else if (self->book_.Prove(item)) {
      ++round->proved;
    }
  }
  if (--round->working == 0) round->done.Notify();
}

// Woken, it looks at once what it was woken for, which need not be a reason to ask.
asio::awaitable<void> ResolverProber::WaitForCheck() {
  while (!stopped_ && book_.owed_count() == 0 && !Knocks()) {
    const absl::Time now = absl::Now();
    const bool attentive = now < attentive_until_;
    const absl::Duration left = asked_ + (attentive ? times_.check : times_.idle_check) - now;
    if (left <= absl::ZeroDuration()) co_return;
    co_await wake_.WaitFor(left);
  }
}

asio::awaitable<void> ResolverProber::CheckOne() {
  ExpectedAnswer expectation{zone_, DnsType::kA, ""};
  const ZoneRecord* record = records_.Next(cursor_);
  if (record != nullptr) {
    cursor_ = record->name;
    expectation = {record->name, DnsType::kA, record->address.ToString()};
  }
  const bool known = record != nullptr;
  const int64_t version = table_version_;
  Answer answer = co_await Ask(expectation, times_.answer);
  while (!answer.ok() && answering_ && !stopped_) answer = co_await Ask(expectation, times_.answer);
  if (!answer.ok() || stopped_) co_return;
  // The table may have moved on while the question was under way.
  if (known && version == table_version_ && !Matches(expectation, *answer)) {
    LOG_WARNING("RESOLVER_DRIFTED", "The resolver lost a record; all are checked",
                {{"name", expectation.name}, {"resolver", resolver_->name()}});
    OweEverything();
    Changed();
  }
  co_await CheckStatic();
}

asio::awaitable<void> ResolverProber::CheckStatic() {
  if (static_record_.name.empty()) co_return;
  const ExpectedAnswer expectation = static_record_;
  const Answer answer = co_await Ask(expectation, times_.answer);
  if (!answer.ok()) co_return;
  const bool right = Matches(expectation, *answer);
  if (std::exchange(static_right_, right) != right) Changed();
}

void ResolverProber::Escalate(Escalation::Step step, const char* why) {
  if (step == Escalation::Step::kNone) return;
  const bool reload = step == Escalation::Step::kReload;
  ++(reload ? reload_request_ : restart_request_);
  if (reload) {
    LOG_WARNING("RESOLVER_RELOAD_WANTED", "The resolver is to be told to reload (SIGHUP)",
                {{"resolver", resolver_->name()}, {"why", why}, {"mismatch", last_mismatch_}});
  } else {
    LOG_WARNING("RESOLVER_RESTART_WANTED", "The resolver is to be restarted",
                {{"resolver", resolver_->name()}, {"why", why}, {"mismatch", last_mismatch_}});
  }
  Changed();
}

}  // namespace mpd::dnsd
