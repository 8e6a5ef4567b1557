#include "gateway/api/gateway_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <initializer_list>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/stalling_channel.h"
#include "common/watch/watch_reactor.h"
#include "gateway/identity/identity.h"
#include "gateway/status/status_board.h"
#include "gateway/status/status_collector.h"
#include "gateway/testing/testing_components.h"
#include "mpd/gateway/v1/gateway.grpc.pb.h"

namespace mpd::gateway {
namespace {

namespace v1 = mpd::gateway::v1;
namespace c = mpd::containers::v1;

v1::Component OwnEntry() {
  v1::Component own;
  own.set_name("gateway");
  own.set_healthy(true);
  return own;
}

const v1::Component& Find(const v1::Status& status, const std::string& name) {
  for (const v1::Component& component : status.components()) {
    if (component.name() == name) return component;
  }
  ADD_FAILURE() << "no component " << name;
  return v1::Component::default_instance();
}

bool IsHealthy(const v1::Status& status, const std::string& name) {
  return Find(status, name).healthy();
}

class GatewayServiceTest : public testing::Test {
 protected:
  GatewayServiceTest() : guard_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~GatewayServiceTest() override {
    watches_.Drain(absl::UnavailableError("the test ends"));
    server_.Stop();
    loop_.stop();
    thread_.join();
  }

  void StartAll() {
    fakes_.Start(Backend::kIpam);
    fakes_.Start(Backend::kDnsdController);
    fakes_.Start(Backend::kContainerManager);
    fakes_.Start(Backend::kCa);
  }

  // As soon as the channels have found who is there: whoever starts after the first attempt is
  // found by the next one.
  v1::Status GetStatusWith(std::initializer_list<std::string> healthy) {
    v1::Status status;
    for (int attempt = 0; attempt < 1000; ++attempt) {
      status = GetStatus();
      if (std::all_of(healthy.begin(), healthy.end(),
                      [&](const std::string& name) { return IsHealthy(status, name); })) {
        break;
      }
    }
    return status;
  }

  v1::Status GetStatus() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::Status status;
    EXPECT_TRUE(stub_->GetStatus(&context, {}, &status).ok());
    return status;
  }

  FakeComponents fakes_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
  const Identity identity_{{.platform_env = fakes_.folder() + "/platform.env",
                            .tunnel_public_key = fakes_.folder() + "/mpd0.pub"}};
  StatusCollector collector_{fakes_.channels(), "mpd.test", OwnEntry()};
  WatchHub watches_{absl::Milliseconds(100), absl::Seconds(1)};
  StatusBoard board_{&loop_, fakes_.channels(), &collector_, &watches_};
  const std::unique_ptr<grpc::Service> service_ =
      MakeGatewayService(&identity_, fakes_.channels(), &collector_, &board_, &watches_);
  TestServer server_{fakes_.folder() + "/gateway.sock", service_.get()};
  const std::unique_ptr<v1::GatewayService::Stub> stub_ =
      v1::GatewayService::NewStub(grpc::CreateChannel("unix:" + fakes_.folder() + "/gateway.sock",
                                                      grpc::InsecureChannelCredentials()));
};

TEST_F(GatewayServiceTest, JoinsWhatTheComponentsSay) {
  StartAll();
  fakes_.manager().Put("php", {c::STATE_RUNNING, ""});
  const v1::Status status = GetStatusWith({"ipam", "dnsd-controller", "container-manager", "ca"});
  ASSERT_EQ(status.components_size(), 5);
  for (const v1::Component& component : status.components()) {
    EXPECT_TRUE(component.healthy()) << component.name() << ": " << component.error();
  }
  EXPECT_EQ(Find(status, "ipam").version(), "9.8.7");
  EXPECT_EQ(status.zone(), "mpd.test");
  EXPECT_EQ(status.dns().record_count(), 7);
  ASSERT_EQ(status.pools_size(), 1);
  EXPECT_EQ(status.pools(0).capacity(), 155);
  // By name, whoever answered first.
  ASSERT_EQ(status.workloads_size(), 2);
  EXPECT_EQ(status.workloads(0).workload(), "runtime/php");
  EXPECT_EQ(status.workloads(1).workload(), "service/dnsmasq");
}

TEST_F(GatewayServiceTest, AComponentThatIsNotThereIsNamedAndTheOthersAreShown) {
  fakes_.Start(Backend::kIpam);
  fakes_.Start(Backend::kContainerManager);
  const v1::Status status = GetStatusWith({"ipam", "container-manager"});
  EXPECT_FALSE(Find(status, "dnsd-controller").healthy());
  EXPECT_EQ(Find(status, "dnsd-controller").error(),
            "not running; look at: systemctl status mpd-dnsd-controller");
  EXPECT_FALSE(status.has_dns());
  EXPECT_TRUE(Find(status, "ipam").healthy());
  EXPECT_EQ(status.pools_size(), 1);
}

TEST_F(GatewayServiceTest, AComponentThatHangsDelaysTheStatusByASecondOnly) {
  fakes_.Start(Backend::kIpam);
  fakes_.Start(Backend::kContainerManager);
  fakes_.Hang(Backend::kDnsdController);
  const v1::Status status = GetStatusWith({"ipam", "container-manager"});
  EXPECT_FALSE(Find(status, "dnsd-controller").healthy());
  EXPECT_NE(Find(status, "dnsd-controller").error().find("mpd-dnsd-controller"), std::string::npos);
  EXPECT_EQ(status.workloads_size(), 1);
}

TEST_F(GatewayServiceTest, AWatcherIsToldOfEachChangeAndOfAComponentThatGoesAndComes) {
  StartAll();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub_->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  const auto read_until = [&](auto wanted) {
    while (reader->Read(&message)) {
      if (wanted(message.status())) return true;
    }
    return false;
  };
  ASSERT_TRUE(read_until([](const v1::Status& status) { return status.workloads_size() == 1; }));
  fakes_.manager().Put("php", {c::STATE_STARTING, "booting"});
  ASSERT_TRUE(read_until([](const v1::Status& status) { return status.workloads_size() == 2; }));
  EXPECT_EQ(message.status().workloads(0).runtime().status().status_message(), "booting");
  fakes_.Stop(Backend::kDnsdController);
  ASSERT_TRUE(read_until(
      [](const v1::Status& status) { return !Find(status, "dnsd-controller").healthy(); }));
  fakes_.Start(Backend::kDnsdController);
  ASSERT_TRUE(read_until(
      [](const v1::Status& status) { return Find(status, "dnsd-controller").healthy(); }));
  context.TryCancel();
}

TEST_F(GatewayServiceTest, AWatchWithoutChangesSendsTheStatusAgain) {
  StartAll();
  GetStatusWith({"ipam", "dnsd-controller", "container-manager", "ca"});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub_->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  while (message.status().workloads_size() != 1) ASSERT_TRUE(reader->Read(&message));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(reader->Read(&message)) << "progress comes without a change";
    EXPECT_EQ(message.status().components_size(), 5) << "whole, each time";
    EXPECT_EQ(message.status().zone(), "mpd.test");
  }
  context.TryCancel();
}

TEST_F(GatewayServiceTest, AWatcherThatDoesNotReadIsEnded) {
  StartAll();
  const std::string large(100'000, 'x');
  fakes_.manager().Put("php", {c::STATE_STARTING, large});
  const auto stub =
      v1::GatewayService::NewStub(ConnectWithSmallWindow(fakes_.folder() + "/gateway.sock"));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(reader->Read(&message));
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (int change = 0; watches_.stream_count() > 0; ++change) {
    ASSERT_LT(absl::Now(), deadline) << "the stalled stream is still there";
    fakes_.manager().Put("php", {c::STATE_STARTING, absl::StrCat(change, large)});
    absl::SleepFor(absl::Milliseconds(10));
  }
  while (reader->Read(&message)) continue;
  const grpc::Status ended = reader->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << FromGrpcStatus(ended);
  EXPECT_NE(ended.error_message().find("SLOW_READER"), std::string::npos);
}

TEST_F(GatewayServiceTest, AnIdentityIsWhatTheCaHasSigned) {
  v1::GetIdentityRequest request;
  request.set_nonce(std::string(16, 'n'));
  v1::GetIdentityResponse response;
  const auto call = [&] {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    return FromGrpcStatus(stub_->GetIdentity(&context, request, &response));
  };
  const absl::Status away = call();
  EXPECT_EQ(ErrorReason(away), "BACKEND_UNAVAILABLE") << away;
  EXPECT_EQ(ErrorMetadataValue(away, "component"), "ca");
  StartAll();
  GetStatusWith({"ca"});
  ASSERT_EQ(call(), absl::OkStatus());
  v1::Identity identity;
  ASSERT_TRUE(identity.ParseFromString(response.identity()));
  EXPECT_EQ(identity.ca_fingerprint(), "ab12");
  EXPECT_EQ(identity.components_size(), 5);
  EXPECT_EQ(response.signature(), "signed by the CA: " + request.nonce());
  EXPECT_EQ(response.certificate(), "a certificate");
}

TEST_F(GatewayServiceTest, ANonceOfTheWrongSizeIsRefused) {
  grpc::ClientContext context;
  v1::GetIdentityRequest request;
  request.set_nonce("x");
  v1::GetIdentityResponse response;
  const grpc::Status status = stub_->GetIdentity(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(status)), "INVALID_FIELD");
}

TEST_F(GatewayServiceTest, WhatThisVersionLacksSaysSo) {
  grpc::ClientContext context;
  v1::GetClientBundleResponse bundle;
  const grpc::Status refused = stub_->GetClientBundle(&context, {}, &bundle);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(refused)), "NOT_IN_THIS_VERSION");
  EXPECT_EQ(ErrorMetadataValue(FromGrpcStatus(refused), "method"), "GetClientBundle");
  grpc::ClientContext import;
  v1::ImportTrustResponse imported;
  EXPECT_EQ(stub_->ImportTrust(&import, {}, &imported).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext stream;
  const auto reader = stub_->Diagnose(&stream, {});
  v1::DiagnoseResponse result;
  EXPECT_FALSE(reader->Read(&result));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace mpd::gateway
