// Waiting in a coroutine for work that a thread of its own does.
#ifndef MPD_COMMON_ASYNC_AWAIT_JOB_H_
#define MPD_COMMON_ASYNC_AWAIT_JOB_H_

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "common/async/await_callback.h"
#include "common/async/awaitable.h"
#include "common/async/worker_thread.h"

namespace mpd {

// Has the worker do the job and gives its result, an absl::Status or a StatusOr; RESOURCE_EXHAUSTED
// where the worker's queue is full. To be awaited on the loop, where it resumes. A job is done even
// if the coroutine is destroyed meanwhile: what it refers to must outlive the worker.
template <typename Result>
Awaitable<Result> AwaitJob(boost::asio::io_context* loop, WorkerThread* worker,
                           std::function<Result()> job) {
  using Done = absl::AnyInvocable<void(Result) &&>;
  // Not in the expression that is awaited: g++ 12 destroys what is temporary there twice.
  std::function<void(Done)> begin = [worker, job = std::move(job)](Done done) {
    const auto shared = std::make_shared<Done>(std::move(done));
    if (!worker->Post([job, shared] { std::move (*shared)(job()); })) {
      std::move (*shared)(absl::ResourceExhaustedError("too much waits for this thread"));
    }
  };
  co_return co_await AwaitCallback<Result>(loop, std::move(begin));
}

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_AWAIT_JOB_H_
