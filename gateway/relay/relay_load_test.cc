// Many calls at once that end in different ways. None may crash the relay, hang, or get no result.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gateway/relay/relay_test_util.h"

namespace mpd::gateway {
namespace {

namespace ipam = mpd::ipam::v1;
using std::chrono::milliseconds;
using std::chrono::system_clock;

struct Tally {
  std::atomic<int> ok{0};
  std::atomic<int> failed{0};
  std::atomic<int> wrong{0};
};

bool IsExpected(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNAVAILABLE:
      return true;
    default:
      return false;
  }
}

void Count(const grpc::Status& status, Tally* tally) {
  ++(status.ok() ? tally->ok : tally->failed);
  if (!IsExpected(status)) ++tally->wrong;
}

void Unary(ipam::IpamService::Stub* stub, std::mt19937* random, Tally* tally) {
  grpc::ClientContext context;
  const bool hang = (*random)() % 4 == 0;
  context.set_deadline(system_clock::now() +
                       (hang ? milliseconds((*random)() % 20) : milliseconds(20'000)));
  ipam::AllocateAddressRequest request;
  request.set_owner(hang ? "hang" : "runtime/r" + std::to_string((*random)()));
  ipam::Lease lease;
  const grpc::Status status = stub->AllocateAddress(&context, request, &lease);
  if (status.ok() && lease.owner() != request.owner()) ++tally->wrong;
  Count(status, tally);
}

void Stream(ipam::IpamService::Stub* stub, std::mt19937* random, Tally* tally) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + milliseconds(20'000));
  ipam::WatchLeasesRequest request;
  const bool abandon = (*random)() % 2 == 0;
  const int64_t length = (*random)() % 50;
  request.set_start_revision(length);
  if (abandon) request.set_store_id("endless");
  auto reader = stub->WatchLeases(&context, request);
  ipam::WatchLeasesResponse response;
  int64_t count = 0;
  while (reader->Read(&response)) {
    if (response.revision() != ++count) ++tally->wrong;
    if (abandon && count > length) context.TryCancel();
  }
  const grpc::Status status = reader->Finish();
  if (status.ok() && count != length) ++tally->wrong;
  Count(status, tally);
}

void RunLoad(RelaySetup* setup, int workers, int rounds, Tally* tally) {
  std::vector<std::jthread> threads;
  for (int w = 0; w < workers; ++w) {
    threads.emplace_back([=] {
      auto stub = setup->Stub();
      std::mt19937 random(w);
      for (int i = 0; i < rounds; ++i) {
        (random() % 2 == 0 ? Unary : Stream)(stub.get(), &random, tally);
      }
    });
  }
}

TEST(RelayLoadTest, HundredsOfCallsThatEndInDifferentWays) {
  RelaySetup setup;
  setup.StartBackend();
  Tally tally;
  RunLoad(&setup, /*workers=*/200, /*rounds=*/10, &tally);
  EXPECT_EQ(tally.ok + tally.failed, 2000);
  EXPECT_EQ(tally.wrong, 0);
  EXPECT_GT(tally.ok, 500);
}

TEST(RelayLoadTest, BackendKilledAgainAndAgain) {
  RelaySetup setup;
  setup.StartBackend();
  Tally tally;
  std::atomic<bool> over{false};
  std::jthread killer([&] {
    int seen = 0;
    while (!over) {
      // Waits for some calls to end between two kills, however slow the machine is.
      if (tally.ok + tally.failed < seen + 40) {
        std::this_thread::yield();
        continue;
      }
      seen = tally.ok + tally.failed;
      setup.StopBackend();
      setup.StartBackend();
    }
  });
  RunLoad(&setup, /*workers=*/100, /*rounds=*/10, &tally);
  over = true;
  killer.join();
  EXPECT_EQ(tally.ok + tally.failed, 1000);
  EXPECT_EQ(tally.wrong, 0);
  grpc::ClientContext context;
  ipam::AllocateAddressRequest request;
  request.set_owner("runtime/after");
  ipam::Lease lease;
  EXPECT_TRUE(setup.Stub()->AllocateAddress(&context, request, &lease).ok());
}

}  // namespace
}  // namespace mpd::gateway
