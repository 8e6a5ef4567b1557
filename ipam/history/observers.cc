#include "ipam/history/observers.h"

#include <chrono>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "ipam/history/channel.h"

namespace mpd::ipam {
namespace {

constexpr auto kBetweenListings = std::chrono::milliseconds(25);
constexpr auto kAttempt = std::chrono::seconds(2);

bool IsBreak(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

}  // namespace

void HistoryWatcher::Run() {
  const auto stub = Connect(address_);
  while (true) {
    // A revision to begin with, and be it the first, is one of a store.
    if (!from_state_ && store_id_.empty()) LearnStoreId(stub.get());
    grpc::ClientContext context;
    if (!BeginStream(&context)) return;
    if (!from_state_ && store_id_.empty()) continue;
    v1::WatchLeasesRequest request;
    SeenStream stream;
    {
      MutexLock lock(&mutex_);
      if (!from_state_ || in_step_) stream.start_revision = revision_ + 1;
    }
    request.set_start_revision(stream.start_revision);
    request.set_store_id(store_id_);
    const auto reader = stub->WatchLeases(&context, request);
    v1::WatchLeasesResponse response;
    while (reader->Read(&response)) {
      stream.messages.push_back(Seen(response));
      Note(stream.messages.back());
    }
    const grpc::Status status = reader->Finish();
    EndStream();
    streams_.push_back(std::move(stream));
    if (!IsBreak(status)) {
      complaints_.push_back("a watcher was told: " + status.error_message());
    }
  }
}

void HistoryWatcher::LearnStoreId(v1::IpamService::Stub* stub) {
  const absl::StatusOr<SeenListing> listing = ListAll(stub, absl::ZeroDuration());
  if (listing.ok()) store_id_ = listing->store_id;
}

bool HistoryWatcher::BeginStream(grpc::ClientContext* context) {
  context->set_wait_for_ready(true);
  MutexLock lock(&mutex_);
  if (stopping_) return false;
  context_ = context;
  return true;
}

void HistoryWatcher::EndStream() {
  MutexLock lock(&mutex_);
  context_ = nullptr;
}

void HistoryWatcher::Note(const SeenMessage& message) {
  store_id_ = message.store_id;
  if (message.synced || !from_state_) in_step_ = true;
  // Before the current state is complete, no revision exists from which the watch can be resumed.
  if (!in_step_) return;
  MutexLock lock(&mutex_);
  revision_ = message.revision;
  moved_.NotifyAll();
}

bool HistoryWatcher::WaitFor(int64_t revision, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  MutexLock lock(&mutex_);
  while (revision_ < revision && absl::Now() < deadline) {
    moved_.WaitFor(&mutex_, std::chrono::milliseconds(100));
  }
  return revision_ >= revision;
}

void HistoryWatcher::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

absl::StatusOr<SeenListing> ListAll(v1::IpamService::Stub* stub, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  grpc::Status status;
  do {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAttempt);
    context.set_wait_for_ready(true);
    v1::ListLeasesRequest request;
    request.set_page_size(1000);
    v1::ListLeasesResponse response;
    status = stub->ListLeases(&context, request, &response);
    if (!status.ok()) continue;
    SeenListing listing = {response.store_id(), response.revision(), {}};
    for (const v1::Lease& lease : response.leases()) listing.leases.push_back(Seen(lease));
    return listing;
  } while (absl::Now() < deadline);
  return FromGrpcStatus(status);
}

absl::StatusOr<std::vector<SeenChange>> ReadLog(v1::IpamService::Stub* stub,
                                                const std::string& store_id, int64_t revision) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  v1::WatchLeasesRequest request;
  request.set_start_revision(1);
  request.set_store_id(store_id);
  const auto reader = stub->WatchLeases(&context, request);
  std::vector<SeenChange> log;
  v1::WatchLeasesResponse response;
  while (reader->Read(&response)) {
    for (SeenChange& change : Seen(response).changes) log.push_back(std::move(change));
    if (response.revision() < revision) continue;
    context.TryCancel();
    reader->Finish();
    return log;
  }
  return FromGrpcStatus(reader->Finish());
}

std::vector<SeenListing> KeepListing(const std::string& address, const std::atomic<bool>& stop) {
  const auto stub = Connect(address);
  std::vector<SeenListing> listings;
  while (!stop) {
    absl::StatusOr<SeenListing> listing = ListAll(stub.get(), absl::ZeroDuration());
    if (listing.ok()) listings.push_back(*std::move(listing));
    std::this_thread::sleep_for(kBetweenListings);
  }
  return listings;
}

}  // namespace mpd::ipam
