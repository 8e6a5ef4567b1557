#include "dnsd-controller/control/zone_controller_test_util.h"

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <filesystem>

#include "common/base/files.h"
#include "common/base/status.h"
#include "dnsd-controller/api/lookup.h"

namespace mpd::dnsd {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);
const Ipv4Address kLocal(0x7f000001);

void AddEvent(const LeaseText& lease, ipam::v1::LeaseEvent::Type type,
              ipam::v1::WatchLeasesResponse* message) {
  ipam::v1::LeaseEvent* event = message->add_events();
  event->set_type(type);
  event->mutable_lease()->set_owner(lease.owner);
  event->mutable_lease()->set_address(lease.address);
  for (const auto& name : lease.hostnames) event->mutable_lease()->add_hostnames(name);
}

}  // namespace

void ZoneControllerTest::SetUp() {
  ASSERT_TRUE(TestingDnsmasq::Installed()) << "needs the package dnsmasq-base";
  char folder[] = "/tmp/zone_controller_test.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  root_ = folder;
  // Where the test runs as root, dnsmasq changes to a user of its own and must be able to read
  // this.
  chmod(folder, 0755);
  for (const char* name : {"/state", "/conf", "/resolve"}) {
    ASSERT_TRUE(MakeFolder(root_ + name, 0755).ok());
  }
  Write("/resolve/resolv.conf", "nameserver 127.0.0.53\nnameserver 192.0.2.1\n");
  Write("/conf/platform.env", "MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.7\n");
  dnsmasq_ = std::make_unique<TestingDnsmasq>(root_ + "/state/dnsmasq/dnsmasq.conf");
  port_ = TestingDnsmasq::FreePort();
  resolver_ = std::make_shared<UdpDnsClient>(kLocal, port_);
  StartController();
}

void ZoneControllerTest::TearDown() {
  if (controller_) StopController();
  loop_.Join();
  dnsmasq_.reset();
  if (!root_.empty()) std::filesystem::remove_all(root_);
}

void ZoneControllerTest::StartController() {
  ResolverLayout layout(*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/16"), {kLocal});
  layout.port = port_;
  layout.config_folder = root_ + "/state/dnsmasq";
  layout.resolv_file = root_ + "/resolve/resolv.conf";
  ControllerOptions options(layout);
  options.state_folder = root_ + "/state";
  options.conf_folder = root_ + "/conf";
  options.times.check = absl::Milliseconds(50);
  options.times.down_interval = absl::Milliseconds(20);
  // 192.0.2.1 never answers. No test here is about forwarding, so that is never found out.
  options.forwarding_times.answer = absl::Hours(1);
  board_ = std::make_unique<StatusBoard>([this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_all();
  });
  controller_ = loop_.Run([&] {
    auto controller =
        std::make_shared<ZoneController>(loop_.get(), options, resolver_, board_.get());
    controller->Start();
    return controller;
  });
}

void ZoneControllerTest::StopController() {
  loop_.Run([this] { controller_->Stop(); });
  controller_.reset();
}

void ZoneControllerTest::Write(const std::string& name, const std::string& text) {
  ASSERT_TRUE(WriteFileAtomically(root_ + name, text, 0644).ok());
}

void ZoneControllerTest::Send(ipam::v1::WatchLeasesResponse message, int64_t revision,
                              const std::string& store) {
  message.set_revision(revision);
  message.set_store_id(store);
  loop_.Run([&] { controller_->OnLeases(message); });
}

void ZoneControllerTest::Put(const LeaseText& lease, int64_t revision) {
  ipam::v1::WatchLeasesResponse message;
  AddEvent(lease, ipam::v1::LeaseEvent::TYPE_PUT, &message);
  Send(message, revision, "store-1");
}

void ZoneControllerTest::Delete(const std::string& owner, int64_t revision) {
  ipam::v1::WatchLeasesResponse message;
  AddEvent({owner, "", {}}, ipam::v1::LeaseEvent::TYPE_DELETE, &message);
  Send(message, revision, "store-1");
}

void ZoneControllerTest::Sync(const std::vector<LeaseText>& leases, int64_t revision,
                              const std::string& store) {
  loop_.Run([this] {
    controller_->OnConnection(absl::OkStatus());
    controller_->OnReset();
  });
  ipam::v1::WatchLeasesResponse message;
  for (const LeaseText& lease : leases) AddEvent(lease, ipam::v1::LeaseEvent::TYPE_PUT, &message);
  message.set_synced(true);
  Send(message, revision, store);
}

v1::Status ZoneControllerTest::AwaitStatus(const std::function<bool(const v1::Status&)>& wanted) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool came = changed_.wait_for(lock, kPatience, [&] { return wanted(board_->Get()); });
  EXPECT_TRUE(came) << "the status stayed at\n" << board_->Get().DebugString();
  return board_->Get();
}

v1::Status ZoneControllerTest::AwaitPublished(int64_t revision) {
  return AwaitStatus([=](const v1::Status& s) { return s.published_revision() >= revision; });
}

v1::Status ZoneControllerTest::AwaitState(v1::ResolverState state) {
  return AwaitStatus([=](const v1::Status& s) { return s.resolver_state() == state; });
}

std::string ZoneControllerTest::Ask(const std::string& name, const std::string& type) {
  v1::LookupRequest request;
  request.set_name(name);
  request.set_type(type);
  const auto question = ParseLookup(request, *Zone::Parse("mpd.test"));
  if (!question.ok()) return std::string(question.status().message());
  const auto response = boost::asio::co_spawn(*loop_.get(), LookUp(resolver_.get(), *question),
                                              boost::asio::use_future)
                            .get();
  if (!response.ok()) return ErrorReason(response.status());
  std::string text = response->rcode();
  for (const v1::Answer& answer : response->answers()) text += " " + answer.value();
  return text;
}

}  // namespace mpd::dnsd
