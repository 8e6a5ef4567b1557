#include "gateway/status/backend_health.h"

#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "gateway/testing/testing_components.h"

namespace mpd::gateway {
namespace {

constexpr char kIpam[] = "mpd.ipam.v1.IpamService";
constexpr char kDnsd[] = "mpd.dnsd.v1.DnsdControllerService";

class BackendHealthTest : public testing::Test {
 protected:
  BackendHealthTest() : guard_(loop_.get_executor()) {
    grpc::EnableDefaultHealthCheckService(true);
    health_ = std::make_unique<BackendHealth>(&loop_, fakes_.channels(),
                                              [this](const std::string& service, bool serving) {
                                                MutexLock lock(&mutex_);
                                                told_[service] = serving;
                                                changed_.NotifyAll();
                                              });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~BackendHealthTest() override {
    loop_.stop();
    thread_.join();
    health_.reset();
  }

  // Waits until the service is told to be so.
  void Await(const std::string& service, bool serving) {
    MutexLock lock(&mutex_);
    const auto is_so = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const auto found = told_.find(service);
      return found != told_.end() && found->second == serving;
    };
    for (int round = 0; round < 300 && !is_so(); ++round) {
      changed_.WaitFor(&mutex_, std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(is_so()) << service << " is not told to be " << serving;
  }

  FakeComponents fakes_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, bool> told_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<BackendHealth> health_;
  std::thread thread_;
};

TEST_F(BackendHealthTest, EachServiceIsServedWhileItsBackendSaysSo) {
  fakes_.Start(Backend::kIpam);
  Await(kIpam, true);
  {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(told_.contains(kDnsd)) << "whose backend has never been there";
  }
  fakes_.Start(Backend::kDnsdController);
  Await(kDnsd, true);
  fakes_.Stop(Backend::kIpam);
  Await(kIpam, false);
  fakes_.Start(Backend::kIpam);
  Await(kIpam, true);
}

}  // namespace
}  // namespace mpd::gateway
