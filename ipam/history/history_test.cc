// Each test falsifies a correct history in one way, which the check must find.
#include "ipam/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"

namespace mpd::ipam {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

SeenLease LeaseOf(const std::string& owner, const std::string& address,
                  std::vector<std::string> hostnames, int64_t revision) {
  return {owner, address, std::move(hostnames), revision, absl::StrCat("etag-", revision)};
}

SeenCall CallOf(SeenCall::Type type, const std::string& request_id, const SeenLease& lease) {
  SeenCall call;
  call.type = type;
  call.result = SeenCall::Result::kOk;
  call.owner = lease.owner;
  call.request_id = request_id;
  call.hostnames = lease.hostnames;
  call.lease = lease;
  return call;
}

// The correct history: a gets .30, b gets .31, a gets another hostname, b is released and then gets
// a lease again.
class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    const SeenLease a1 = LeaseOf("db/a", ".30", {"a"}, 1);
    const SeenLease b2 = LeaseOf("db/b", ".31", {"b"}, 2);
    const SeenLease a3 = LeaseOf("db/a", ".30", {"a", "x"}, 3);
    const SeenLease b4 = LeaseOf("db/b", ".31", {"b"}, 4);
    const SeenLease b6 = LeaseOf("db/b", ".32", {"b"}, 6);
    history_.log = {{true, a1}, {true, b2}, {true, a3}, {false, b4}, {true, b6}};
    using Type = SeenCall::Type;
    SeenCall release = CallOf(Type::kRelease, "r4", b4);
    release.lease = {};
    release.revision = 4;
    SeenCall repeated = CallOf(Type::kAllocate, "r2", b2);
    repeated.repeat = true;
    history_.calls = {CallOf(Type::kAllocate, "r1", a1),
                      CallOf(Type::kAllocate, "r2", b2),
                      CallOf(Type::kUpdate, "r3", a3),
                      release,
                      repeated,
                      CallOf(Type::kAllocate, "r6", b6),
                      CallOf(Type::kRead, "", b6)};
    history_.listings = {{"store", 2, {a1, b2}}, {"store", 5, {a3}}, {"store", 6, {a3, b6}}};
    const auto& log = history_.log;
    history_.watchers = {
        // A watcher from the first change that connected twice.
        {{1, {{"store", 1, false, {log[0]}}, {"store", 3, false, {log[1], log[2]}}}},
         {4, {{"store", 3, false, {}}, {"store", 6, false, {log[3], log[4]}}}}},
        // A watcher from the current state whose first stream broke off within that state.
        {{0, {{"store", 2, false, {log[0]}}}},
         {0,
          {{"store", 3, false, {log[1], log[2]}},
           {"store", 3, true, {}},
           {"store", 6, false, {log[3], log[4]}}}}},
    };
  }

  void ExpectViolation(const std::string& text) {
    EXPECT_THAT(FindViolations(history_), Contains(HasSubstr(text)));
  }

  // Makes the same change in the log and in what the watchers saw.
  void EditEvent(int64_t revision, const std::function<void(SeenChange&)>& edit) {
    for (SeenChange& change : history_.log) {
      if (change.lease.revision == revision) edit(change);
    }
    for (auto& streams : history_.watchers) {
      for (SeenStream& stream : streams) {
        for (SeenMessage& message : stream.messages) {
          for (SeenChange& change : message.changes) {
            if (change.lease.revision == revision) edit(change);
          }
        }
      }
    }
  }

  History history_;
};

TEST_F(HistoryTest, AGoodOneHasNoViolation) { EXPECT_THAT(FindViolations(history_), IsEmpty()); }

TEST_F(HistoryTest, TwoOwnersOfAnAddress) {
  EditEvent(6, [](SeenChange& change) { change.lease.address = ".30"; });
  ExpectViolation("at revision 6 .30 has two owners: db/a and db/b");
}

TEST_F(HistoryTest, TwoOwnersOfAHostname) {
  EditEvent(6, [](SeenChange& change) { change.lease.hostnames = {"x"}; });
  ExpectViolation("at revision 6 x has two owners");
}

TEST_F(HistoryTest, AnOwnerWhoseAddressChanges) {
  EditEvent(3, [](SeenChange& change) { change.lease.address = ".39"; });
  ExpectViolation("the owner held .30");
}

TEST_F(HistoryTest, AnAcknowledgedAllocationThatIsLost) {
  history_.log.erase(history_.log.begin());
  ExpectViolation("was answered db/a at .30 [a] @1, which the log does not have");
}

TEST_F(HistoryTest, AnAcknowledgedUpdateThatIsLost) {
  EditEvent(3, [](SeenChange& change) { change.lease.hostnames = {"a"}; });
  ExpectViolation("update db/a (r3) was answered");
}

TEST_F(HistoryTest, AnAcknowledgedReleaseThatIsLost) {
  history_.log.erase(history_.log.begin() + 3, history_.log.end());
  ExpectViolation("was acknowledged, but there is a lease at revision 4");
}

TEST_F(HistoryTest, AnotherAnswerToTheSameRequest) {
  history_.calls[4].lease = history_.calls[5].lease;
  ExpectViolation("was first answered db/b at .31 [b] @2 @0, then db/b at .32 [b] @6 @0");
}

TEST_F(HistoryTest, ARequestThatHappensTwice) {
  history_.log.push_back({true, LeaseOf("db/a", ".30", {"a", "x"}, 7)});
  ExpectViolation("put db/a at .30 [a x] @7: a change that no answered call made");
}

TEST_F(HistoryTest, ACallWithoutAnswer) {
  history_.calls[2].result = SeenCall::Result::kUnanswered;
  ExpectViolation("was never answered");
}

TEST_F(HistoryTest, AReadOfAnOldState) {
  history_.calls[6].lease = history_.calls[1].lease;
  ExpectViolation("saw db/b at .31 [b] @2 where db/b at .32 [b] @6 was acknowledged");
}

TEST_F(HistoryTest, ALogThatGoesBack) {
  std::swap(history_.log[2], history_.log[3]);
  ExpectViolation("the log goes back from 4 to 3");
}

TEST_F(HistoryTest, ListingsThatGoBack) {
  std::swap(history_.listings[0], history_.listings[1]);
  ExpectViolation("a listing at revision 2 came after one at 5");
}

TEST_F(HistoryTest, AListingOfAnotherState) {
  history_.listings[1].leases.clear();
  ExpectViolation("a listing at revision 5 is not the state of that revision");
}

TEST_F(HistoryTest, AFirstStateOfAnotherRevision) {
  history_.watchers[1][1].messages[0].changes.pop_back();
  ExpectViolation("a watcher's first state at revision 3 is not the state of that revision");
}

TEST_F(HistoryTest, AWatcherThatMissesAChange) {
  history_.watchers[0][1].messages[1].changes.erase(
      history_.watchers[0][1].messages[1].changes.begin());
  ExpectViolation("watcher 0 missed delete db/b at .31 [b] @4");
}

TEST_F(HistoryTest, AWatcherThatMissesTheEnd) {
  history_.watchers[1][1].messages.pop_back();
  ExpectViolation("watcher 1 has never seen delete db/b");
}

TEST_F(HistoryTest, AWatcherThatIsToldItHasAllAndHasNot) {
  history_.watchers[0][1].messages[0].revision = 5;
  ExpectViolation("watcher 0 missed delete db/b at .31 [b] @4");
}

TEST_F(HistoryTest, AWatcherThatSeesAChangeTwice) {
  history_.watchers[0][1].messages[0].changes = {history_.log[2]};
  ExpectViolation("watcher 0 saw again, or too late: put db/a at .30 [a x] @3");
}

TEST_F(HistoryTest, AWatcherWhoseRevisionGoesBack) {
  history_.watchers[0][0].messages.push_back({"store", 2, false, {}});
  ExpectViolation("watcher 0 was sent from 3 back to 2");
}

TEST_F(HistoryTest, AWatcherThatSeesWhatNeverWas) {
  history_.watchers[0][1].messages[1].changes[1].lease.address = ".77";
  ExpectViolation("watcher 0 saw what the log does not have: put db/b at .77");
}

TEST_F(HistoryTest, AnotherStoreId) {
  history_.watchers[0][1].messages[0].store_id = "another";
  ExpectViolation("the store_id was not always the same: another, store");
}

}  // namespace
}  // namespace mpd::ipam
