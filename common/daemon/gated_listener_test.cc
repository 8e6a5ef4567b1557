#include "common/daemon/gated_listener.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>

#include "common/daemon/daemon_server.h"
#include "common/testing/test_server.h"
#include "common/watch/watch_reactor.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace mpd {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;

constexpr uid_t kNobody = 65534;

// What becomes of a connection by this account.
enum class Seen { kClosed = 0, kServed = 1, kNotConnected = 2 };

// In a child, which is this account from then on: whether the server says anything.
Seen ConnectAs(uid_t uid, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const pid_t child = fork();
  if (child == 0) {
    const int fd = setuid(uid) == 0 ? socket(AF_UNIX, SOCK_STREAM, 0) : -1;
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      _exit(static_cast<int>(Seen::kNotConnected));
    }
    // A server that takes the connection sends its settings at once (RFC 9113 §3.4).
    char byte = 0;
    _exit(static_cast<int>(read(fd, &byte, 1) == 1 ? Seen::kServed : Seen::kClosed));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return static_cast<Seen>(WEXITSTATUS(status));
}

class GatedListenerTest : public ::testing::Test {
 protected:
  void Serve(const std::vector<std::string>& accounts) {
    gate_.emplace(&loop_, accounts);
    ASSERT_TRUE(server_.StartBehind(&*gate_, path_).ok());
    server_.SetServing(true);
    ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
    ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~GatedListenerTest() override {
    boost::asio::post(loop_, [this] {
      gate_->Close();
      work_.reset();
    });
    thread_.join();
    watches_.Drain(absl::UnavailableError("the test ends"));
    server_.Stop();
  }

  const TestFolder folder_;
  const std::string path_ = folder_.path() + "/s";
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      loop_.get_executor()};
  WatchHub watches_;
  DaemonServer server_{&watches_};
  std::optional<GatedListener> gate_;
  std::thread thread_;
};

TEST_F(GatedListenerTest, ServesTheAccountsThatItIsForAndNobodyElse) {
  if (getuid() != 0) GTEST_SKIP() << "only root becomes somebody else";
  Serve({"daemon", "no-such-account"});
  EXPECT_EQ(ConnectAs(0, path_), Seen::kServed);
  EXPECT_EQ(ConnectAs(1, path_), Seen::kServed) << "daemon";
  EXPECT_EQ(ConnectAs(kNobody, path_), Seen::kClosed);
  EXPECT_EQ(ConnectAs(0, path_), Seen::kServed) << "whatever others tried";
}

TEST_F(GatedListenerTest, CallsAreAnsweredBehindIt) {
  if (getuid() != 0) GTEST_SKIP() << "only root is let in";
  Serve({});
  const auto stub =
      Health::NewStub(grpc::CreateChannel("unix:" + path_, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  HealthCheckResponse response;
  EXPECT_TRUE(stub->Check(&context, {}, &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace mpd
