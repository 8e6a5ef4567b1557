// Runs the real dnsmasq as a child process of a test, with a given configuration file.
#ifndef MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_
#define MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

namespace mpd::dnsd {

// Not thread-safe.
class TestingDnsmasq {
 public:
  explicit TestingDnsmasq(std::string config_file) : config_file_(std::move(config_file)) {}
  ~TestingDnsmasq() { Kill(); }

  static bool Installed();
  // A port of 127.0.0.1 that is free for UDP and TCP at the moment. Another process may take it
  // before it is used.
  static uint16_t FreePort();

  void Start();
  // Sends SIGKILL and waits until the process has ended. Does nothing when it does not run.
  void Kill();
  void Signal(int signal);

 private:
  const std::string config_file_;
  pid_t pid_ = -1;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_
