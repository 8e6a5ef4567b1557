#include "dnsd-controller/verify/forwarding_prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>

#include "common/base/status.h"
#include "common/testing/testing_loop.h"

namespace mpd::dnsd {
namespace {

// Answers every question with the same rcode, or not at all. Used on the loop's thread only.
class FakeResolver : public DnsClient {
 public:
  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration) override {
    ++asked;
    EXPECT_EQ(name, ".");
    EXPECT_EQ(type, DnsType::kNs);
    if (silences > 0) {
      --silences;
      co_return MakeError(absl::StatusCode::kUnavailable, "silent", "RESOLVER_SILENT");
    }
    DnsResponse response;
    response.rcode = rcode;
    co_return response;
  }
  std::string name() const override { return "fake:53"; }

  int asked = 0;
  int silences = 0;
  uint8_t rcode = DnsRcode::kNoError;
};

class ForwardingProberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ForwardingTimes times;
    times.check = absl::Hours(1);
    times.retry = absl::Milliseconds(2);
    loop_.Run([&] {
      prober_ = std::make_shared<ForwardingProber>(loop_.get(), resolver_, times, [this] {
        const std::lock_guard<std::mutex> lock(mutex_);
        seen_ = prober_->result().ToProto();
        ++changes_;
        changed_.notify_all();
      });
      prober_->Start();
    });
  }
  void TearDown() override {
    loop_.Run([this] { prober_->Stop(); });
    loop_.Join();
  }
  v1::Probe Await(const std::function<bool(const v1::Probe&)>& wanted) {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return changes_ > 0 && wanted(seen_);
    })) << seen_.DebugString();
    return seen_;
  }
  v1::Probe AwaitAnswered() {
    return Await([](const v1::Probe& probe) { return probe.answered(); });
  }
  v1::Probe AwaitError(const std::string& part) {
    return Await(
        [&](const v1::Probe& probe) { return probe.error().find(part) != std::string::npos; });
  }
  void Answers(bool answers) {
    loop_.Run([=, this] { prober_->SetResolverAnswers(answers); });
  }
  bool Known() {
    return loop_.Run([this] { return prober_->result().known(); });
  }

  TestingLoop loop_;
  std::shared_ptr<FakeResolver> resolver_ = std::make_shared<FakeResolver>();
  std::shared_ptr<ForwardingProber> prober_;
  std::mutex mutex_;
  std::condition_variable changed_;
  v1::Probe seen_;
  int changes_ = 0;
};

TEST_F(ForwardingProberTest, AsksOnlyAResolverThatAnswers) {
  EXPECT_FALSE(Known());
  EXPECT_EQ(loop_.Run([this] { return resolver_->asked; }), 0);
  Answers(true);
  EXPECT_TRUE(AwaitAnswered().error().empty());
}

TEST_F(ForwardingProberTest, NothingIsKnownWhileTheResolverIsDown) {
  Answers(true);
  AwaitAnswered();
  Answers(false);
  EXPECT_FALSE(Known());
}

TEST_F(ForwardingProberTest, OneLostDatagramIsNotReported) {
  loop_.Run([this] { resolver_->silences = 1; });
  Answers(true);
  AwaitAnswered();
  EXPECT_EQ(changes_, 1);
}

TEST_F(ForwardingProberTest, SilenceIsReportedOnceAndRetriedUntilItEnds) {
  loop_.Run([this] { resolver_->silences = 6; });
  Answers(true);
  const v1::Probe failing = AwaitError("no server answers");
  EXPECT_FALSE(failing.answered());
  const v1::Probe working = AwaitAnswered();
  EXPECT_THAT(working.error(), ::testing::IsEmpty());
  EXPECT_EQ(changes_, 2) << "the same silence was reported more than once";
  EXPECT_GE(absl::Seconds(working.since().seconds()) + absl::Nanoseconds(working.since().nanos()),
            absl::Seconds(failing.since().seconds()) + absl::Nanoseconds(failing.since().nanos()));
}

TEST_F(ForwardingProberTest, TheRcodeDecidesWhetherItIsAnswered) {
  loop_.Run([this] { resolver_->rcode = DnsRcode::kRefused; });
  Answers(true);
  const v1::Probe refused = AwaitError("REFUSED");
  loop_.Run([this] { resolver_->rcode = DnsRcode::kServerFailure; });
  const v1::Probe failed = AwaitError("SERVFAIL");
  EXPECT_EQ(failed.since().seconds(), refused.since().seconds())
      << "it has been failing since REFUSED";
  EXPECT_EQ(failed.since().nanos(), refused.since().nanos());
  loop_.Run([this] { resolver_->rcode = DnsRcode::kNameError; });
  AwaitAnswered();
}

TEST_F(ForwardingProberTest, NewServersAreAskedAtOnce) {
  Answers(true);
  AwaitAnswered();
  // Without AskNow the next question would come in an hour.
  loop_.Run([this] {
    resolver_->rcode = DnsRcode::kServerFailure;
    prober_->AskNow();
  });
  AwaitError("SERVFAIL");
}

}  // namespace
}  // namespace mpd::dnsd
