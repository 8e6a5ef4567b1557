#include "dnsd-controller/testing/testing_dnsmasq.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdlib>

namespace mpd::dnsd {
namespace {

constexpr char kDnsmasq[] = "/usr/sbin/dnsmasq";

}  // namespace

bool TestingDnsmasq::Installed() { return access(kDnsmasq, X_OK) == 0; }

uint16_t TestingDnsmasq::FreePort() {
  namespace ip = boost::asio::ip;
  boost::asio::io_context loop;
  const ip::address_v4 local = ip::address_v4::loopback();
  for (;;) {
    ip::udp::socket udp(loop, {local, 0});
    const uint16_t port = udp.local_endpoint().port();
    ip::tcp::acceptor tcp(loop);
    tcp.open(ip::tcp::v4());
    boost::system::error_code taken;
    tcp.bind({local, port}, taken);
    if (!taken) return port;
  }
}

void TestingDnsmasq::Start() {
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) dup2(null, fd);
  const std::string option = "--conf-file=" + config_file_;
  execl(kDnsmasq, kDnsmasq, option.c_str(), nullptr);
  _exit(127);
}

void TestingDnsmasq::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGCONT);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void TestingDnsmasq::Signal(int signal) { kill(pid_, signal); }

}  // namespace mpd::dnsd
