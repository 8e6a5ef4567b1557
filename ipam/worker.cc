#include "ipam/worker.h"

#include <utility>

namespace mpd::ipam {

Worker::Worker() : thread_([this] { Run(); }) {}

Worker::~Worker() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

bool Worker::Post(Job job) {
  MutexLock lock(&mutex_);
  if (queue_.size() >= kMaxQueue) return false;
  queue_.push_back(std::move(job));
  changed_.NotifyOne();
  return true;
}

void Worker::Run() {
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

}  // namespace mpd::ipam
