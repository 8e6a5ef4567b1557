// Programs that the load program starts beside itself.
#ifndef MPD_IPAM_LOAD_CHILD_PROCESS_H_
#define MPD_IPAM_LOAD_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mpd::ipam {

// Runs until destroyed, which ends it with SIGTERM and waits; it also ends when this process does.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> args;         // the program first, found by PATH
    std::vector<std::string> environment;  // "NAME=value", beside this process's own
    std::string folder;                    // where it runs, with its output in `output`
    std::string output = "output";
  };
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(Options options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Waits until a Unix socket can be connected to. UNAVAILABLE with the program's last output when
  // it ends before, or the time runs out.
  absl::Status WaitForSocket(const std::string& path, absl::Duration timeout);
  // As the kernel counts it: what is shared is shared out. 0 where it can't be read.
  int64_t PssBytes() const;
  // Its threads' time on a processor so far.
  absl::Duration CpuTime() const;
  // SIGKILL, and waited for.
  void Kill();

 private:
  ChildProcess(pid_t pid, std::string output) : pid_(pid), output_(std::move(output)) {}
  bool HasEnded();
  void End(int signal);

  const pid_t pid_;
  const std::string output_;
  bool ended_ = false;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_CHILD_PROCESS_H_
