// The mpd-ipam process that is killed.
#ifndef MPD_IPAM_HISTORY_VICTIM_H_
#define MPD_IPAM_HISTORY_VICTIM_H_

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"

namespace mpd::ipam {

// Runs mpd-ipam with its state, socket, configuration and log in a temporary folder. Not
// thread-safe.
class Victim {
 public:
  // Creates the folder, and a configuration with few addresses, so that clients compete for them.
  explicit Victim(std::string binary);
  // Kills the process when it still runs. The folder stays until RemoveFolder.
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  void Start();
  // Waits for the readiness notification to systemd. False when it did not come within `limit`.
  bool WaitUntilReady(absl::Duration limit);
  // Sends SIGKILL and waits. False when the process had ended by itself before.
  bool Kill();
  // Runs the program with one more argument, such as --fsck, and returns its exit code.
  int RunTool(const std::string& argument);

  const std::string& folder() const { return folder_; }
  std::string address() const { return "unix:" + folder_ + "/ipam.sock"; }
  void RemoveFolder();

 private:
  pid_t Spawn(const std::string& argument);

  const std::string binary_;
  std::string folder_;
  int ready_socket_ = -1;
  pid_t pid_ = -1;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_VICTIM_H_
