// Each method by a real client, with a controller whose resolver does as it is told.
#include "dnsd-controller/api/dnsd_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "common/testing/testing_loop.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
      response.answers.push_back({name, type, 0, found->second});
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
    const std::string socket = folder_.path() + "/dnsd.sock";
    server_ = std::make_unique<TestServer>(socket, service_.get());
    stub_ = v1::DnsdControllerService::NewStub(MakeLocalChannel(socket));
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
  absl::StatusOr<int64_t> Wait(int64_t revision, const std::string& store = "",
                               std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    grpc::ClientContext context;
    SetDeadline(&context, patience);
    v1::WaitForRevisionRequest request;
    request.set_revision(revision);
    request.set_store_id(store);
    v1::WaitForRevisionResponse response;
    const grpc::Status status = stub_->WaitForRevision(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
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
  TestingLoop loop_;
  WatchHub watches_;
  StatusBoard board_{[this] { watches_.Wake(); }};
  std::shared_ptr<FakeResolver> resolver_;
  std::shared_ptr<ZoneController> controller_;
  std::unique_ptr<DnsdService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::DnsdControllerService::Stub> stub_;
};

TEST_F(DnsdServiceTest, StatusIsTheBoards) {
  Publish({"php.runtime"}, 7);
  ASSERT_EQ(*Wait(7), 7);
  grpc::ClientContext context;
  v1::Status status;
  ASSERT_TRUE(stub_->GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.published_revision(), 7);
  EXPECT_EQ(status.resolver(), "fake:53");
  EXPECT_EQ(status.store_id(), "store-1");
  EXPECT_EQ(status.record_count(), 1);
  EXPECT_TRUE(status.zone().answered());
}

TEST_F(DnsdServiceTest, AWaitEndsWithThePublicationThatItIsFor) {
  absl::StatusOr<int64_t> published = absl::UnknownError("not yet");
  std::thread waiting([&] { published = Wait(7, "store-1"); });
  Publish({"php.runtime"}, 7);
  waiting.join();
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(*published, 7);
}

TEST_F(DnsdServiceTest, AWaitEndsWithItsDeadline) {
  Publish({"php.runtime"}, 7);
  EXPECT_EQ(Wait(8, "", std::chrono::milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(DnsdServiceTest, AWaitThatIsGivenUpIsNotKept) {
  for (size_t i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    v1::WaitForRevisionRequest request;
    request.set_revision(8);
    v1::WaitForRevisionResponse response;
    std::thread cancel([&] { context.TryCancel(); });
    EXPECT_EQ(stub_->WaitForRevision(&context, request, &response).error_code(),
              grpc::StatusCode::CANCELLED);
    cancel.join();
  }
  Publish({"php.runtime"}, 8);
  EXPECT_EQ(*Wait(8), 8);
}

TEST_F(DnsdServiceTest, ARevisionThatCanNotComeIsRefused) {
  EXPECT_EQ(ErrorReason(Wait(-1).status()), "INVALID_FIELD");
  Publish({"php.runtime"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  const absl::Status recreated = Wait(7, "store-0").status();
  EXPECT_EQ(recreated.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(recreated), "STORE_RECREATED");
  EXPECT_EQ(ErrorMetadataValue(recreated, "current_store_id"), "store-1");
}

TEST_F(DnsdServiceTest, ADrainEndsTheWaits) {
  absl::StatusOr<int64_t> published = 0;
  std::thread waiting([&] { published = Wait(7); });
  board_.Drain(DnsdErrors::ShuttingDown());
  waiting.join();
  EXPECT_EQ(published.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(published.status()), "SHUTTING_DOWN");
}

TEST_F(DnsdServiceTest, RecordsArePagedInTheOrderOfTheirNames) {
  Publish({"e", "d", "c", "b", "a"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  std::vector<std::string> names;
  std::string token;
  int pages = 0;
  do {
    const auto page = List(2, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->revision(), 7);
    EXPECT_LE(page->records_size(), 2);
    for (const v1::Record& record : page->records()) {
      names.push_back(record.name());
      EXPECT_EQ(record.type(), "A");
      EXPECT_EQ(record.value(), "10.163.0.100");
      EXPECT_EQ(record.owner(), "runtime/php");
    }
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names,
              ElementsAre("a.mpd.test", "b.mpd.test", "c.mpd.test", "d.mpd.test", "e.mpd.test"));
}

TEST_F(DnsdServiceTest, APageIsBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 1001; ++i) names.push_back(absl::StrCat("n", i));
  Publish(names, 7);
  ASSERT_TRUE(Wait(7).ok());
  EXPECT_EQ(List(0)->records_size(), 100);
  const auto page = List(5000);
  EXPECT_EQ(page->records_size(), 1000);
  EXPECT_EQ(List(5000, page->next_page_token())->records_size(), 1);
}

TEST_F(DnsdServiceTest, ForeignPageTokensAreRefused) {
  for (const char* token : {"x", "!", "MTo=", "Mjph", "MTph MTph"}) {
    const absl::Status refused = List(2, token).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(ErrorReason(refused), "INVALID_PAGE_TOKEN") << token;
  }
  EXPECT_EQ(ErrorReason(List(-1).status()), "INVALID_FIELD");
}

TEST_F(DnsdServiceTest, ALookupAsksTheResolver) {
  Publish({"php.runtime"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  for (const char* name : {"php.runtime", "PHP.runtime.mpd.test", "php.runtime.mpd.test."}) {
    const auto found = Lookup(name);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->name(), "php.runtime.mpd.test");
    EXPECT_EQ(found->type(), "A");
    EXPECT_EQ(found->rcode(), "NOERROR");
    EXPECT_THAT(found->answers(), ElementsAre("10.163.0.100"));
  }
  const auto reverse = Lookup("10.163.0.100");
  EXPECT_EQ(reverse->type(), "PTR");
  EXPECT_THAT(reverse->answers(), ElementsAre("php.runtime.mpd.test"));
  const auto missing = Lookup("nobody", "aaaa");
  EXPECT_EQ(missing->rcode(), "NXDOMAIN");
  EXPECT_EQ(missing->type(), "AAAA");
  EXPECT_THAT(missing->answers(), IsEmpty());
}

TEST_F(DnsdServiceTest, WhatCanNotBeAskedIsRefused) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string(64, 'a'),
        std::string("a..b"), std::string("a\0b", 3), std::string("caf\xc3\xa9")}) {
    EXPECT_EQ(ErrorReason(Lookup(name).status()), "INVALID_FIELD") << name;
  }
  EXPECT_EQ(ErrorReason(Lookup("a", "NONSENSE").status()), "INVALID_FIELD");
}

TEST_F(DnsdServiceTest, ASilentResolverIsSaid) {
  loop_.Run([this] { resolver_->silent = true; });
  const absl::Status silent = Lookup("php.runtime").status();
  EXPECT_EQ(silent.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(silent), "RESOLVER_SILENT");
}

TEST_F(DnsdServiceTest, LookupsUnderWayAreBounded) {
  constexpr int kBound = 256;
  struct Call {
    grpc::ClientContext context;
    v1::LookupRequest request;
    v1::LookupResponse response;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<grpc::Status> ended;
  const auto await = [&](size_t count) {
    std::unique_lock<std::mutex> lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return ended.size() >= count; });
  };
  loop_.Run([this] { resolver_->held = true; });
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < kBound + 1; ++i) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->request.set_name("php.runtime");
    stub_->async()->Lookup(&calls.back()->context, &calls.back()->request, &calls.back()->response,
                           [&](grpc::Status status) {
                             const std::lock_guard<std::mutex> lock(mutex);
                             ended.push_back(std::move(status));
                             changed.notify_all();
                           });
  }
  ASSERT_TRUE(await(1));
  {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_EQ(ErrorReason(FromGrpcStatus(ended[0])), "TOO_MANY_LOOKUPS");
  }
  loop_.Run([this] { resolver_->Release(); });
  ASSERT_TRUE(await(kBound + 1));
  for (size_t i = 1; i < ended.size(); ++i) EXPECT_TRUE(ended[i].ok()) << i;
  EXPECT_TRUE(Lookup("php.runtime").ok()) << "there is room again";
}

TEST_F(DnsdServiceTest, AWatchTellsTheStatusAndEachChange) {
  grpc::ClientContext context;
  SetDeadline(&context, std::chrono::seconds(20));
  const auto stream = stub_->WatchStatus(&context, {});
  v1::WatchStatusResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().published_revision(), 0);
  Publish({"php.runtime"}, 7);
  while (message.status().published_revision() < 7) ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.status().store_id(), "store-1");
  watches_.Drain(DnsdErrors::ShuttingDown());
  while (stream->Read(&message)) {
  }
  const absl::Status ended = FromGrpcStatus(stream->Finish());
  EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("shutting down"));
}

}  // namespace
}  // namespace mpd::dnsd
