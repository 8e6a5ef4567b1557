// The fixture of zone_controller_test: the controller, with leases told by the test, and a real
// dnsmasq on a loopback port.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_TEST_UTIL_H_
#define MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/dns/udp_dns_client.h"
#include "common/testing/testing_loop.h"
#include "dnsd-controller/control/status_board.h"
#include "dnsd-controller/control/zone_controller.h"
#include "dnsd-controller/testing/testing_dnsmasq.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::dnsd {

struct LeaseText {
  std::string owner, address;
  std::vector<std::string> hostnames;
};

inline const LeaseText kPhp{"runtime/php", "10.163.0.100", {"php.runtime", "shop", "behat.shop"}};
inline const LeaseText kPortal{"service/portal", "10.163.0.4", {"portal.service", "@"}};

class ZoneControllerTest : public ::testing::Test {
 protected:
  // Starts the controller with a new state folder. dnsmasq is started by the tests.
  void SetUp() override;
  void TearDown() override;

  void StartController();
  void StopController();

  // Writes a file below root_.
  void Write(const std::string& name, const std::string& text);

  // What the stream of leases would bring: one lease put, or deleted.
  void Put(const LeaseText& lease, int64_t revision);
  void Delete(const std::string& owner, int64_t revision);
  // All leases there are, as a new stream lists them.
  void Sync(const std::vector<LeaseText>& leases, int64_t revision,
            const std::string& store = "store-1");

  // Each returns the status as soon as it is as wanted; fails after a time that is long enough.
  v1::Status AwaitStatus(const std::function<bool(const v1::Status&)>& wanted);
  v1::Status AwaitPublished(int64_t revision);
  v1::Status AwaitState(v1::ResolverState state);

  // The resolver's answer: rcode and records, as in "NOERROR 10.163.0.100"; or the reason of the
  // error.
  std::string Ask(const std::string& name, const std::string& type = "");

  std::string root_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  TestingLoop loop_;
  std::unique_ptr<TestingDnsmasq> dnsmasq_;
  std::shared_ptr<UdpDnsClient> resolver_;
  std::unique_ptr<StatusBoard> board_;
  std::shared_ptr<ZoneController> controller_;

 private:
  void Send(ipam::v1::WatchLeasesResponse message, int64_t revision, const std::string& store);
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_ZONE_CONTROLLER_TEST_UTIL_H_
