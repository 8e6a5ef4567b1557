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

ZonePublisher::ZonePublisher(asio::io_context* loop, ZoneModel* model, HostsPublisher hosts,
                             Callbacks callbacks)
    : loop_(loop),
      model_(model),
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
    if (self->stopped_ || self->model_->resetting() || self->store_id_.empty()) continue;
    co_await self->Write();
  }
}

// A second change of an owner whose first one is not written yet is merged into it.
void ZonePublisher::CollectChanges() {
  for (ZoneChange& change : model_->TakeChanges()) {
    const std::string owner = change.before ? change.before->owner : change.after->owner;
    const auto [unwritten, added] = unwritten_.try_emplace(owner, change);
    if (!added) unwritten->second.after = std::move(change.after);
  }
}

std::vector<HostsLine> ZonePublisher::AllLines() const {
  std::vector<HostsLine> lines;
  lines.reserve(model_->published().size());
  for (const auto& [owner, records] : model_->published()) {
    lines.push_back({records.address, records.names});
  }
  return lines;
}

std::vector<HostsChange> ZonePublisher::ChangedFiles() const {
  // By address and not by owner: when an address goes from one owner to another, both changes are
  // about the same file.
  std::map<Ipv4Address, HostsChange> by_address;
  for (const auto& [owner, change] : unwritten_) {
    if (const auto& before = change.before) {
      by_address[before->address].before = HostsLine{before->address, before->names};
    }
    if (const auto& after = change.after) {
      by_address[after->address].after = HostsLine{after->address, after->names};
    }
  }
  std::vector<HostsChange> changes;
  for (auto& [address, change] : by_address) {
    change.file = HostsFileName(address);
    changes.push_back(std::move(change));
  }
  return changes;
}

asio::awaitable<void> ZonePublisher::Write() {
  CollectChanges();
  Written written{revision_, store_id_, store_id_ != written_store_id_, {}};
  if (unwritten_.empty() && !compare_all_ && !written.new_store &&
      written.revision == written_revision_) {
    co_return;
  }
  for (const auto& [owner, change] : unwritten_) written.changes.push_back(change);

  absl::Status status;
  if (compare_all_) {
    status = co_await WriteDifference();
  } else {
    status = co_await WriteChanges(ChangedFiles());
  }
  SetError(status);
  compare_all_ = !status.ok();
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
  if (!written.changes.empty()) co_await AwaitIngested();
}

asio::awaitable<absl::Status> ZonePublisher::WriteDifference() {
  using Changes = absl::StatusOr<std::vector<HostsChange>>;
  std::function<Changes()> compare = [this, lines = AllLines()] {
    return hosts_.Difference(lines);
  };
  Changes changes = co_await AwaitJob<Changes>(loop_, &disk_, std::move(compare));
  CO_RETURN_IF_ERROR(changes.status());
  co_return co_await WriteChanges(*std::move(changes));
}

asio::awaitable<absl::Status> ZonePublisher::WriteChanges(std::vector<HostsChange> changes) {
  HostsPlan plan = PlanHosts(changes);
  std::vector<HostsWrite> writes = std::move(plan.first);
  writes.insert(writes.end(), plan.second.begin(), plan.second.end());
  for (size_t begin = 0; begin < writes.size() && !stopped_; begin += kFilesAtOnce) {
    if (begin > 0) co_await AwaitIngested();
    const size_t end = std::min(begin + kFilesAtOnce, writes.size());
    const std::vector<HostsWrite> some(writes.begin() + begin, writes.begin() + end);
    std::function<absl::Status()> apply = [this, some] { return hosts_.Apply(some); };
    const absl::Status applied = co_await AwaitJob<absl::Status>(loop_, &disk_, std::move(apply));
    CO_RETURN_IF_ERROR(applied);
  }
  co_return absl::OkStatus();
}

asio::awaitable<void> ZonePublisher::AwaitIngested() {
  // A copy: Stop clears callbacks_ while this coroutine is suspended in the callback.
  const auto await_ingested = callbacks_.await_ingested;
  if (await_ingested) co_await await_ingested();
}

void ZonePublisher::SetError(const absl::Status& error) {
  if (SameError(error, error_)) return;
  error_ = error;
  if (error.ok()) {
    LOG_INFO("ZONE_WRITTEN", "The resolver's files can be written again");
  } else {
    LOG_ERROR("ZONE_NOT_WRITTEN", "The resolver's files can't be written; the write is retried",
              {{"error", std::string(error.message())}});
  }
  if (callbacks_.on_error) callbacks_.on_error();
}

}  // namespace mpd::dnsd
