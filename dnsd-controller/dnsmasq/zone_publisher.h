// Writes the zone's changes to the hosts files that dnsmasq follows.
//
// All changes since the last write are written together; those that come during a write form the
// next one. After a failed write all files are compared with the zone, and what differs is written,
// again and again until that succeeds.
//
// dnsmasq answers no queries while it reads files, and reading one file costs it a walk over all of
// its records: 0.5 ms with 10,000 of them. So at most kFilesAtOnce files are written before dnsmasq
// is given time to read them.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_ZONE_PUBLISHER_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_ZONE_PUBLISHER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/async/async_event.h"
#include "common/async/awaitable.h"
#include "common/async/backoff.h"
#include "common/async/worker_thread.h"
#include "dnsd-controller/dnsmasq/hosts_publisher.h"
#include "dnsd-controller/zone/zone_model.h"

namespace mpd::dnsd {

// All calls are made, and all callbacks come, on the loop's thread; the disk is accessed on a
// thread of its own.
class ZonePublisher : public std::enable_shared_from_this<ZonePublisher> {
 public:
  // What one write has put on the disk.
  struct Written {
    int64_t revision = 0;
    std::string store_id;
    bool new_store = false;  // store_id differs from that of the write before
    std::vector<ZoneChange> changes;
  };
  struct Callbacks {
    std::function<void(const Written&)> on_written;
    // error() has changed.
    std::function<void()> on_error;
    // Ends when the resolver has read what was written so far, or when it does not answer.
    std::function<boost::asio::awaitable<void>()> await_ingested;
  };
  static constexpr size_t kFilesAtOnce = 32;

  // The publisher takes its changes from `model`, which the caller fills and which must live until
  // Stop.
  ZonePublisher(boost::asio::io_context* loop, ZoneModel* model, HostsPublisher hosts,
                Callbacks callbacks);

  void Start();
  // No callback is called, and the model is not read, after this.
  void Stop();

  // The model now holds everything up to this revision of this store; to be called after each
  // change of it, and once at the end of a reset. Nothing is written while the model is resetting.
  void Advance(int64_t revision, const std::string& store_id);

  // Why the last write failed; OK when it succeeded or nothing was written yet.
  const absl::Status& error() const { return error_; }

 private:
  static boost::asio::awaitable<void> Run(std::shared_ptr<ZonePublisher> self);
  boost::asio::awaitable<void> Write();
  boost::asio::awaitable<absl::Status> WriteDifference();
  boost::asio::awaitable<absl::Status> WriteChanges(std::vector<HostsChange> changes);
  boost::asio::awaitable<void> AwaitIngested();
  void CollectChanges();
  std::vector<HostsLine> AllLines() const;
  std::vector<HostsChange> ChangedFiles() const;
  void SetError(const absl::Status& error);

  boost::asio::io_context* const loop_;
  ZoneModel* const model_;
  HostsPublisher hosts_;
  Callbacks callbacks_;
  AsyncEvent wake_;
  // Declared after the members that its jobs use, so that it ends before they are destroyed.
  WorkerThread disk_;

  int64_t revision_ = 0;
  std::string store_id_;
  std::string written_store_id_;
  int64_t written_revision_ = -1;
  bool compare_all_ = true;  // what is on the disk is not known: at the start and after an error
  // Changes that are not on the disk yet, by owner.
  std::map<std::string, ZoneChange> unwritten_;
  Backoff retry_;
  absl::Status error_;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_ZONE_PUBLISHER_H_
