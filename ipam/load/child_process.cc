#include "ipam/load/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace mpd::ipam {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool CanConnect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

// Runs between fork and exec. In a process with threads only system calls are allowed there.
[[noreturn]] void Become(char** args, char** environment, const char* folder, const char* output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(folder) != 0) _exit(126);
  const int fd = open(output, O_CREAT | O_WRONLY | O_APPEND, 0600);
  const int nothing = open("/dev/null", O_RDONLY);
  if (fd < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0) {
    _exit(126);
  }
  execvpe(args[0], args, environment);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(Options options) {
  for (char** entry = environ; *entry != nullptr; ++entry) options.environment.emplace_back(*entry);
  const std::vector<char*> args = Pointers(options.args);
  const std::vector<char*> environment = Pointers(options.environment);
  const pid_t pid = fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, absl::StrCat("fork for ", options.args[0]));
  if (pid == 0) {
    Become(const_cast<char**>(args.data()), const_cast<char**>(environment.data()),
           options.folder.c_str(), options.output.c_str());
  }
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(pid, absl::StrCat(options.folder, "/", options.output)));
}

ChildProcess::~ChildProcess() { End(SIGTERM); }

void ChildProcess::Kill() { End(SIGKILL); }

void ChildProcess::End(int signal) {
  if (ended_) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  ended_ = true;
}

bool ChildProcess::HasEnded() {
  if (!ended_) ended_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
  return ended_;
}

absl::Status ChildProcess::WaitForSocket(const std::string& path, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!CanConnect(path)) {
    if (HasEnded() || absl::Now() > deadline) {
      return absl::UnavailableError(
          absl::StrCat("nothing serves ", path, "; its program has said: ", ReadFile(output_)));
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
  return absl::OkStatus();
}

absl::Duration ChildProcess::CpuTime() const {
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return absl::DurationFromTimespec(time);
}

int64_t ChildProcess::PssBytes() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/smaps_rollup"));
  std::string word;
  while (file >> word) {
    int64_t kib = 0;
    if (word == "Pss:" && file >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace mpd::ipam
