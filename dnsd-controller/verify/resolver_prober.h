// Asks the running resolver until it answers what is on the disk, and goes on asking now and then.
//
// Every name and address that a write touched is asked for, until each has been answered right; at
// the first contact, and whenever the resolver comes back from silence or gives an answer that it
// should not, all of them are. While nothing is owed one record is checked now and then, another
// one each time: each second while anything happens or anybody looks, every 5 s while nothing does.
// A question costs both sides, and nobody who waits for an answer needs the quick ones then.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_
#define MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_

#include <cstdint>
#include <functional>
#include <memory>
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
  absl::Duration answer = absl::Milliseconds(250);        // what one question may take
  absl::Duration first_retry = absl::Microseconds(200);   // after a wrong answer; doubles …
  absl::Duration last_retry = absl::Milliseconds(50);     // … up to this
  absl::Duration knock = absl::Milliseconds(200);         // between questions while it is silent …
  absl::Duration hurry = absl::Milliseconds(10);          // … and somebody has just asked for it
  absl::Duration knock_answer = absl::Milliseconds(100);  // what one question may take meanwhile
  absl::Duration hurried = absl::Seconds(2);              // how long that is just now
  absl::Duration check = absl::Seconds(1);                // between checks while all is well …
  absl::Duration idle_check = absl::Seconds(5);           // … and nothing has happened …
  absl::Duration attentive = absl::Seconds(5);            // … for so long
  absl::Duration reload = absl::Seconds(2);               // not following for so long: reload
  absl::Duration restart = absl::Seconds(6);              // and for so long: restart
  absl::Duration silent_restart = absl::Seconds(15);  // silent for so long after it had answered
  absl::Duration longest_restart = absl::Minutes(5);  // at most so long between two restarts
};

// All on the loop's thread.
class ResolverProber : public std::enable_shared_from_this<ResolverProber> {
 public:
  // `zone` is what is asked for while there are no records. `on_change` is called when something
  // that the accessors tell has changed.
  ResolverProber(boost::asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                 std::string zone, ProberTimes times, std::function<void()> on_change);

  void Start();
  // No call comes after.
  void Stop();

  // The disk holds this revision. `new_store`: revisions count anew.
  void Rendered(int64_t revision, bool new_store, const std::vector<ZoneChange>& changes);
  // What the resolver answers from its start-up files, once it has been started with them. An empty
  // value: nothing.
  void SetStaticRecord(ExpectedAnswer record);
  // Somebody looks at what is told here: it is made true as of now, and kept so for a while.
  void Attend();
  // Somebody waits for the resolver, which may have been started just now: as Attend, and while it
  // is silent it is asked more often for a while. `doubt`, where it is not 0: what was heard of it
  // before counts for nothing to them, and it is asked as if it were silent, until it answers.
  void Hurry(int64_t doubt = 0);

  const RecordTable& records() const { return records_; }
  int64_t published_revision() const { return book_.published_revision(); }
  bool answering() const { return answering_; }
  // The highest doubt since which it has answered.
  int64_t dispelled() const { return dispelled_; }
  // Every answer that is owed has been seen.
  bool caught_up() const { return rendered_ && book_.owed_count() == 0; }
  // "name has no answer 10.163.0.9 yet" for one of those owed; empty where none is known.
  const std::string& last_mismatch() const { return last_mismatch_; }
  bool static_record_right() const { return static_right_; }
  int64_t reload_request() const { return reload_request_; }
  int64_t restart_request() const { return restart_request_; }

 private:
  struct Round;
  using Answer = absl::StatusOr<DnsResponse>;

  static boost::asio::awaitable<void> Run(std::shared_ptr<ResolverProber> self);
  static boost::asio::awaitable<void> Work(std::shared_ptr<ResolverProber> self,
                                           std::shared_ptr<Round> round);
  boost::asio::awaitable<Answer> Ask(ExpectedAnswer expectation, absl::Duration answer_time);
  boost::asio::awaitable<void> Knock();
  static boost::asio::awaitable<void> KnockOnce(std::shared_ptr<ResolverProber> self);
  boost::asio::awaitable<void> Prove();
  boost::asio::awaitable<void> WaitForCheck();
  boost::asio::awaitable<void> CheckOne();
  boost::asio::awaitable<void> CheckStatic();
  // To a question that was asked when `doubt` was the latest.
  void Heard(int64_t doubt);
  void NotHeard();
  void OweEverything();
  void StayAttentive();
  void Escalate(Escalation::Step step, const char* why);
  void Changed();
  bool Knocks() const { return !answering_ || dispelled_ < doubt_; }

  boost::asio::io_context* const loop_;
  const std::shared_ptr<DnsClient> resolver_;
  const std::string zone_;
  const ProberTimes times_;
  std::function<void()> on_change_;
  AsyncEvent wake_;

  RecordTable records_;
  ConvergenceTracker book_;
  ExpectedAnswer static_record_;
  bool static_right_ = true;
  bool rendered_ = false;
  int64_t rendered_revision_ = 0;
  int64_t table_version_ = 0;

  bool answering_ = false;
  bool ever_answered_ = false;
  int64_t doubt_ = 0;
  int64_t dispelled_ = 0;
  absl::Time hurry_until_ = absl::InfinitePast();
  absl::Time attentive_until_ = absl::InfinitePast();
  absl::Time asked_ = absl::InfinitePast();
  int silences_ = 0;  // in a row, one begun after the other
  int64_t silences_told_ = 0;
  std::string cursor_;
  std::string last_mismatch_;
  Backoff retry_;
  Escalation not_following_;
  Escalation silent_;
  int64_t reload_request_ = 0;
  int64_t restart_request_ = 0;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_RESOLVER_PROBER_H_
