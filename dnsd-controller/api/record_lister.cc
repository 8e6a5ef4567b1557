#include "dnsd-controller/api/record_lister.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/rpc/paging.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {
namespace {

using RecordListing = ZoneController::RecordListing;

void FillRecord(const ZoneRecord& record, v1::Record* message) {
  message->set_name(record.name);
  message->set_type("A");
  message->set_value(record.address.ToString());
  message->set_owner(record.owner);
}

}  // namespace

absl::Status RecordLister::List(const v1::ListRecordsRequest& request,
                                v1::ListRecordsResponse* response) {
  ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  auto listing = std::make_shared<const RecordListing>(controller_->ListRecords());
  if (listing->store_id.empty()) return DnsdErrors::NotRendered();
  const Listing tokens{"records", listing->store_id, listing->revision};
  ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(request.page_token(), tokens));
  const bool first_page = start.after.empty();
  if (!first_page) listing = recent_.Find(tokens.store_id, start.revision);
  if (listing == nullptr) return ListingExpired(start.revision);

  const auto& records = listing->records;
  auto record = std::upper_bound(
      records.begin(), records.end(), start.after,
      [](const std::string& after, const ZoneRecord& other) { return after < other.name; });
  for (size_t count = 0; count < size && record != records.end(); ++count, ++record) {
    FillRecord(*record, response->add_records());
  }
  if (record != records.end()) {
    if (first_page) recent_.Keep(listing->store_id, listing->revision, listing);
    response->set_next_page_token(
        EncodePageToken(tokens, {listing->revision, std::prev(record)->name}));
  }
  response->set_revision(listing->revision);
  response->set_store_id(listing->store_id);
  return absl::OkStatus();
}

}  // namespace mpd::dnsd
