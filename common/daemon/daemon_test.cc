#include "common/daemon/daemon.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/daemon/build_info.h"
#include "common/daemon/daemon_test_util.h"
#include "common/rpc/grpc_status.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kInTime[] = "INFO STOPPED Drained and stopped";

TEST_F(DaemonTest, ServesUntilSigterm) {
  auto daemon = StartServing();
  struct stat info = {};
  ASSERT_EQ(stat(socket_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660u);
  daemon->Signal(SIGTERM);
  EXPECT_EQ(daemon->Wait(), 0) << daemon->Err();
  EXPECT_THAT(daemon->Err(), HasSubstr(kInTime)) << "an idle client is not waited for";
  EXPECT_NE(stat(socket_.c_str(), &info), 0) << "the socket is removed";
  EXPECT_EQ(daemon->Out(), "drain 2\ndrain 1\ncoroutine ended in time\n");
  EXPECT_THAT(daemon->Err(), HasSubstr("INFO SERVING "));
}

TEST_F(DaemonTest, AnOpenStreamIsToldOfTheDrain) {
  auto daemon = StartServing();
  grpc::ClientContext context;
  Deadline(&context);
  auto reader = stub_->WatchLeases(&context, {});
  ipam::v1::WatchLeasesResponse message;
  ASSERT_TRUE(reader->Read(&message));
  daemon->Signal(SIGTERM);
  EXPECT_FALSE(reader->Read(&message));
  const absl::Status status = FromGrpcStatus(reader->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "SHUTTING_DOWN");
  EXPECT_EQ(daemon->Wait(), 0);
  EXPECT_THAT(daemon->Err(), HasSubstr(kInTime)) << "nothing was left to wait for";
}

// Holds a GetLease call in the daemon while `during` runs; gives how the call ended.
absl::Status WithHeldCall(IpamService::Stub* stub, const std::string& owner,
                          const std::function<void()>& during) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  ipam::v1::GetLeaseRequest request;
  request.set_owner(owner);
  absl::Status result;
  std::thread call([&] {
    ipam::v1::Lease lease;
    result = FromGrpcStatus(stub->GetLease(&context, request, &lease));
  });
  ipam::v1::ListPoolsResponse response;
  while (response.revision() == 0) {
    grpc::ClientContext ping;
    const grpc::Status answered = stub->ListPools(&ping, {}, &response);
    EXPECT_TRUE(answered.ok()) << answered.error_message();
    if (!answered.ok()) break;
  }
  during();
  call.join();
  return result;
}

TEST_F(DaemonTest, ACallThatRunsIsCancelledInTime) {
  auto daemon = StartServing();
  int code = -1;
  const absl::Status status = WithHeldCall(stub_.get(), "held", [&] {
    daemon->Signal(SIGTERM);
    code = daemon->Wait();
  });
  EXPECT_EQ(code, 0) << daemon->Err();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(daemon->Err(), HasSubstr("calls that would not end were cancelled"));
}

TEST_F(DaemonTest, ACallThatIgnoresItsCancellationDoesNotKeepTheProcess) {
  auto daemon = StartServing();
  int code = -1;
  EXPECT_FALSE(WithHeldCall(stub_.get(), "forever", [&] {
                 daemon->Signal(SIGTERM);
                 code = daemon->Wait();
               }).ok());
  EXPECT_EQ(code, 1);
  EXPECT_THAT(daemon->Err(), HasSubstr("ERROR DRAIN_TIMEOUT "));
}

TEST_F(DaemonTest, ASecondSignalEndsItAtOnce) {
  auto daemon = StartServing();
  int code = -1;
  EXPECT_FALSE(WithHeldCall(stub_.get(), "held", [&] {
                 daemon->Signal(SIGTERM);
                 while (daemon->Err().find("DRAINING") == std::string::npos)
                   std::this_thread::yield();
                 daemon->Signal(SIGINT);
                 code = daemon->Wait();
               }).ok());
  EXPECT_EQ(code, 1);
  EXPECT_THAT(daemon->Err(), HasSubstr("WARNING DRAIN_CUT_SHORT "));
}

TEST_F(DaemonTest, TheSocketOfALiveDaemonIsNotTaken) {
  auto daemon = StartServing();
  Process second(run_, Flags());
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.ErrLines(), SizeIs(1));
  EXPECT_THAT(second.Err(), HasSubstr("SOCKET_IN_USE"));
  EXPECT_THAT(second.Err(), HasSubstr(socket_));
  EXPECT_TRUE(Ping().ok()) << "the first one still serves";
}

TEST_F(DaemonTest, AKilledDaemonIsFollowedByTheNext) {
  auto first = StartServing();
  first->Signal(SIGKILL);
  EXPECT_EQ(first->Wait(), -SIGKILL);
  struct stat info = {};
  ASSERT_EQ(stat(socket_.c_str(), &info), 0) << "it could not remove its socket";
  auto second = StartServing();
  second->Signal(SIGTERM);
  EXPECT_EQ(second->Wait(), 0) << second->Err();
}

TEST_F(DaemonTest, ProblemsAreOneLineThatNamesThem) {
  std::ofstream(folder_.path() + "/bad.textproto") << "zone: \"mpd.test\"\nnonsense: 1\n";
  std::ofstream(folder_.path() + "/file") << "";
  const struct {
    std::string flag;
    std::string named;
    int code;
  } cases[] = {
      {"--run_root=" + folder_.path() + "/absent", folder_.path() + "/absent", 1},
      {"--run_root=" + folder_.path() + "/file", folder_.path() + "/file", 1},
      {"--run_root=/proc/sys", "/proc/sys", 1},
      {"--run_root=/tmp/" + std::string(120, 'x'), "too long", 1},
      {"--state_root=" + folder_.path() + "/file", folder_.path() + "/file", 1},
      {"--config=" + folder_.path() + "/bad.textproto", "bad.textproto:2", 1},
      {"--no_such_flag", "--no_such_flag", 2},
      {"--log_level=loud", "loud", 2},
      {"argument", "argument", 2},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.flag);
    std::vector<std::string> flags = Flags();
    flags.push_back(each.flag);
    Process daemon(folder_.path(), flags);
    EXPECT_EQ(daemon.Wait(), each.code);
    EXPECT_THAT(daemon.ErrLines(), SizeIs(1)) << daemon.Err();
    EXPECT_THAT(daemon.Err(), HasSubstr(each.named));
  }
}

TEST_F(DaemonTest, CheckConfigSaysSoAndServesNothing) {
  auto good = Start({"--check_config"});
  EXPECT_EQ(good->Wait(), 0);
  EXPECT_THAT(good->Out(), HasSubstr("is valid"));
  std::ofstream(folder_.path() + "/mpd.textproto") << "nonsense: 1\n";
  auto bad = Start({"--check_config"});
  EXPECT_EQ(bad->Wait(), 1);
  EXPECT_THAT(bad->ErrLines(), SizeIs(1));
  EXPECT_THAT(bad->Err(), HasSubstr("mpd.textproto:1"));
}

TEST_F(DaemonTest, EnvironmentVariablesAreTheFlagsDefaults) {
  Process daemon(folder_.path(), {"--check_config"}, {"MPD_CONFIG=/nowhere/here.textproto"});
  EXPECT_EQ(daemon.Wait(), 0);
  EXPECT_THAT(daemon.Out(), HasSubstr("/nowhere/here.textproto"));
}

TEST_F(DaemonTest, HelpNamesTheFlagsAndVersionTheBuild) {
  auto help = Start({"--help"});
  EXPECT_EQ(help->Wait(), 0);
  for (const char* flag : {"--state_root", "--run_root", "--config", "--podman_socket",
                           "--log_level", "--check_config", "--version"}) {
    EXPECT_THAT(help->Out(), HasSubstr(flag));
  }
  auto version = Start({"--version"});
  EXPECT_EQ(version->Wait(), 0);
  EXPECT_THAT(version->Out(), HasSubstr(absl::StrCat("mpd-ipam ", BuildVersion())));
}

class HealthTest : public DaemonTest {
 protected:
  // The status of a service, or the error where there is none.
  absl::StatusOr<int> Check(const std::string& service) {
    grpc::ClientContext context;
    Deadline(&context);
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status =
        grpc::health::v1::Health::NewStub(channel_)->Check(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response.status();
  }
};

TEST_F(HealthTest, AnswersForEachServiceAndFollowsSetServing) {
  using grpc::health::v1::HealthCheckResponse;
  auto daemon = StartServing();
  const std::string own[] = {"", "mpd.ipam.v1.IpamService", "mpd.component.v1.ComponentService"};
  for (const std::string& service : own) {
    EXPECT_EQ(Check(service).value_or(-1), HealthCheckResponse::SERVING) << service;
  }
  EXPECT_EQ(Check("mpd.ipam.v1.NoService").status().code(), absl::StatusCode::kNotFound);
  grpc::ClientContext context;
  Deadline(&context);
  ipam::v1::ReleaseLeaseResponse response;
  ASSERT_TRUE(stub_->ReleaseLease(&context, {}, &response).ok());
  for (const std::string& service : own) {
    EXPECT_EQ(Check(service).value_or(-1), HealthCheckResponse::NOT_SERVING) << service;
  }
  EXPECT_EQ(Check("mpd.ipam.v1.NoService").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(HealthTest, AWatchIsToldOfTheDrainAndNotWaitedFor) {
  using grpc::health::v1::HealthCheckResponse;
  auto daemon = StartServing();
  const auto stub = grpc::health::v1::Health::NewStub(channel_);
  grpc::ClientContext context;
  Deadline(&context);
  auto reader = stub->Watch(&context, {});
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  daemon->Signal(SIGTERM);
  while (reader->Read(&response)) EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(daemon->Wait(), 0);
  EXPECT_THAT(daemon->Err(), HasSubstr(kInTime));
}

TEST_F(DaemonTest, TellsSystemdWhenItIsReadyAndFeedsTheWatchdog) {
  const std::string path = folder_.path() + "/notify";
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const timeval limit = {30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  Process daemon(folder_.path(), Flags(), {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=100000"});
  const auto receive = [fd] {
    char buffer[256];
    const ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
    return size > 0 ? std::string(buffer, static_cast<size_t>(size)) : std::string();
  };
  EXPECT_EQ(receive(), "READY=1");
  EXPECT_EQ(access(socket_.c_str(), F_OK), 0) << "ready once the socket is there";
  EXPECT_EQ(receive(), "WATCHDOG=1");
  EXPECT_EQ(receive(), "WATCHDOG=1");
  daemon.Signal(SIGTERM);
  std::string message;
  do {
    message = receive();
  } while (message == "WATCHDOG=1");
  EXPECT_EQ(message, "STOPPING=1");
  EXPECT_EQ(daemon.Wait(), 0);
  close(fd);
}

}  // namespace
}  // namespace mpd
