// For tests of daemons as processes: daemon_test_daemon, started, signalled and waited for.
#ifndef MPD_COMMON_DAEMON_DAEMON_TEST_UTIL_H_
#define MPD_COMMON_DAEMON_DAEMON_TEST_UTIL_H_

#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/files.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/test_server.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {

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

  pid_t pid() const { return pid_; }
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

// A daemon in folders of its own, and a client of it.
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
    stub_ = ipam::v1::IpamService::NewStub(channel_);
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
  std::unique_ptr<ipam::v1::IpamService::Stub> stub_;
};

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_DAEMON_TEST_UTIL_H_
