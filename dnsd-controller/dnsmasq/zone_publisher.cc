#include "dnsd-controller/dnsmasq/zone_publisher.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <utility>

#include "common/async/await_job.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {
namespace {

namespace asio = boost::asio;

constexpr absl::Duration kFirstRetry = absl::Milliseconds(50);
constexpr absl::Duration kLastRetry = absl::Seconds(2);

}  // namespace

ZonePublisher::ZonePublisher(asio::io_context* loop, ZoneModel model, HostsPublisher hosts,
                             Callbacks callbacks)
    : loop_(loop),
      model_(std::move(model)),
      hosts_(std::move(hosts)),
      callbacks_(std::move(callbacks)),
      wake_(loop),
      retry_(kFirstRetry, kLastRetry) {}

void ZonePublisher::Start() { asio::co_spawn(*loop_, Run(shared_from_this()), asio::detached); }

void ZonePublisher::Stop() {
  stopped_ = true;
  callbacks_ = {};
  wake_.Notify();
}

void ZonePublisher::Advance(int64_t revision, const std::string& store_id) {
  revision_ = revision;
  store_id_ = store_id;
  wake_.Notify();
}

asio::awaitable<void> ZonePublisher::Run(std::shared_ptr<ZonePublisher> self) {
  while (!self->stopped_) {
    co_await self->wake_.WaitFor(absl::Hours(1));
    if (self->stopped_ || self->model_.resetting() || self->store_id_.empty()) continue;
    co_await self->Write();
  }
}

// Two changes of one owner are one, from what it was first to what it is last.
void ZonePublisher::Collect() {
  for (ZoneChange& change : model_.TakeChanges()) {
    const std::string owner = change.before ? change.before->owner : change.after->owner;
    const auto [unwritten, added] = unwritten_.try_emplace(owner, change);
    if (!added) unwritten->second.after = std::move(change.after);
  }
}

std::map<std::string, std::string> ZonePublisher::AllFiles() const {
  std::map<std::string, std::string> files;
  for (const auto& [owner, records] : model_.published()) {
    files[HostsFileName(records.address)] = RenderHostsFile(records);
  }
  return files;
}

std::vector<HostsFile> ZonePublisher::ChangedFiles() const {
  // An address that went from one owner to another is one file.
  std::map<Ipv4Address, HostsFile> by_address;
  for (const auto& [owner, change] : unwritten_) {
    if (change.before) by_address[change.before->address].before = RenderHostsFile(*change.before);
    if (change.after) by_address[change.after->address].content = RenderHostsFile(*change.after);
  }
  std::vector<HostsFile> files;
  for (auto& [address, file] : by_address) {
    file.name = HostsFileName(address);
    files.push_back(std::move(file));
  }
  return files;
}

asio::awaitable<void> ZonePublisher::Write() {
  Collect();
  Written written{revision_, store_id_, store_id_ != written_store_id_, {}};
  if (unwritten_.empty() && !write_all_ && !written.new_store &&
      written.revision == written_revision_) {
    co_return;
  }
  for (const auto& [owner, change] : unwritten_) written.changes.push_back(change);

  absl::Status status;
  if (write_all_) {
    status = co_await WriteDifference();
  } else {
    status = co_await WriteFiles(ChangedFiles());
  }
  SetError(status);
  write_all_ = !status.ok();
  if (!status.ok()) {
    co_await wake_.WaitFor(retry_.Next());
    wake_.Notify();
    co_return;
  }
  retry_.Reset();
  unwritten_.clear();
  written_revision_ = written.revision;
  written_store_id_ = written.store_id;
  if (callbacks_.on_written) callbacks_.on_written(written);
  if (!written.changes.empty()) co_await Settle();
}

asio::awaitable<absl::Status> ZonePublisher::WriteDifference() {
  using Files = absl::StatusOr<std::vector<HostsFile>>;
  std::function<Files()> compare = [this, all = AllFiles()] { return hosts_.Difference(all); };
  Files files = co_await AwaitJob<Files>(loop_, &disk_, std::move(compare));
  CO_RETURN_IF_ERROR(files.status());
  co_return co_await WriteFiles(*std::move(files));
}

asio::awaitable<absl::Status> ZonePublisher::WriteFiles(std::vector<HostsFile> files) {
  HostsPlan plan = PlanHosts(files);
  std::vector<HostsFile> steps = std::move(plan.first);
  steps.insert(steps.end(), plan.second.begin(), plan.second.end());
  for (size_t begin = 0; begin < steps.size() && !stopped_; begin += kFilesAtOnce) {
    if (begin > 0) co_await Settle();
    const size_t end = std::min(begin + kFilesAtOnce, steps.size());
    const std::vector<HostsFile> some(steps.begin() + begin, steps.begin() + end);
    std::function<absl::Status()> apply = [this, some] { return hosts_.Apply(some); };
    const absl::Status applied = co_await AwaitJob<absl::Status>(loop_, &disk_, std::move(apply));
    CO_RETURN_IF_ERROR(applied);
  }
  co_return absl::OkStatus();
}

asio::awaitable<void> ZonePublisher::Settle() {
  const auto settle = callbacks_.settle;
  if (settle) co_await settle();
}

void ZonePublisher::SetError(const absl::Status& error) {
  if (SameError(error, error_)) return;
  error_ = error;
  if (error.ok()) {
    LOG_INFO("ZONE_WRITTEN", "The resolver's files can be written again");
  } else {
    LOG_ERROR("ZONE_NOT_WRITTEN", "The resolver's files can't be written; it is tried again",
              {{"error", std::string(error.message())}});
  }
  if (callbacks_.on_error) callbacks_.on_error();
}

}  // namespace mpd::dnsd
