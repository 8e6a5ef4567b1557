#include "ipam/history/victim.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace mpd::ipam {
namespace {

constexpr const char* kConfig = R"(
release_cooldown { seconds: 1 }
pools { name: "services" first_offset: 3 last_offset: 29 fixed_only: true
        fixed { owner: "service/dnsmasq" offset: 3 } }
pools { name: "databases" first_offset: 30 last_offset: 130 }
pools { name: "runtimes" first_offset: 140 last_offset: 145 }
)";

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::_Exit(2);
}

}  // namespace

Victim::Victim(std::string binary) : binary_(std::move(binary)) {
  char path[] = "/tmp/mpd-kill-XXXXXX";
  Require(mkdtemp(path) != nullptr, "a folder in /tmp");
  folder_ = path;
  std::ofstream(folder_ + "/mpd.textproto") << kConfig;
  // Stands in for the socket on which systemd is notified of readiness.
  ready_socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  absl::StrCat(folder_, "/notify").copy(address.sun_path, sizeof(address.sun_path) - 1);
  Require(bind(ready_socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
          "the socket for readiness");
}

Victim::~Victim() {
  Kill();
  close(ready_socket_);
}

pid_t Victim::Spawn(const std::string& argument) {
  std::vector<std::string> words = {binary_, "--state_root=" + folder_, "--run_root=" + folder_,
                                    "--config=" + folder_ + "/mpd.textproto",
                                    "--log_level=warning"};
  if (!argument.empty()) words.push_back(argument);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string notify = absl::StrCat("NOTIFY_SOCKET=", folder_, "/notify");
  char* const env[] = {notify.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const std::string log = folder_ + "/log";
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = -1;
  Require(posix_spawn(&pid, binary_.c_str(), &files, nullptr, argv.data(), env) == 0,
          binary_.c_str());
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

void Victim::Start() {
  char old[256];
  while (recv(ready_socket_, old, sizeof(old), 0) > 0) {
  }
  pid_ = Spawn("");
}

bool Victim::WaitUntilReady(absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (absl::Now() < deadline) {
    pollfd readable = {ready_socket_, POLLIN, 0};
    poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(deadline - absl::Now())) + 1);
    char text[256] = {};
    if (recv(ready_socket_, text, sizeof(text) - 1, 0) > 0 && absl::StrContains(text, "READY=1")) {
      return true;
    }
  }
  return false;
}

bool Victim::Kill() {
  if (pid_ < 0) return true;
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int Victim::RunTool(const std::string& argument) {
  int status = 0;
  waitpid(Spawn(argument), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Victim::RemoveFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace mpd::ipam
