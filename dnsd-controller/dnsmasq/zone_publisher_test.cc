#include "dnsd-controller/dnsmasq/zone_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <future>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/testing/testing_loop.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kPatience = std::chrono::seconds(60);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRecords = 1000;  // with a sanitizer 10,000 take too long
#else
constexpr int kRecords = 10'000;
#endif

RawLease LeaseNumber(int i, const std::string& name = "n") {
  return {absl::StrCat("runtime/n", i),
          absl::StrCat("10.163.", 1 + i / 200, ".", 1 + i % 200),
          {absl::StrCat(name, i, ".runtime")}};
}

// The inotify events of a folder, as dnsmasq gets them.
class FolderEvents {
 public:
  explicit FolderEvents(const std::string& folder) : fd_(inotify_init1(IN_NONBLOCK)) {
    inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE);
  }
  ~FolderEvents() { close(fd_); }

  std::vector<std::string> Take() {
    std::vector<std::string> events;
    alignas(inotify_event) char buffer[4096];
    for (ssize_t length; (length = read(fd_, buffer, sizeof(buffer))) > 0;) {
      inotify_event event;
      for (ssize_t at = 0; at < length; at += sizeof(event) + event.len) {
        std::memcpy(&event, buffer + at, sizeof(event));
        events.push_back(absl::StrCat(event.mask & IN_MOVED_TO ? "moved "
                                      : event.mask & IN_DELETE ? "deleted "
                                                               : "other ",
                                      buffer + at + sizeof(event)));
      }
    }
    return events;
  }

 private:
  const int fd_;
};

class ZonePublisherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/zone_publisher_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    publisher_ = std::make_shared<ZonePublisher>(
        loop_.get(), &model_, HostsPublisher(hosts(), root_ + "/staging"),
        ZonePublisher::Callbacks{
            [this](const ZonePublisher::Written& written) { OnWritten(written); }, [] {},
            [this] { return AwaitIngested(); }});
    loop_.Run([this] { publisher_->Start(); });
  }
  void TearDown() override {
    loop_.Run([this] { publisher_->Stop(); });
    loop_.Join();
    std::filesystem::remove_all(root_);
  }

  std::string hosts() const { return root_ + "/hosts.d"; }

  // Changes the model, and waits until the change is reported as written.
  void Change(int64_t revision, const std::vector<RawLease>& put,
              const std::vector<std::string>& removed = {}) {
    std::future<void> written;
    loop_.Run([&] {
      awaited_ = revision;
      written_ = std::promise<void>();
      written = written_.get_future();
      for (const RawLease& lease : put) model_.Put(lease);
      for (const std::string& owner : removed) model_.Remove(owner);
      publisher_->Advance(revision, "store");
    });
    ASSERT_EQ(written.wait_for(kPatience), std::future_status::ready);
  }

  void OnWritten(const ZonePublisher::Written& written) {
    reports_.push_back(written);
    if (written.revision == awaited_) written_.set_value();
  }
  boost::asio::awaitable<void> AwaitIngested() {
    ingested_.push_back(ListFolder(hosts())->size());
    co_return;
  }

  std::string root_;
  ZoneModel model_{*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/16")};
  TestingLoop loop_;
  std::shared_ptr<ZonePublisher> publisher_;
  int64_t awaited_ = 0;
  std::promise<void> written_;
  std::vector<ZonePublisher::Written> reports_;
  std::vector<size_t> ingested_;  // the number of files at each wait for the resolver
};

TEST_F(ZonePublisherTest, OneChangeAmongTenThousandTouchesOneFile) {
  std::vector<RawLease> leases;
  for (int i = 0; i < kRecords; ++i) leases.push_back(LeaseNumber(i));
  Change(1, leases);
  ASSERT_THAT(*ListFolder(hosts()), SizeIs(kRecords));
  FolderEvents in_hosts(hosts());

  Change(2, {LeaseNumber(700, "renamed")});
  EXPECT_THAT(in_hosts.Take(), ElementsAre("moved 10.163.4.101"));
  EXPECT_THAT(loop_.Run([this] { return reports_.back().changes; }), SizeIs(1));

  Change(3, {LeaseNumber(kRecords)});
  EXPECT_THAT(in_hosts.Take(), ElementsAre("moved " + LeaseNumber(kRecords).address));

  Change(4, {}, {"runtime/n31"});
  EXPECT_THAT(in_hosts.Take(), ElementsAre("deleted 10.163.1.32"));

  Change(5, {LeaseNumber(5)});
  EXPECT_THAT(in_hosts.Take(), ElementsAre()) << "nothing changed";
}

TEST_F(ZonePublisherTest, ItWaitsForTheResolverAfterEach32Files) {
  Change(1, {LeaseNumber(0)});
  constexpr int kMany = 10 * ZonePublisher::kFilesAtOnce + 1;
  std::vector<RawLease> leases;
  for (int i = 1; i <= kMany; ++i) leases.push_back(LeaseNumber(i));
  const int before = loop_.Run([this] { return ingested_.size(); });
  Change(2, leases);
  const auto ingested = loop_.Run([this] { return ingested_; });
  ASSERT_GE(ingested.size(), before + 10u);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(ingested[before + i], 1 + (i + 1) * ZonePublisher::kFilesAtOnce);
  }
  const auto reports = loop_.Run([this] { return reports_; });
  ASSERT_THAT(reports, SizeIs(2)) << "a revision is reported once all its files are written";
  EXPECT_THAT(reports[1].changes, SizeIs(kMany));
}

TEST_F(ZonePublisherTest, AnAddressThatChangesItsOwnerIsOneChangedFile) {
  RawLease first = LeaseNumber(0);
  Change(1, {first});
  FolderEvents in_hosts(hosts());
  RawLease second = LeaseNumber(1);
  second.address = first.address;
  Change(2, {second}, {first.owner});
  EXPECT_THAT(in_hosts.Take(), ElementsAre("moved " + first.address));
}

}  // namespace
}  // namespace mpd::dnsd
