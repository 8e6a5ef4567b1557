#include "common/rpc/grpc_1_51_threads.h"

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace mpd {
namespace {

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

// Last, since there is no way back.
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

}  // namespace
}  // namespace mpd
