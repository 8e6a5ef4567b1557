// A server of the real service with a controller whose resolver does as it is told.
#ifndef MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_TEST_UTIL_H_
#define MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "common/testing/testing_loop.h"
#include "dnsd-controller/api/dnsd_service.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {

// Answers from a map; while held, nothing. On the loop's thread.
class FakeResolver : public DnsClient {
 public:
  explicit FakeResolver(boost::asio::io_context* loop) : released_(*loop) {
    released_.expires_at(boost::asio::steady_timer::time_point::max());
  }

  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration) override {
    if (held) {
      boost::system::error_code cancelled;
      co_await released_.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    if (silent) co_return MakeError(absl::StatusCode::kUnavailable, "silent", "RESOLVER_SILENT");
    DnsResponse response;
    response.question_name = name;
    response.question_type = type;
    const auto found = answers.find({type, name});
    if (found == answers.end()) {
      response.rcode = DnsRcode::kNameError;
    } else {
      response.answers.push_back({name, type, 60, found->second});
    }
    co_return response;
  }
  void Release() {
    held = false;
    released_.cancel();
  }
  std::string name() const override { return "fake:53"; }

  bool silent = false;
  bool held = false;
  std::map<std::pair<uint16_t, std::string>, std::string> answers;

 private:
  boost::asio::steady_timer released_;
};

class DnsdServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ResolverLayout layout(*Zone::Parse("mpd.test"), *Ipv4Prefix::Parse("10.163.0.0/24"),
                          {Ipv4Address(0x7f000001)});
    layout.resolv_file = folder_.path() + "/resolv.conf";
    ControllerOptions options(layout);
    options.state_folder = folder_.path() + "/state";
    options.conf_folder = folder_.path();
    resolver_ = std::make_shared<FakeResolver>(loop_.get());
    controller_ = loop_.Run([&] {
      auto controller = std::make_shared<ZoneController>(loop_.get(), options, resolver_, &board_);
      controller->Start();
      return controller;
    });
    service_ = std::make_unique<DnsdService>(loop_.get(), controller_.get(), resolver_.get(),
                                             &board_, &watches_, layout.zone);
    server_ = std::make_unique<TestServer>(socket_, service_.get());
    stub_ = v1::DnsdControllerService::NewStub(MakeLocalChannel(socket_));
  }

  void TearDown() override {
    loop_.Run([this] {
      resolver_->Release();
      controller_->Stop();
    });
    board_.Drain(DnsdErrors::ShuttingDown());
    watches_.Drain(DnsdErrors::ShuttingDown());
    server_.reset();
    loop_.Join();
  }

  // One lease with these names, and a resolver that serves it.
  void Publish(const std::vector<std::string>& hostnames, int64_t revision) {
    ipam::v1::WatchLeasesResponse message;
    ipam::v1::LeaseEvent* event = message.add_events();
    event->set_type(ipam::v1::LeaseEvent::TYPE_PUT);
    event->mutable_lease()->set_owner("runtime/php");
    event->mutable_lease()->set_address("10.163.0.100");
    for (const std::string& name : hostnames) event->mutable_lease()->add_hostnames(name);
    message.set_revision(revision);
    message.set_store_id("store-1");
    message.set_synced(true);
    loop_.Run([&] {
      resolver_->answers.clear();
      for (const std::string& name : hostnames) {
        resolver_->answers[{DnsType::kA, name + ".mpd.test"}] = "10.163.0.100";
      }
      resolver_->answers[{DnsType::kPtr, "100.0.163.10.in-addr.arpa"}] =
          hostnames.front() + ".mpd.test";
      controller_->OnConnection(absl::OkStatus());
      controller_->OnReset();
      controller_->OnLeases(message);
    });
  }

  static void SetDeadline(grpc::ClientContext* context, std::chrono::milliseconds patience) {
    context->set_deadline(std::chrono::system_clock::now() + patience);
  }
  absl::StatusOr<int64_t> Wait(int64_t revision, const std::string& store = "store-1",
                               std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    grpc::ClientContext context;
    SetDeadline(&context, patience);
    v1::WaitForRevisionRequest request;
    request.set_revision(revision);
    request.set_store_id(store);
    v1::WaitForRevisionResponse response;
    const grpc::Status status = stub_->WaitForRevision(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    EXPECT_EQ(response.store_id(), "store-1");
    return response.published_revision();
  }
  absl::StatusOr<v1::ListRecordsResponse> List(int page_size, const std::string& token = "") {
    grpc::ClientContext context;
    v1::ListRecordsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::ListRecordsResponse response;
    const grpc::Status status = stub_->ListRecords(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }
  absl::StatusOr<v1::LookupResponse> Lookup(const std::string& name, const std::string& type = "") {
    grpc::ClientContext context;
    v1::LookupRequest request;
    request.set_name(name);
    request.set_type(type);
    v1::LookupResponse response;
    const grpc::Status status = stub_->Lookup(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }

  TestFolder folder_;
  const std::string socket_ = folder_.path() + "/dnsd.sock";
  TestingLoop loop_;
  WatchHub watches_{absl::Milliseconds(100), absl::Milliseconds(500)};
  StatusBoard board_{[this] { watches_.Wake(); }};
  std::shared_ptr<FakeResolver> resolver_;
  std::shared_ptr<ZoneController> controller_;
  std::unique_ptr<DnsdService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::DnsdControllerService::Stub> stub_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_TEST_UTIL_H_
