#include "container-manager/kinds/container/image_pull.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"

namespace mpd::containers {
namespace {

constexpr absl::Duration kReportAgain = absl::Milliseconds(250);

// The pull goes on beside the pass, and ends with it at the latest.
struct PullState {
  PullProgress progress;
  std::optional<absl::Status> result;
  std::function<void()> cancel;
  bool is_abandoned = false;
};

class PullGuard {
 public:
  explicit PullGuard(std::shared_ptr<PullState> pull) : pull_(std::move(pull)) {}
  PullGuard(const PullGuard&) = delete;
  PullGuard& operator=(const PullGuard&) = delete;
  ~PullGuard() {
    pull_->is_abandoned = true;
    if (!pull_->result && pull_->cancel) pull_->cancel();
  }

 private:
  const std::shared_ptr<PullState> pull_;
};

PullRequest RequestOf(const std::string& image, absl::Duration silence,
                      const std::shared_ptr<PullState>& pull) {
  PullRequest request;
  request.image = image;
  request.silence = silence;
  request.on_progress = [pull](const PullProgress& progress) { pull->progress = progress; };
  request.on_open = [pull](std::function<void()> cancel) {
    if (pull->is_abandoned) return cancel();
    pull->cancel = std::move(cancel);
  };
  return request;
}

std::string MessageOf(const std::string& image, const PullProgress& progress) {
  if (progress.layers == 0) return absl::StrCat("asks the registry for ", image);
  return absl::StrCat("fetches ", image, ": ", progress.bytes >> 20, " of ",
                      progress.total_bytes >> 20, " MiB, ", progress.layers, " layers");
}

Awaitable<absl::Status> PullImage(const ContainerDeps& deps, Pass& pass, std::string image) {
  const auto pull = std::make_shared<PullState>();
  const PullGuard guard(pull);
  boost::asio::co_spawn(*deps.loop,
                        deps.podman->PullImage(RequestOf(image, deps.pull_silence, pull)),
                        [pull](std::exception_ptr thrown, absl::Status result) {
                          if (thrown) std::rethrow_exception(thrown);
                          pull->result = std::move(result);
                        });
  while (!pull->result) {
    const absl::Status reported =
        co_await pass.Report(api::STATE_PULLING, MessageOf(image, pull->progress));
    CO_RETURN_IF_ERROR(reported);
    if (pass.context().Stale()) co_return Pass::Superseded();
    co_await pass.context().Sleep(kReportAgain);
  }
  const absl::Status result = *pull->result;
  if (result.ok() || absl::IsUnavailable(result)) co_return result;
  co_return ContainerErrors::PullFailed(image, ErrorMetadataValue(result, "problem"));
}

}  // namespace

Awaitable<absl::StatusOr<std::string>> EnsureImage(const ContainerDeps& deps, Pass& pass,
                                                   std::string image, bool has_container) {
  if (has_container) {
    auto id = co_await deps.podman->ImageId(image);
    if (!absl::IsNotFound(id.status())) co_return id;
  } else {
    const auto there = co_await deps.podman->HasImage(image);
    CO_RETURN_IF_ERROR(there.status());
    if (*there) co_return std::string();
  }
  // No registry is called localhost: such an image is made on this machine.
  if (absl::StartsWith(image, "localhost/")) co_return ContainerErrors::ImageMissing(image);
  const absl::Status pulled = co_await PullImage(deps, pass, image);
  CO_RETURN_IF_ERROR(pulled);
  if (!has_container) co_return std::string();
  co_return co_await deps.podman->ImageId(image);
}

}  // namespace mpd::containers
