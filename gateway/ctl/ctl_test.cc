#include "gateway/ctl/ctl.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <thread>

#include "gateway/relay/relay.h"
#include "gateway/testing/testing_components.h"

namespace mpd::gateway::ctl {
namespace {

namespace c = mpd::containers::v1;
using testing::Test;

// The program's lines against a real relay and played components.
class CtlTest : public Test {
 protected:
  CtlTest() {
    played_.Start(Backend::kIpam);
    played_.Start(Backend::kDnsdController);
    played_.Start(Backend::kContainerManager);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(endpoint_, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(relay_.get());
    gateway_ = builder.BuildAndStart();
    EXPECT_NE(gateway_, nullptr);
  }
  ~CtlTest() override {
    played_.manager().Close();
    StopGateway();
  }

  void StopGateway() {
    if (gateway_ == nullptr) return;
    gateway_->Shutdown(std::chrono::system_clock::now());
    gateway_->Wait();
    gateway_.reset();
  }

  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    return RunCtl(words, Terminal{&out_, &err_, /*color=*/false, /*progress=*/true}, endpoint_);
  }

  PlayedComponents played_;
  const std::string endpoint_ = "unix:" + played_.folder() + "/gateway.sock";
  const std::unique_ptr<grpc::CallbackGenericService> relay_ =
      MakeRelay(played_.channels(), Caller::kLocal);
  std::unique_ptr<grpc::Server> gateway_;
  std::ostringstream out_;
  std::ostringstream err_;
};

bool Has(const std::ostringstream& stream, const std::string& text) {
  return stream.str().find(text) != std::string::npos;
}

TEST_F(CtlTest, CreatesAndWaitsAndShowsEachStep) {
  played_.manager().SetStory(
      {{c::STATE_STARTING, "systemd in it is not up yet"}, {c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
  EXPECT_TRUE(Has(err_, "CREATING"));
  EXPECT_TRUE(Has(err_, "STARTING  systemd in it is not up yet"));
  EXPECT_TRUE(Has(out_, "runtime/node"));
  EXPECT_TRUE(Has(out_, "RUNNING"));
  ASSERT_EQ(played_.manager().request_ids().size(), 1U);
  EXPECT_NE(played_.manager().request_ids()[0], "");
}

TEST_F(CtlTest, AFailureEndsTheWaitAndItsReasonIsShown) {
  played_.manager().SetStory({{c::STATE_FAILED, "exit code 7: no such image"}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kFailed);
  EXPECT_TRUE(Has(err_, "runtime/node is FAILED: exit code 7: no such image")) << err_.str();
}

TEST_F(CtlTest, GivesUpWhenTheTimeIsOverAndSaysWhatIsMissing) {
  played_.manager().SetStory({{c::STATE_STARTING, "no banner from sshd"}});
  EXPECT_EQ(Run({"runtime", "create", "node", "--timeout", "1500ms"}), kTimeout);
  EXPECT_TRUE(Has(err_, "runtime/node is STARTING: no banner from sshd")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl status"));
}

TEST_F(CtlTest, DoesNotWaitWhereItIsToldNotTo) {
  EXPECT_EQ(Run({"runtime", "create", "node", "--no-wait"}), kOk);
  EXPECT_TRUE(Has(out_, "CREATING"));
}

TEST_F(CtlTest, FollowsAgainWhenTheStreamBreaks) {
  played_.manager().BreakNextStream({grpc::StatusCode::UNAVAILABLE, "draining"});
  played_.manager().SetStory({{c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
}

TEST_F(CtlTest, RepeatsTheCallWithTheSameIdWhileTheManagerRestarts) {
  played_.Stop(Backend::kContainerManager);
  std::thread restart([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    played_.Start(Backend::kContainerManager);
  });
  played_.manager().SetStory({{c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
  restart.join();
  EXPECT_EQ(played_.manager().creations(), 1);
}

TEST_F(CtlTest, AStoppedEnvironmentIsSaidInsteadOfWaitedFor) {
  c::Environment stopped;
  stopped.set_requested_state(c::REQUESTED_STATE_STOPPED);
  played_.manager().SetEnvironment(stopped);
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk);
  EXPECT_TRUE(Has(err_, "The environment is stopped")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl up"));
}

TEST_F(CtlTest, TheServersErrorIsShownWithTheNextCommand) {
  played_.manager().Put("node", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kFailed);
  EXPECT_TRUE(Has(err_, "mpdctl: runtime/node exists")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl status"));
}

TEST_F(CtlTest, DeletesAndSaysThatItIsGone) {
  played_.manager().Put("node", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"runtime", "delete", "node"}), kOk) << err_.str();
  EXPECT_TRUE(Has(out_, "runtime/node is deleted")) << out_.str();
}

TEST_F(CtlTest, UpWaitsForTheEnvironmentToAgree) {
  c::Environment environment;
  environment.set_state(c::STATE_RUNNING);
  environment.set_workloads_wanted(1);
  environment.set_workloads_running(1);
  played_.manager().SetEnvironment(environment);
  played_.manager().Put("php", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"up"}), kOk) << err_.str();
  EXPECT_TRUE(Has(out_, "Environment RUNNING, 1 of 1 wanted workloads run")) << out_.str();
}

TEST_F(CtlTest, ListsEveryPage) {
  played_.manager().Put("node", {c::STATE_RUNNING, ""});
  played_.manager().Put("php", {c::STATE_STOPPED, ""});
  played_.manager().Put("util", {c::STATE_FAILED, "died at once"});
  EXPECT_EQ(Run({"runtime", "list"}), kOk);
  for (const std::string name : {"runtime/node", "runtime/php", "runtime/util", "died at once"}) {
    EXPECT_TRUE(Has(out_, name)) << out_.str();
  }
  EXPECT_EQ(Run({"lease", "list", "--json"}), kOk);
  EXPECT_TRUE(Has(out_, "10.163.0.100"));
  EXPECT_TRUE(Has(out_, "10.163.0.102")) << out_.str();
}

TEST_F(CtlTest, ALookupsCodeIsTheExitCode) {
  EXPECT_EQ(Run({"dns", "lookup", "php.runtime.mpd.test"}), kOk);
  EXPECT_TRUE(Has(out_, "10.163.0.100"));
  EXPECT_EQ(Run({"dns", "lookup", "missing.mpd.test"}), kFailed);
  EXPECT_TRUE(Has(out_, "NXDOMAIN"));
}

TEST_F(CtlTest, AGatewayThatIsNotThereIsItsOwnExitCode) {
  StopGateway();
  EXPECT_EQ(Run({"runtime", "list"}), kUnreachable);
  EXPECT_TRUE(Has(err_, "The gateway does not answer at unix:")) << err_.str();
  EXPECT_TRUE(Has(err_, "systemctl status mpd-gateway"));
}

TEST_F(CtlTest, AVerbThatDoesNotExistIsUsage) {
  EXPECT_EQ(Run({"runtime", "crate", "node"}), kUsage);
  EXPECT_TRUE(Has(err_, "runtime create NAME")) << err_.str();
  EXPECT_EQ(Run({"runtime", "create"}), kUsage);
  EXPECT_EQ(Run({}), kUsage);
  EXPECT_EQ(Run({"--help"}), kOk);
  EXPECT_TRUE(Has(out_, "runtime create NAME"));
}

}  // namespace
}  // namespace mpd::gateway::ctl
