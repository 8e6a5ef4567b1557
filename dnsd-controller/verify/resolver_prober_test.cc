// The prober with a fake resolver whose answers and silence the tests control.
#include "dnsd-controller/verify/resolver_prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/testing/testing_loop.h"

namespace mpd::dnsd {
namespace {

// Answers from a map, or not at all while `silent`. Used on the loop's thread only.
class FakeResolver : public DnsClient {
 public:
  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration) override {
    ++asked;
    if (silent) co_return MakeError(absl::StatusCode::kUnavailable, "silent", "RESOLVER_SILENT");
    DnsResponse response;
    response.question_name = name;
    response.question_type = type;
    const auto found = answers.find({type, name});
    if (found == answers.end() || !Due(found->second)) {
      response.rcode = DnsRcode::kNameError;
    } else {
      response.answers.push_back({name, type, 0, found->second});
    }
    co_return response;
  }
  std::string name() const override { return "fake:53"; }

  // Makes a slow resolver of it: the answers in `delayed` are given one after the other, each from
  // the sixth time on that it is asked for.
  bool Due(const std::string& answer) {
    if (delayed.empty() || answer < delayed.front()) return true;
    if (answer == delayed.front() && ++asked_for_next == 5) {
      delayed.pop_front();
      asked_for_next = 0;
    }
    return false;
  }

  bool silent = false;
  int64_t asked = 0;
  std::deque<std::string> delayed;  // sorted
  int asked_for_next = 0;
  std::map<std::pair<uint16_t, std::string>, std::string> answers;
};

class ResolverProberTest : public ::testing::Test {
 protected:
  ResolverProberTest() {
    times_.down_interval = times_.check = times_.idle_check = absl::Milliseconds(5);
    times_.reload = absl::Milliseconds(50);
    times_.restart = absl::Milliseconds(150);
    times_.down_restart = absl::Milliseconds(100);
  }
  void SetUp() override {
    loop_.Run([&] {
      prober_ = std::make_shared<ResolverProber>(
          loop_.get(), resolver_, "mpd.test", &records_, times_, [this] {
            const std::lock_guard<std::mutex> lock(mutex_);
            changed_.notify_all();
            snapshot_ = {prober_->answering(),          prober_->caught_up(),
                         prober_->published_revision(), prober_->reload_request(),
                         prober_->restart_request(),    prober_->static_record_right(),
                         prober_->last_mismatch(),      prober_->passed_barrier()};
          });
      prober_->Start();
    });
  }
  void TearDown() override {
    loop_.Run([this] { prober_->Stop(); });
    loop_.Join();
  }

  struct Snapshot {
    bool answering = false, caught_up = false;
    int64_t published = 0, reloads = 0, restarts = 0;
    bool static_right = true;
    std::string mismatch;
    int64_t passed_barrier = 0;
  };
  Snapshot Await(const std::function<bool(const Snapshot&)>& wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return wanted(snapshot_); }));
    return snapshot_;
  }
  static std::vector<ZoneChange> Added(const std::string& name, const std::string& address) {
    return {{std::nullopt, LeaseRecords{"runtime/x", *Ipv4Address::Parse(address), {name}}}};
  }
  // The two below are called on the loop's thread.
  void Write(int64_t revision, const std::vector<ZoneChange>& changes) {
    prober_->Expect(revision, /*new_store=*/false, records_.Apply(changes));
  }
  void Serve(const std::string& name, const std::string& address) {
    resolver_->answers[{DnsType::kA, name}] = address;
    resolver_->answers[{DnsType::kPtr, Ipv4Address::Parse(address)->ReverseName()}] = name;
  }

  ProberTimes times_;
  RecordTable records_;
  TestingLoop loop_;
  std::shared_ptr<FakeResolver> resolver_ = std::make_shared<FakeResolver>();
  std::shared_ptr<ResolverProber> prober_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Snapshot snapshot_;
};

TEST_F(ResolverProberTest, ARevisionIsPublishedOnceItIsAnswered) {
  loop_.Run([&] { Write(7, Added("a.mpd.test", "10.163.0.9")); });
  const Snapshot waiting = Await([](const auto& s) { return s.reloads > 0; });
  EXPECT_EQ(waiting.published, 0);
  EXPECT_THAT(waiting.mismatch, ::testing::HasSubstr("is not answered with"));
  loop_.Run([&] { Serve("a.mpd.test", "10.163.0.9"); });
  Await([](const auto& s) { return s.published == 7 && s.caught_up; });
}

class BarrierTest : public ResolverProberTest {
 protected:
  // No check becomes due by itself.
  BarrierTest() { times_.check = times_.idle_check = absl::Hours(1); }
};

TEST_F(BarrierTest, EachBarrierIsPassedByAQuestionAskedAtOnce) {
  loop_.Run([&] {
    Serve("a.mpd.test", "10.163.0.9");
    Write(7, Added("a.mpd.test", "10.163.0.9"));
  });
  Await([](const auto& s) { return s.published == 7 && s.caught_up; });
  for (int64_t barrier : {3, 4}) {
    loop_.Run([&] { prober_->Expedite(barrier); });
    const Snapshot after = Await([barrier](const auto& s) { return s.passed_barrier == barrier; });
    EXPECT_TRUE(after.answering);
    EXPECT_EQ(after.published, 7);
  }
}

TEST_F(BarrierTest, ABarrierFindsAResolverThatWentDownAndAllIsCheckedWhenItAnswers) {
  loop_.Run([&] {
    Serve("a.mpd.test", "10.163.0.9");
    Write(7, Added("a.mpd.test", "10.163.0.9"));
  });
  Await([](const auto& s) { return s.published == 7 && s.caught_up; });
  loop_.Run([&] {
    resolver_->silent = true;
    prober_->Expedite(3);
  });
  EXPECT_EQ(Await([](const auto& s) { return !s.answering; }).passed_barrier, 0);
  loop_.Run([&] {
    resolver_->silent = false;
    resolver_->answers.clear();
  });
  EXPECT_FALSE(Await([](const auto& s) { return s.passed_barrier == 3; }).caught_up);
  loop_.Run([&] { Serve("a.mpd.test", "10.163.0.9"); });
  Await([](const auto& s) { return s.caught_up; });
}

TEST_F(ResolverProberTest, BothTheNameAndThePtrRecordMustBeRight) {
  loop_.Run([&] {
    resolver_->answers[{DnsType::kA, "a.mpd.test"}] = "10.163.0.9";
    Write(7, Added("a.mpd.test", "10.163.0.9"));
  });
  EXPECT_EQ(Await([](const auto& s) { return s.reloads > 0; }).published, 0);
  loop_.Run([&] { Serve("a.mpd.test", "10.163.0.9"); });
  Await([](const auto& s) { return s.published == 7; });
}

TEST_F(ResolverProberTest, WrongAnswersLeadToAReloadAndThenToRestarts) {
  loop_.Run([&] { Write(7, Added("a.mpd.test", "10.163.0.9")); });
  const Snapshot first = Await([](const auto& s) { return s.reloads == 1; });
  EXPECT_EQ(first.restarts, 0);
  const Snapshot second = Await([](const auto& s) { return s.restarts == 2; });
  EXPECT_EQ(second.reloads, 1);
}

class SlowTest : public ResolverProberTest {
 protected:
  SlowTest() {
    times_.first_retry = times_.last_retry = absl::Milliseconds(10);
    times_.reload = absl::Seconds(1);
    times_.restart = absl::Seconds(3);
  }
};

// It takes 40 ms for each of 40 answers, longer than `reload` in all.
TEST_F(SlowTest, AResolverThatFollowsSlowlyIsNotReloaded) {
  const absl::Time begin = absl::Now();
  loop_.Run([&] {
    std::vector<ZoneChange> changes;
    for (int i = 100; i < 140; ++i) {
      const std::string name = absl::StrCat("n", i, ".mpd.test");
      const std::string address = absl::StrCat("10.163.", i / 100, ".", 100 + i % 100);
      resolver_->answers[{DnsType::kA, name}] = address;
      resolver_->delayed.push_back(address);
      resolver_->answers[{DnsType::kPtr, Ipv4Address::Parse(address)->ReverseName()}] = name;
      changes.push_back(Added(name, address)[0]);
    }
    Write(7, changes);
  });
  const Snapshot last = Await([](const auto& s) { return s.published == 7; });
  EXPECT_GT(absl::Now() - begin, times_.reload) << "too fast to test anything";
  EXPECT_EQ(last.reloads, 0);
}

TEST_F(ResolverProberTest, ALostRecordIsNoticedAndVerifiedAgain) {
  loop_.Run([&] {
    Serve("a.mpd.test", "10.163.0.9");
    Write(7, Added("a.mpd.test", "10.163.0.9"));
  });
  Await([](const auto& s) { return s.published == 7 && s.caught_up; });
  loop_.Run([&] { resolver_->answers.clear(); });
  EXPECT_EQ(Await([](const auto& s) { return !s.caught_up; }).published, 7);
  loop_.Run([&] { Serve("a.mpd.test", "10.163.0.9"); });
  Await([](const auto& s) { return s.caught_up && s.mismatch.empty(); });
}

TEST_F(ResolverProberTest, WhileDownNotEvenARevisionWithoutRecordsIsPublished) {
  loop_.Run([&] { Write(1, {}); });
  Await([](const auto& s) { return s.published == 1; });
  loop_.Run([&] { resolver_->silent = true; });
  Await([](const auto& s) { return !s.answering; });
  loop_.Run([&] { Write(2, {}); });
  EXPECT_EQ(Await([](const auto& s) { return s.restarts > 0; }).published, 1);
  loop_.Run([&] { resolver_->silent = false; });
  Await([](const auto& s) { return s.answering && s.published == 2; });
}

// The idle check never becomes due within a test, so the resolver is only asked because of a call.
class IdleTest : public ResolverProberTest {
 protected:
  IdleTest() {
    times_.active = absl::Milliseconds(50);
    times_.idle_check = absl::Hours(1);
  }
  void AwaitIdle() {
    loop_.Run([&] {
      Serve("a.mpd.test", "10.163.0.9");
      Write(7, Added("a.mpd.test", "10.163.0.9"));
    });
    Await([](const auto& s) { return s.published == 7 && s.caught_up; });
    // From then on it is idle, and the last check is older than `check`.
    const absl::Time idle = absl::Now() + times_.active + times_.check;
    while (absl::Now() < idle) std::this_thread::yield();
  }
  int64_t Asked() {
    return loop_.Run([&] { return resolver_->asked; });
  }
};

TEST_F(IdleTest, AnIdleResolverIsNotAskedUntilKeepActive) {
  AwaitIdle();
  const int64_t asked = Asked();
  loop_.Run([&] { resolver_->silent = true; });
  EXPECT_EQ(Asked(), asked);
  loop_.Run([&] { prober_->KeepActive(); });
  Await([](const auto& s) { return !s.answering; });
}

TEST_F(IdleTest, ExpediteFindsAnIdleResolverThatWentDown) {
  AwaitIdle();
  loop_.Run([&] {
    resolver_->silent = true;
    prober_->Expedite();
  });
  Await([](const auto& s) { return !s.answering; });
}

TEST_F(IdleTest, ANewStaticRecordIsCheckedAtOnceAndAnUnchangedOneIsNot) {
  AwaitIdle();
  const ExpectedAnswer record{"vm.service.mpd.test", DnsType::kA, "192.168.64.7"};
  loop_.Run([&] { prober_->SetStaticRecord(record); });
  Await([](const auto& s) { return !s.static_right; });
  const int64_t asked = Asked();
  loop_.Run([&] { prober_->SetStaticRecord(record); });
  EXPECT_EQ(Asked(), asked);
}

class NeverStartedTest : public ResolverProberTest {
 protected:
  NeverStartedTest() { resolver_->silent = true; }
};

TEST_F(NeverStartedTest, NoRestartIsRequestedOfAResolverThatNeverAnswered) {
  // 100 questions, one each 5 ms, take five times as long as down_restart.
  while (loop_.Run([&] { return resolver_->asked; }) < 100) std::this_thread::yield();
  EXPECT_EQ(loop_.Run([&] { return prober_->restart_request(); }), 0);
}

TEST_F(ResolverProberTest, TheStaticRecordIsCheckedButHoldsBackNoRevision) {
  loop_.Run([&] {
    prober_->SetStaticRecord({"vm.service.mpd.test", DnsType::kA, "192.168.64.7"});
    Write(1, {});
  });
  EXPECT_EQ(Await([](const auto& s) { return !s.static_right; }).published, 1);
  loop_.Run([&] { resolver_->answers[{DnsType::kA, "vm.service.mpd.test"}] = "192.168.64.7"; });
  Await([](const auto& s) { return s.static_right; });
}

}  // namespace
}  // namespace mpd::dnsd
