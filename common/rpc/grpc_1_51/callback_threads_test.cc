#include "common/rpc/grpc_1_51/callback_threads.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/one_shot.h"
#include "common/rpc/grpc_1_51/workarounds.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::GetLeaseRequest;
using ipam::v1::IpamService;
using ipam::v1::Lease;
using Outcome = grpc::CompletionQueue::NextStatus;
using std::chrono::system_clock;

// What comes of a wait whose deadline is over long before the event, on a thread of that name.
Outcome WaitOn(const std::string& thread_name) {
  grpc::CompletionQueue queue;
  grpc::Alarm event;
  event.Set(&queue, system_clock::now() + std::chrono::milliseconds(300), nullptr);
  Outcome outcome = Outcome::SHUTDOWN;
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), thread_name.c_str());
    void* tag = nullptr;
    bool ok = false;
    outcome = queue.AsyncNext(&tag, &ok, system_clock::now());
    event.Cancel();
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
  });
  thread.join();
  return outcome;
}

TEST(CallbackThreadsTest, OfAnotherGrpcAreLeftAlone) {
  ASSERT_FALSE(GrpcWorkaroundsApply("1.60.0"));
  LetCallbackThreadsWait();
  TakeCallsOnOneThread();
  EXPECT_EQ(WaitOn("nexting_thread"), Outcome::TIMEOUT);
  ASSERT_TRUE(GrpcWorkaroundsApply("1.51.1"));
}

TEST(CallbackThreadsTest, TheyAloneWaitUntilThereIsSomethingToDo) {
  EXPECT_EQ(WaitOn("nexting_thread"), Outcome::TIMEOUT) << "nobody has asked for it";
  LetCallbackThreadsWait();
  EXPECT_EQ(WaitOn("nexting_thread"), Outcome::GOT_EVENT);
  EXPECT_EQ(WaitOn("another"), Outcome::TIMEOUT);
}

TEST(CallbackThreadsTest, TheEndOfTheQueueIsSomething) {
  LetCallbackThreadsWait();
  grpc::CompletionQueue queue;
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), "nexting_thread");
    void* tag = nullptr;
    bool ok = false;
    EXPECT_EQ(queue.AsyncNext(&tag, &ok, system_clock::now()), Outcome::SHUTDOWN);
  });
  queue.Shutdown();
  thread.join();
}

// Answers once it is let; not by gRPC's callback threads, which its clients here are alone with.
class LateService : public IpamService::Service {
 public:
  grpc::Status GetLease(grpc::ServerContext*, const GetLeaseRequest*, Lease*) override {
    answer_.Wait();
    return grpc::Status::OK;
  }
  void Answer() { answer_.Set(true); }

 private:
  OneShot<bool> answer_;
};

// A call whose context is the last to hold the last channel, and is destroyed by its callback.
void DropTheLastChannelInACallback() {
  struct Call {
    grpc::ClientContext context;
    GetLeaseRequest request;
    Lease response;
  };
  const TestFolder folder;
  const std::string socket = folder.path() + "/s";
  LateService service;
  const TestServer server(socket, &service);
  OneShot<bool> ended;
  auto call = std::make_shared<Call>();
  {
    const auto stub = IpamService::NewStub(
        grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
    stub->async()->GetLease(&call->context, &call->request, &call->response,
                            [&ended, call](const grpc::Status&) mutable {
                              call.reset();
                              ended.Set(true);
                            });
  }
  call.reset();
  service.Answer();
  ended.Wait();
}

// How many of gRPC's callback threads this process has.
int CallbackThreads() {
  int count = 0;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone)) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    count += name == "nexting_thread" ? 1 : 0;
  }
  return count;
}

// A call on a channel that is gone when this returns.
void CallOnce() {
  const TestFolder folder;
  const std::string socket = folder.path() + "/s";
  LateService service;
  const TestServer server(socket, &service);
  service.Answer();
  OneShot<bool> ended;
  grpc::ClientContext context;
  const GetLeaseRequest request;
  Lease response;
  const auto stub = IpamService::NewStub(
      grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  stub->async()->GetLease(&context, &request, &response,
                          [&ended](const grpc::Status&) { ended.Set(true); });
  ended.Wait();
  EXPECT_GT(CallbackThreads(), 0);
}

// The one that destroys the last channel waits for their end, so that it must be none of them.
TEST(CallbackThreadsTest, EndWithTheLastChannelIfNobodyKeepsThem) {
  ASSERT_FALSE(GrpcWorkaroundsApply("1.60.0"));
  KeepCallbackThreads();
  CallOnce();
  // The kernel may list a thread a little longer than it lives.
  while (CallbackThreads() > 0) std::this_thread::yield();
  ASSERT_TRUE(GrpcWorkaroundsApply("1.51.1"));
}

// From here on one thread takes all, since there is no way back.
TEST(CallbackThreadsTest, OneTakesAllAndBothSeeTheEnd) {
  constexpr int kEvents = 200;
  LetCallbackThreadsWait();
  TakeCallsOnOneThread();
  grpc::CompletionQueue queue;
  std::atomic<int> taken[2] = {0, 0};
  const auto take = [&](int number) {
    pthread_setname_np(pthread_self(), "nexting_thread");
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, system_clock::now()) == Outcome::GOT_EVENT) ++taken[number];
  };
  std::thread one(take, 0);
  std::thread other(take, 1);
  std::vector<grpc::Alarm> events(kEvents);
  for (grpc::Alarm& event : events) event.Set(&queue, system_clock::now(), nullptr);
  while (taken[0] + taken[1] < kEvents) std::this_thread::yield();
  queue.Shutdown();
  one.join();
  other.join();
  EXPECT_EQ(std::max(taken[0], taken[1]), kEvents);
}

// Each call stays for a moment to see whether another one comes in beside it.
class MeetingService : public IpamService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetLease(grpc::CallbackServerContext* context, const GetLeaseRequest*,
                                     Lease*) override {
    {
      MutexLock lock(&mutex_);
      most_ = std::max(most_, ++inside_);
      came_.NotifyAll();
      if (most_ == 1) came_.WaitFor(&mutex_, std::chrono::milliseconds(20));
      --inside_;
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  int most() {
    MutexLock lock(&mutex_);
    return most_;
  }

 private:
  Mutex mutex_;
  CondVar came_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  // How many calls were inside at once, at most.
  int most_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(CallbackThreadsTest, ARealServersCallsAreTakenOneByOne) {
  LetCallbackThreadsWait();
  TakeCallsOnOneThread();
  const TestFolder folder;
  const std::string socket = folder.path() + "/s";
  MeetingService service;
  const TestServer server(socket, &service);
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&socket] {
      const auto stub = IpamService::NewStub(
          grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
      for (int n = 0; n < 20; ++n) {
        grpc::ClientContext context;
        Lease lease;
        EXPECT_TRUE(stub->GetLease(&context, {}, &lease).ok());
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(service.most(), 1) << "several threads take calls";
}

// Last, since the test before needs threads that begin with it.
TEST(CallbackThreadsTest, AreKeptSoThatACallbackMayDropTheLastChannel) {
  KeepCallbackThreads();
  DropTheLastChannelInACallback();
  CallOnce();
  EXPECT_GT(CallbackThreads(), 0);
}

}  // namespace
}  // namespace mpd
