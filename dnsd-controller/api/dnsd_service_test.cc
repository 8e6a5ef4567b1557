// Status, waits and lookups, by a real client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/status.h"
#include "dnsd-controller/api/dnsd_service_test_util.h"

namespace mpd::dnsd {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  EXPECT_EQ(Wait(8, "store-1", std::chrono::milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(DnsdServiceTest, AWaitThatIsGivenUpIsNotKept) {
  for (size_t i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    v1::WaitForRevisionRequest request;
    request.set_revision(8);
    request.set_store_id("store-1");
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
  EXPECT_EQ(recreated.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(recreated), "STORE_RECREATED");
  EXPECT_EQ(ErrorMetadataValue(recreated, "current_store_id"), "store-1");
}

TEST_F(DnsdServiceTest, AWaitForARevisionHasToSayOfWhichStore) {
  Publish({"php.runtime"}, 7);
  const absl::Status refused = Wait(7, "").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(refused), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(refused, "field"), "store_id");
  ASSERT_TRUE(Wait(7).ok());
  EXPECT_EQ(*Wait(0, ""), 7) << "any answer does";
}

// While the resolver keeps silent, what it answered before is enough for a plain wait, and is not
// for one that asks for a new answer.
TEST_F(DnsdServiceTest, AWaitForANewAnswerIsNotContentWithAnOldOne) {
  Publish({"php.runtime"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  loop_.Run([this] { resolver_->silent = true; });
  EXPECT_TRUE(Wait(7).ok());
  grpc::ClientContext context;
  SetDeadline(&context, std::chrono::milliseconds(200));
  v1::WaitForRevisionRequest request;
  request.set_revision(7);
  request.set_store_id("store-1");
  request.set_after_new_answer(true);
  v1::WaitForRevisionResponse response;
  EXPECT_EQ(stub_->WaitForRevision(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  loop_.Run([this] { resolver_->silent = false; });
  grpc::ClientContext again;
  SetDeadline(&again, std::chrono::seconds(20));
  EXPECT_TRUE(stub_->WaitForRevision(&again, request, &response).ok());
}

TEST_F(DnsdServiceTest, ADrainEndsTheWaits) {
  absl::StatusOr<int64_t> published = 0;
  std::thread waiting([&] { published = Wait(7); });
  board_.Drain(DnsdErrors::ShuttingDown());
  waiting.join();
  EXPECT_EQ(published.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(published.status()), "SHUTTING_DOWN");
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
    ASSERT_THAT(found->answers(), SizeIs(1));
    EXPECT_EQ(found->answers(0).name(), "php.runtime.mpd.test");
    EXPECT_EQ(found->answers(0).type(), "A");
    EXPECT_EQ(found->answers(0).value(), "10.163.0.100");
    EXPECT_EQ(found->answers(0).ttl().seconds(), 60);
  }
  const auto reverse = Lookup("10.163.0.100");
  EXPECT_EQ(reverse->type(), "PTR");
  ASSERT_THAT(reverse->answers(), SizeIs(1));
  EXPECT_EQ(reverse->answers(0).type(), "PTR");
  EXPECT_EQ(reverse->answers(0).value(), "php.runtime.mpd.test");
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

}  // namespace
}  // namespace mpd::dnsd
