// The mpd-ipam that is killed.
#ifndef MPD_IPAM_HISTORY_VICTIM_H_
#define MPD_IPAM_HISTORY_VICTIM_H_

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"

namespace mpd::ipam {

// The program in a folder of its own, with the state, socket, configuration and log in it. One
// thread.
class Victim {
 public:
  // Makes the folder, and pools with few addresses, so that clients meet.
  explicit Victim(std::string binary);
  // Kills what still runs; the folder stays until RemoveFolder.
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  void Start();
  // False: it has not said that it is ready within this time.
  bool WaitUntilReady(absl::Duration limit);
  // False: it had ended by itself.
  bool Kill();
  // Runs the program with one more argument to its end, as `mpd-ipam --fsck`; its exit code.
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
