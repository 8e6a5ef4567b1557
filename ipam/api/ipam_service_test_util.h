// A server of the real service on a book of its own, for the tests of what callers see.
#ifndef MPD_IPAM_API_IPAM_SERVICE_TEST_UTIL_H_
#define MPD_IPAM_API_IPAM_SERVICE_TEST_UTIL_H_

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "common/watch/store_watch.h"
#include "ipam/api/ipam_service.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {

inline constexpr auto kDeadline = std::chrono::seconds(30);

class IpamServiceTest : public testing::Test {
 protected:
  IpamServiceTest() { Serve(); }
  ~IpamServiceTest() override { StopServing(); }

  void Serve() {
    hub_ = std::make_unique<WatchHub>(absl::Milliseconds(100));
    wakes_ = std::make_unique<StoreWakesWatches>(&harness_.store(), hub_.get());
    service_ = std::make_unique<IpamService>(&harness_.book(), &harness_.store(),
                                             &harness_.worker(), hub_.get());
    const std::string socket = folder_.path() + "/ipam.sock";
    server_ = std::make_unique<TestServer>(socket, service_.get());
    stub_ = v1::IpamService::NewStub(
        grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  }

  void StopServing() {
    hub_->Drain(absl::UnavailableError("test ends"));
    server_.reset();
    wakes_.reset();
    service_.reset();
    hub_.reset();
  }

  void Restart() {
    StopServing();
    ASSERT_TRUE(harness_.Reopen().ok());
    Serve();
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::IpamService::StubInterface::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    context.set_wait_for_ready(true);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }

  absl::StatusOr<v1::Lease> Allocate(const std::string& owner, const std::string& pool,
                                     const std::string& hostname = "",
                                     const std::string& request_id = "") {
    v1::AllocateAddressRequest request;
    request.set_owner(owner);
    request.set_pool(pool);
    if (!hostname.empty()) request.add_hostnames(hostname);
    request.set_request_id(request_id);
    return Call(&v1::IpamService::StubInterface::AllocateAddress, request);
  }

  absl::StatusOr<v1::ReleaseLeaseResponse> Release(const std::string& owner) {
    v1::ReleaseLeaseRequest request;
    request.set_owner(owner);
    return Call(&v1::IpamService::StubInterface::ReleaseLease, request);
  }

  absl::StatusOr<v1::ListLeasesResponse> List(int page_size, const std::string& token) {
    v1::ListLeasesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(&v1::IpamService::StubInterface::ListLeases, request);
  }

  absl::StatusOr<v1::ListPoolsResponse> ListPools(int page_size, const std::string& token) {
    v1::ListPoolsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call(&v1::IpamService::StubInterface::ListPools, request);
  }

  absl::StatusOr<v1::Lease> Get(const std::string& owner) {
    v1::GetLeaseRequest request;
    request.set_owner(owner);
    return Call(&v1::IpamService::StubInterface::GetLease, request);
  }

  BookHarness harness_;
  TestFolder folder_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<StoreWakesWatches> wakes_;
  std::unique_ptr<IpamService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::IpamService::Stub> stub_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_API_IPAM_SERVICE_TEST_UTIL_H_
