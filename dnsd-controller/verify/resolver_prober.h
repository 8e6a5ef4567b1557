// Asks the running resolver until it gives every answer that follows from the files on the disk,
// and keeps checking afterwards.
//
// - After each write, every name and address that the write touched is asked for until the answer
//   is right. Only then does published_revision() advance.
// - All names and addresses are asked for when the resolver answers for the first time, when it
//   answers again after it was down, and when a check finds a wrong answer.
// - When nothing is pending, one record is checked per interval, the next one each time. The
//   interval is 1 s while the prober is active (something was written, or somebody looked at the
//   status, within the last 5 s) and 5 s otherwise: each question costs the resolver and this
//   process time, and while idle nobody waits for the result.
// - While the resolver is down, it is asked for the zone's own name until it answers. Somebody who
//   waits for it makes these questions more frequent for a while (Expedite).
// - When it stays down or keeps giving old answers, reload_request() and restart_request() rise.
//   The container-manager watches them and reloads or restarts the resolver.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_
#define MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/async/async_event.h"
#include "common/async/awaitable.h"
#include "common/async/backoff.h"
#include "common/dns/dns_client.h"
#include "dnsd-controller/verify/convergence_tracker.h"
#include "dnsd-controller/verify/escalation.h"
#include "dnsd-controller/zone/record_table.h"

namespace mpd::dnsd {

struct ProberTimes {
  absl::Duration answer = absl::Milliseconds(250);  // how long to wait for one answer
  // Between two passes over the pending answers: doubles from the first to the last while the
  // answers are wrong.
  absl::Duration first_retry = absl::Microseconds(200);
  absl::Duration last_retry = absl::Milliseconds(50);

  // While the resolver is down: how long to wait for one answer, the time between questions, and
  // that time after a call of Expedite, for so long.
  absl::Duration down_answer = absl::Milliseconds(100);
  absl::Duration down_interval = absl::Milliseconds(200);
  absl::Duration expedited_interval = absl::Milliseconds(10);
  absl::Duration expedited = absl::Seconds(2);

  // Between checks while nothing is pending: when active, when idle, and how long it stays active
  // after a change or a call of KeepActive.
  absl::Duration check = absl::Seconds(1);
  absl::Duration idle_check = absl::Seconds(5);
  absl::Duration active = absl::Seconds(5);

  // How long an answer may stay wrong before a reload, and before a restart, is requested; how long
  // a resolver that has answered before may be down before a restart is; and the longest time
  // between two restarts.
  absl::Duration reload = absl::Seconds(2);
  absl::Duration restart = absl::Seconds(6);
  absl::Duration down_restart = absl::Seconds(15);
  absl::Duration longest_restart = absl::Minutes(5);
};

// All calls are made, and all callbacks come, on the loop's thread.
class ResolverProber : public std::enable_shared_from_this<ResolverProber> {
 public:
  // `zone` is the name to ask for while the resolver is down. `records` are those on the disk; the
  // caller owns them, and they must live until Stop. `on_change` is called when the result of one
  // of the accessors below has changed.
  ResolverProber(boost::asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                 std::string zone, const RecordTable* records, ProberTimes times,
                 std::function<void()> on_change);

  void Start();
  // `on_change` is not called, and the records are not read, after this.
  void Stop();

  // The disk holds this revision now, from which these answers follow, and `records` has been
  // updated. `new_store`: ipam's store was recreated, so revisions start again.
  void Expect(int64_t revision, bool new_store, const std::vector<ExpectedAnswer>& expected);
  // The answer that follows from the resolver's start-up files. It is checked separately, because
  // it changes only when the resolver is restarted, and holds back no revision.
  void SetStaticRecord(ExpectedAnswer record);
  // Somebody has looked at the status: the next check is made now, if the last one is too old, and
  // checks stay frequent for a while.
  void KeepActive();
  // Somebody waits for the resolver, which may have been started just now: as KeepActive, and while
  // it is down it is asked more often for a while. A `barrier` other than 0 makes the prober ask as
  // if the resolver were down, until a question that was sent after this call is answered;
  // passed_barrier() then reaches it. Barriers are numbers that rise.
  void Expedite(int64_t barrier = 0);

  int64_t published_revision() const { return tracker_.published_revision(); }
  bool answering() const { return answering_; }
  // The highest barrier after which the resolver has answered a question.
  int64_t passed_barrier() const { return passed_barrier_; }
  // Every answer expected of the files on the disk has been verified.
  bool caught_up() const { return revision_.has_value() && tracker_.pending_count() == 0; }
  // A sentence about one pending answer that was wrong when last asked for; empty when none is.
  const std::string& last_mismatch() const { return last_mismatch_; }
  bool static_record_right() const { return static_right_; }
  // How often a reload and a restart have been requested.
  int64_t reload_request() const { return reload_request_; }
  int64_t restart_request() const { return restart_request_; }

 private:
  struct Pass;
  using Answer = absl::StatusOr<DnsResponse>;

  static boost::asio::awaitable<void> Run(std::shared_ptr<ResolverProber> self);
  boost::asio::awaitable<Answer> Ask(ExpectedAnswer expected, absl::Duration answer_time);
  void OnAnswer(int64_t barrier);
  void OnNoAnswer();

  boost::asio::awaitable<void> ProbeWhileDown();
  static boost::asio::awaitable<void> ProbeOnce(std::shared_ptr<ResolverProber> self);
  boost::asio::awaitable<void> VerifyPending();
  static boost::asio::awaitable<void> VerifyInTurn(std::shared_ptr<ResolverProber> self,
                                                   std::shared_ptr<Pass> pass);
  boost::asio::awaitable<void> WaitForCheck();
  boost::asio::awaitable<void> CheckNextRecord();
  boost::asio::awaitable<void> CheckStaticRecord();

  // The resolver is down, or a barrier demands an answer from after now.
  bool ProbesAsDown() const { return !answering_ || passed_barrier_ < barrier_; }
  void ExpectAll();
  void StayActive();
  void Escalate(Escalation::Step step, const char* why);
  void NotifyChange();

  boost::asio::io_context* const loop_;
  const std::shared_ptr<DnsClient> resolver_;
  const std::string zone_;
  const RecordTable* const records_;
  const ProberTimes times_;
  std::function<void()> on_change_;
  AsyncEvent wake_;

  ConvergenceTracker tracker_;
  std::optional<int64_t> revision_;  // on the disk; unset until the first Expect
  ExpectedAnswer static_record_;
  bool static_right_ = true;

  bool answering_ = false;
  bool ever_answered_ = false;
  int64_t barrier_ = 0;
  int64_t passed_barrier_ = 0;
  absl::Time expedited_until_ = absl::InfinitePast();
  absl::Time active_until_ = absl::InfinitePast();
  absl::Time last_asked_ = absl::InfinitePast();
  int consecutive_silences_ = 0;  // as OnNoAnswer counts them
  int64_t silences_ = 0;
  std::string last_checked_;  // the name that CheckNextRecord asked for last
  std::string last_mismatch_;
  Backoff retry_;
  Escalation wrong_answers_;
  Escalation down_;
  int64_t reload_request_ = 0;
  int64_t restart_request_ = 0;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_
