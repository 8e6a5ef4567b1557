// Takes the leases to the disk: what changes while a write is under way, and while the resolver
// takes it in, is the next one. A write that fails is made again, compared with all that is on the
// disk, until it succeeds.
//
// dnsmasq answers nothing while it reads files, and reading one costs it a walk over all of its
// records: 0.5 ms where there are 10,000. So it gets them a few at a time, and is waited for.
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

// All on the loop's thread; the disk has a thread of its own.
class ZonePublisher : public std::enable_shared_from_this<ZonePublisher> {
 public:
  struct Written {
    int64_t revision = 0;
    std::string store_id;
    bool new_store = false;
    std::vector<ZoneChange> changes;
  };
  // `on_written` is called after each write, `on_error` when error() has changed; `settle` is done
  // once the resolver has taken in what was written, or is not there to do so.
  struct Callbacks {
    std::function<void(const Written&)> on_written;
    std::function<void()> on_error;
    std::function<boost::asio::awaitable<void>()> settle;
  };
  static constexpr size_t kFilesAtOnce = 32;

  ZonePublisher(boost::asio::io_context* loop, ZoneModel model, HostsPublisher hosts,
                Callbacks callbacks);

  void Start();
  // No call comes after.
  void Stop();

  // The leases come anew; nothing is written until Advance.
  void BeginReset() { model_.BeginReset(); }
  ZoneModel& model() { return model_; }
  // The model now holds everything up to this revision of this store.
  void Advance(int64_t revision, const std::string& store_id);

  // Why the disk does not hold what it should; OK where it does, or will in a moment.
  const absl::Status& error() const { return error_; }

 private:
  static boost::asio::awaitable<void> Run(std::shared_ptr<ZonePublisher> self);
  boost::asio::awaitable<void> Write();
  boost::asio::awaitable<absl::Status> WriteDifference();
  boost::asio::awaitable<absl::Status> WriteFiles(std::vector<HostsFile> files);
  boost::asio::awaitable<void> Settle();
  void Collect();
  std::map<std::string, std::string> AllFiles() const;
  std::vector<HostsFile> ChangedFiles() const;
  void SetError(const absl::Status& error);

  boost::asio::io_context* const loop_;
  ZoneModel model_;
  HostsPublisher hosts_;
  Callbacks callbacks_;
  AsyncEvent wake_;
  // After what its jobs use: it ends before that.
  WorkerThread disk_;

  int64_t revision_ = 0;
  std::string store_id_;
  std::string written_store_id_;
  int64_t written_revision_ = -1;
  bool write_all_ = true;
  // By owner: not yet on the disk.
  std::map<std::string, ZoneChange> unwritten_;
  Backoff retry_;
  absl::Status error_;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_ZONE_PUBLISHER_H_
