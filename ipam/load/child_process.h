// A server program that the load program starts as a child process.
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

// The destructor ends the process with SIGTERM and waits for its end. It also ends when the load
// program ends.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> args;         // the program first; it is looked up in PATH
    std::vector<std::string> environment;  // "NAME=value", added to this process's environment
    std::string folder;                    // its working directory
    std::string output = "output";         // the file in that folder for its output
  };
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(Options options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Waits until the Unix socket accepts connections. UNAVAILABLE, with the program's last output,
  // when the program has ended or the time is over before.
  absl::Status WaitForSocket(const std::string& path, absl::Duration timeout);
  // Its proportional set size: shared pages are divided among the processes. 0 when it can't be
  // read.
  int64_t PssBytes() const;
  // The processor time of all its threads so far.
  absl::Duration CpuTime() const;
  // Sends SIGKILL and waits for its end.
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
