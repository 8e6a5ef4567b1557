#include "common/async/worker_thread.h"

#include <utility>

namespace mpd {

WorkerThread::WorkerThread() : thread_([this] { Run(); }) {}

WorkerThread::~WorkerThread() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

bool WorkerThread::Post(Job job) {
  MutexLock lock(&mutex_);
  if (queue_.size() >= kMaxQueue) return false;
  queue_.push_back(std::move(job));
  changed_.NotifyOne();
  return true;
}

void WorkerThread::Run() {
  while (true) {
    Job job;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !ending_) changed_.Wait(&mutex_);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    std::move(job)();
  }
}

}  // namespace mpd
