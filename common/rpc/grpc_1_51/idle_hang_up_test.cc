#include "common/rpc/grpc_1_51/idle_hang_up.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "common/base/one_shot.h"
#include "common/rpc/grpc_1_51/workarounds.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using std::chrono::system_clock;

class HeldService : public IpamService::Service {
 public:
  grpc::Status GetLease(grpc::ServerContext*, const ipam::v1::GetLeaseRequest*,
                        ipam::v1::Lease*) override {
    came.Set(true);
    answer.Wait();
    return grpc::Status::OK;
  }

  OneShot<bool> came;
  OneShot<bool> answer;
};

// A connection whose client says what HTTP/2 (RFC 9113, 3.4) begins with, and then nothing more.
class SilentClient {
 public:
  explicit SilentClient(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    // The preface and an empty SETTINGS frame.
    const std::string hello =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
    EXPECT_EQ(write(fd_, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
    // The server has taken the connection once it has sent its own.
    char byte = 0;
    EXPECT_EQ(read(fd_, &byte, 1), 1);
  }
  ~SilentClient() { close(fd_); }
  SilentClient(const SilentClient&) = delete;
  SilentClient& operator=(const SilentClient&) = delete;

 private:
  const int fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

// A server with a client that is connected and calls nothing.
class IdleHangUpTest : public ::testing::Test {
 protected:
  IdleHangUpTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    silent_.emplace(folder_.path() + "/s");
  }
  ~IdleHangUpTest() override { GrpcWorkaroundsApply("1.51.1"); }

  // Whether the server was down before the grace was over.
  bool ShutsDownWithin(std::chrono::milliseconds grace) {
    const auto deadline = system_clock::now() + grace;
    const IdleHangUp hang_up(server_.get());
    server_->Shutdown(deadline);
    return system_clock::now() < deadline;
  }

  const TestFolder folder_;
  const std::string address_ = "unix:" + folder_.path() + "/s";
  HeldService service_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<SilentClient> silent_;
  const std::unique_ptr<IpamService::Stub> stub_ =
      IpamService::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
};

TEST_F(IdleHangUpTest, AnIdleClientIsNotWaitedFor) {
  EXPECT_TRUE(ShutsDownWithin(std::chrono::minutes(1)));
}

TEST_F(IdleHangUpTest, WhichGrpcItselfWaitsForToTheEndOfTheGrace) {
  GrpcWorkaroundsApply("1.60.0");
  EXPECT_FALSE(ShutsDownWithin(std::chrono::milliseconds(500)));
}

TEST_F(IdleHangUpTest, ACallThatRunsIsAnsweredFirst) {
  grpc::Status status;
  std::thread call([&] {
    grpc::ClientContext context;
    ipam::v1::Lease lease;
    status = stub_->GetLease(&context, {}, &lease);
  });
  service_.came.Wait();
  EXPECT_EQ(ServerCallsInFlight(), 1);
  bool in_time = false;
  std::thread shutdown([&] { in_time = ShutsDownWithin(std::chrono::minutes(1)); });
  service_.answer.Set(true);
  call.join();
  shutdown.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(in_time);
  EXPECT_EQ(ServerCallsInFlight(), 0);
}

TEST(CallsInFlightOfTest, StartedButNeitherSucceededNorFailed) {
  EXPECT_EQ(CallsInFlightOf(R"({"server": [
      {"ref": {"serverId": "1"},
       "data": {"callsStarted": "9", "callsSucceeded": "4", "callsFailed": "2"}},
      {"ref": {"serverId": "2"}, "data": {"callsStarted": "1"}},
      {"ref": {"serverId": "3"}}], "end": true})"),
            4);
  EXPECT_EQ(CallsInFlightOf(R"({"server": [], "end": true})"), 0);
}

TEST(CallsInFlightOfTest, UnknownWhereThereIsNoList) {
  EXPECT_EQ(CallsInFlightOf("{}"), -1);
  EXPECT_EQ(CallsInFlightOf("[]"), -1);
  EXPECT_EQ(CallsInFlightOf("not json"), -1);
}

}  // namespace
}  // namespace mpd
