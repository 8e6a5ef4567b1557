// For tests: the real dnsmasq as a child process, run with a configuration file.
#ifndef MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_
#define MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

namespace mpd::dnsd {

class TestingDnsmasq {
 public:
  explicit TestingDnsmasq(std::string config_file) : config_file_(std::move(config_file)) {}
  ~TestingDnsmasq() { Kill(); }

  static bool Installed();
  // A port on 127.0.0.1 that is free for UDP and TCP now.
  static uint16_t FreePort();

  void Start();
  // At once, and waits for its end.
  void Kill();
  void Signal(int signal);

 private:
  const std::string config_file_;
  pid_t pid_ = -1;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_TESTING_TESTING_DNSMASQ_H_
