#include "common/watch/store_watch.h"

#include "absl/strings/str_cat.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"

namespace mpd {

namespace {

size_t BytesOf(const KeyValue& kv) { return kv.key.size() + kv.value.size(); }

}  // namespace

StoreWatchCursor::StoreWatchCursor(Store* store, StoreWatchOptions options)
    : store_(store), options_(std::move(options)) {}

absl::StatusOr<bool> StoreWatchCursor::Next(Step* step) {
  if (phase_ == Phase::kBegin) RETURN_IF_ERROR(Begin());
  if (phase_ == Phase::kSnapshot) return NextOfSnapshot(step);
  if (phase_ == Phase::kSynced) {
    step->revision = revision_;
    step->synced = true;
    phase_ = Phase::kLog;
    return true;
  }
  return NextOfLog(step);
}

absl::Status StoreWatchCursor::Begin() {
  if (options_.start_revision == 0) {
    phase_ = Phase::kSnapshot;
    return absl::OkStatus();
  }
  if (options_.start_revision < 0) {
    return InvalidField("start_revision", absl::StrCat(options_.start_revision),
                        "must be 0 or a revision");
  }
  if (options_.store_id.empty()) {
    return InvalidField("store_id", "", "must say which store start_revision counts in");
  }
  if (options_.store_id != store_->store_id()) {
    return CommonErrors::StoreRecreated(options_.store_id, store_->store_id());
  }
  revision_ = options_.start_revision - 1;
  phase_ = Phase::kResumed;
  return absl::OkStatus();
}

absl::StatusOr<bool> StoreWatchCursor::NextOfSnapshot(Step* step) {
  RangeRequest request;
  request.prefix = options_.prefix;
  request.start_after = last_key_;
  // The first page decides at which revision all of them are read.
  request.revision = last_key_.empty() ? 0 : revision_;
  request.limit = options_.batch;
  ASSIGN_OR_RETURN(RangeResponse page, store_->Range(request));
  revision_ = page.revision;
  step->revision = revision_;
  size_t bytes = 0;
  step->events.reserve(page.kvs.size());
  for (KeyValue& kv : page.kvs) {
    bytes += BytesOf(kv);
    if (bytes > options_.batch_bytes && !step->events.empty()) {
      page.more = true;
      break;
    }
    step->events.push_back({StoreEvent::Type::kPut, std::move(kv)});
  }
  if (!page.more) phase_ = Phase::kSynced;
  if (step->events.empty()) return Next(step);
  last_key_ = step->events.back().kv.key;
  return true;
}

absl::StatusOr<bool> StoreWatchCursor::NextOfLog(Step* step) {
  if (live_) RETURN_IF_ERROR(CheckLag());
  while (true) {
    ASSIGN_OR_RETURN(EventBatch batch,
                     store_->ReadEvents(options_.prefix, revision_ + 1, options_.batch));
    Trim(&batch);
    const bool moved = batch.revision > revision_;
    if (moved) revision_ = batch.revision;
    if (store_->revision() - revision_ <= options_.batch) live_ = true;
    const bool first = phase_ == Phase::kResumed;
    phase_ = Phase::kLog;
    if (!batch.events.empty() || first) {
      step->events = std::move(batch.events);
      step->revision = revision_;
      return true;
    }
    if (!moved || revision_ >= store_->revision()) break;
  }
  return false;
}

void StoreWatchCursor::Trim(EventBatch* batch) const {
  size_t bytes = 0;
  for (size_t i = 0; i < batch->events.size(); ++i) {
    const KeyValue& kv = batch->events[i].kv;
    bytes += BytesOf(kv);
    const bool begins_revision = i > 0 && kv.mod_revision > batch->events[i - 1].kv.mod_revision;
    if (bytes > options_.batch_bytes && begins_revision) {
      batch->events.resize(i);
      batch->revision = kv.mod_revision - 1;
      return;
    }
  }
}

absl::Status StoreWatchCursor::CheckLag() const {
  const int64_t behind = store_->revision() - revision_;
  if (behind <= options_.max_lag) return absl::OkStatus();
  return CommonErrors::SlowReader(
      absl::StrCat("was read too slowly and is ", behind, " revisions behind"));
}

StoreWakesWatches::StoreWakesWatches(Store* store, WatchHub* hub)
    : store_(store), subscription_(store->Subscribe([hub](int64_t) { hub->Wake(); })) {}

StoreWakesWatches::~StoreWakesWatches() { store_->Unsubscribe(subscription_); }

}  // namespace mpd
