#include "ipam/load/disk.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mpd::ipam {
namespace {

constexpr size_t kBlock = 4096;
constexpr int64_t kBlocks = 1024;

std::string HostLocalConfig(const std::string& folder) {
  return absl::StrCat(R"({"cniVersion": "0.4.0", "name": "load", "type": "bridge",
    "ipam": {"type": "host-local", "dataDir": ")",
                      folder, R"(", "ranges": [[{"subnet": "10.16.0.0/12"}]]}})");
}

// Calls the CNI plugin once. `config` is the path of its configuration.
bool RunPlugin(const std::string& program, const std::string& config, const char* command,
               int64_t number) {
  std::vector<std::string> environment = {
      absl::StrCat("CNI_COMMAND=", command), absl::StrCat("CNI_CONTAINERID=load", number),
      "CNI_NETNS=/proc/self/ns/net", "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni"};
  std::vector<char*> variables;
  variables.reserve(environment.size() + 1);
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string name = program;
  std::array<char*, 2> args = {name.data(), nullptr};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, config.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, program.c_str(), &files, nullptr, args.data(), variables.data());
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  return error == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

absl::StatusOr<LoadResult> MeasureSync(const std::string& folder, absl::Duration duration) {
  const std::string path = folder + "/sync";
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  const std::string block(kBlock, 'x');
  const auto write = [&](int64_t number) {
    const auto offset = static_cast<off_t>(number % kBlocks * static_cast<int64_t>(kBlock));
    return pwrite(fd, block.data(), block.size(), offset) == static_cast<ssize_t>(kBlock);
  };
  for (int64_t i = 0; i < kBlocks; ++i) write(i);
  fsync(fd);
  LoadResult result = RunBlockingLoad(
      [&](int64_t number) { return write(number) && fdatasync(fd) == 0; }, 1, duration);
  close(fd);
  unlink(path.c_str());
  return result;
}

absl::StatusOr<HostLocalResult> MeasureHostLocal(const std::string& program,
                                                 const std::string& folder, int callers,
                                                 absl::Duration duration) {
  if (access(program.c_str(), X_OK) != 0) return absl::ErrnoToStatus(errno, program);
  const std::string config = folder + "/host-local.json";
  std::ofstream(config) << HostLocalConfig(folder + "/host-local");
  HostLocalResult result;
  result.add = RunBlockingLoad(
      [&](int64_t number) { return RunPlugin(program, config, "ADD", number); }, callers, duration);
  result.del = RunBlockingLoad(
      [&](int64_t number) { return RunPlugin(program, config, "DEL", number); }, callers, duration);
  return result;
}

}  // namespace mpd::ipam
