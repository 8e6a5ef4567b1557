// DnsdControllerService on the outside, the controller on the inside.
#ifndef MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_H_
#define MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_H_

#include <atomic>
#include <memory>

#include "common/async/loop_mailbox.h"
#include "common/dns/dns_client.h"
#include "common/types/names.h"
#include "common/watch/watch_reactor.h"
#include "dnsd-controller/api/record_lister.h"
#include "dnsd-controller/control/status_board.h"
#include "dnsd-controller/control/zone_controller.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"

namespace mpd::dnsd {

class DnsdService : public v1::DnsdControllerService::CallbackService {
 public:
  // Nothing is owned; all must outlive the server.
  DnsdService(boost::asio::io_context* loop, ZoneController* controller, DnsClient* resolver,
              StatusBoard* board, WatchHub* watches, Zone zone);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::Status* response) override;
  grpc::ServerUnaryReactor* WaitForRevision(grpc::CallbackServerContext* context,
                                            const v1::WaitForRevisionRequest* request,
                                            v1::WaitForRevisionResponse* response) override;
  grpc::ServerUnaryReactor* ListRecords(grpc::CallbackServerContext* context,
                                        const v1::ListRecordsRequest* request,
                                        v1::ListRecordsResponse* response) override;
  grpc::ServerUnaryReactor* Lookup(grpc::CallbackServerContext* context,
                                   const v1::LookupRequest* request,
                                   v1::LookupResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchStatusResponse>* WatchStatus(
      grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) override;

 private:
  boost::asio::io_context* const loop_;
  LoopMailbox mailbox_;
  ZoneController* const controller_;
  DnsClient* const resolver_;
  StatusBoard* const board_;
  WatchHub* const watches_;
  RecordLister record_lister_;  // the loop's
  const Zone zone_;
  std::atomic<size_t> lookups_{0};
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_API_DNSD_SERVICE_H_
