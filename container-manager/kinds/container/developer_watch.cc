#include "container-manager/kinds/container/developer_watch.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/async/awaitable.h"

namespace mpd::containers {
namespace {

constexpr std::chrono::seconds kInterval(1);

// Equal when nothing that a container is told has changed.
std::string WhatIsTold(const ContainerDeps& deps) {
  const auto developer = FindDeveloper(deps);
  if (!developer.ok()) return std::string(developer.status().message());
  return absl::StrCat(developer->name, " ", developer->uid, "\n", developer->authorized_keys);
}

Awaitable<void> Watch(const ContainerDeps& deps, std::string type,
                      std::weak_ptr<WorkloadWaker> weak) {
  boost::asio::steady_timer timer(*deps.loop);
  std::string before = WhatIsTold(deps);
  while (true) {
    timer.expires_after(kInterval);
    boost::system::error_code cancelled;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    const std::shared_ptr<WorkloadWaker> waker = weak.lock();
    if (!waker || waker->stopped()) co_return;
    std::string now = WhatIsTold(deps);
    if (now == before) continue;
    before = std::move(now);
    waker->WakeType(type, WakeReason::kRecovery);
  }
}

}  // namespace

absl::StatusOr<Developer> FindDeveloper(const ContainerDeps& deps) {
  return FindDeveloper(deps.config->developer_user, deps.config->authorized_keys_file,
                       deps.folders.passwd);
}

void WatchDeveloper(const ContainerDeps& deps, std::string type,
                    std::weak_ptr<WorkloadWaker> waker) {
  boost::asio::co_spawn(
      *deps.loop,
      [&deps, type = std::move(type), waker = std::move(waker)] {
        return Watch(deps, type, waker);
      },
      boost::asio::detached);
}

}  // namespace mpd::containers
