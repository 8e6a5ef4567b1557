#include "common/daemon/daemon.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "grpc/health/v1/health.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kInTime[] = "INFO STOPPED Drained and stopped";

// One process of daemon_test_daemon.
class Process {
 public:
  Process(const std::string& folder, std::vector<std::string> arguments,
          std::vector<std::string> environment = {})
      : out_(folder + "/out"), err_(folder + "/err") {
    arguments.insert(arguments.begin(), DAEMON_TEST_DAEMON);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), flags, 0600);
    const int error = posix_spawn(&pid_, DAEMON_TEST_DAEMON, &actions, nullptr,
                                  Pointers(arguments).data(), Environment(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(error, 0);
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int number) { kill(pid_, number); }
  // The exit code; minus the signal where one killed it.
  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string Out() const { return ReadFile(out_).value_or(""); }
  std::string Err() const { return ReadFile(err_).value_or(""); }
  std::vector<std::string> ErrLines() const {
    return absl::StrSplit(Err(), '\n', absl::SkipEmpty());
  }

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (std::string& string : strings) pointers.push_back(string.data());
    pointers.push_back(nullptr);
    return pointers;
  }
  static std::vector<char*> Environment(std::vector<std::string>& more) {
    std::vector<char*> pointers = Pointers(more);
    pointers.pop_back();
    for (char** variable = environ; *variable != nullptr; ++variable) {
      pointers.push_back(*variable);
    }
    pointers.push_back(nullptr);
    return pointers;
  }

  const std::string out_;
  const std::string err_;
  pid_t pid_ = -1;
};

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() { EXPECT_TRUE(MakeFolder(run_, 0750).ok()); }

  std::vector<std::string> Flags(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--state_root=" + folder_.path() + "/state", "--run_root=" + run_,
                             "--config=" + folder_.path() + "/mpd.textproto"});
    return more;
  }
  std::unique_ptr<Process> Start(std::vector<std::string> more = {}) {
    return std::make_unique<Process>(folder_.path(), Flags(std::move(more)));
  }
  // Starts one and returns when it answers.
  std::unique_ptr<Process> StartServing() {
    auto process = Start();
    channel_ = MakeLocalChannel(socket_);
    stub_ = IpamService::NewStub(channel_);
    EXPECT_TRUE(Ping().ok());
    return process;
  }
  absl::Status Ping() {
    grpc::ClientContext context;
    Deadline(&context);
    ipam::v1::ListPoolsResponse response;
    return FromGrpcStatus(stub_->ListPools(&context, {}, &response));
  }
  static void Deadline(grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context->set_wait_for_ready(true);
  }

  TestFolder folder_;
  const std::string run_ = folder_.path() + "/run";
  const std::string socket_ = run_ + "/ipam.sock";
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<IpamService::Stub> stub_;
};

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
  int Check() {
    grpc::TemplatedGenericStub<grpc::health::v1::HealthCheckRequest,
                               grpc::health::v1::HealthCheckResponse>
        stub(channel_);
    grpc::ClientContext context;
    Deadline(&context);
    grpc::CompletionQueue queue;
    auto reader = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &queue);
    reader->StartCall();
    grpc::health::v1::HealthCheckResponse response;
    grpc::Status status;
    reader->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }
};

TEST_F(HealthTest, AnswersAndFollowsSetServing) {
  auto daemon = StartServing();
  EXPECT_EQ(Check(), grpc::health::v1::HealthCheckResponse::SERVING);
  grpc::ClientContext context;
  Deadline(&context);
  ipam::v1::ReleaseLeaseResponse response;
  ASSERT_TRUE(stub_->ReleaseLease(&context, {}, &response).ok());
  EXPECT_EQ(Check(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
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
