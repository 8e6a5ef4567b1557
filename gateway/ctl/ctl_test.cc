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

// Runs command lines against a real relay and fake components.
class CtlTest : public Test {
 protected:
  CtlTest() {
    fakes_.Start(Backend::kIpam);
    fakes_.Start(Backend::kDnsdController);
    fakes_.Start(Backend::kContainerManager);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(endpoint_, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(relay_.get());
    gateway_ = builder.BuildAndStart();
    EXPECT_NE(gateway_, nullptr);
  }
  ~CtlTest() override {
    fakes_.manager().Close();
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
    return RunCtl(words, terminal_, endpoint_);
  }

  FakeComponents fakes_;
  const std::string endpoint_ = "unix:" + fakes_.folder() + "/gateway.sock";
  const std::unique_ptr<grpc::CallbackGenericService> relay_ =
      MakeRelay(fakes_.channels(), Caller::kLocal);
  std::unique_ptr<grpc::Server> gateway_;
  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_ = {&out_, &err_, /*color=*/false, /*progress=*/true};
};

bool Has(const std::ostringstream& stream, const std::string& text) {
  return stream.str().find(text) != std::string::npos;
}

TEST_F(CtlTest, CreateWaitsAndShowsEachState) {
  fakes_.manager().SetStatesAfterCreate(
      {{c::STATE_STARTING, "systemd in it is not up yet"}, {c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
  EXPECT_TRUE(Has(err_, "CREATING"));
  EXPECT_TRUE(Has(err_, "STARTING  systemd in it is not up yet"));
  EXPECT_TRUE(Has(out_, "runtime/node"));
  EXPECT_TRUE(Has(out_, "RUNNING"));
  ASSERT_EQ(fakes_.manager().request_ids().size(), 1U);
  EXPECT_NE(fakes_.manager().request_ids()[0], "");
}

TEST_F(CtlTest, LogsReachATerminalWithoutEscapesAndAPipeAsTheyWere) {
  EXPECT_EQ(Run({"logs", "php"}), kOk) << err_.str();
  EXPECT_EQ(out_.str(), "out \x1B[2Jone\n") << "a pipe";
  EXPECT_EQ(err_.str(), "err two\n") << "a terminal";
  terminal_.screen = true;
  terminal_.progress = false;
  EXPECT_EQ(Run({"logs", "php"}), kOk) << err_.str();
  EXPECT_EQ(out_.str(), "out one\n");
  EXPECT_EQ(err_.str(), "err \x1B[2Jtwo\n");
}

TEST_F(CtlTest, AFailureEndsTheWaitAndItsReasonIsShown) {
  fakes_.manager().SetStatesAfterCreate({{c::STATE_FAILED, "exit code 7: no such image"}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kFailed);
  EXPECT_TRUE(Has(err_, "runtime/node is FAILED: exit code 7: no such image")) << err_.str();
}

TEST_F(CtlTest, ATimeoutEndsTheWaitAndNamesWhatIsMissing) {
  fakes_.manager().SetStatesAfterCreate({{c::STATE_STARTING, "no banner from sshd"}});
  EXPECT_EQ(Run({"runtime", "create", "node", "--timeout", "1500ms"}), kTimeout);
  EXPECT_TRUE(Has(err_, "runtime/node is STARTING: no banner from sshd")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl status"));
}

TEST_F(CtlTest, NoWaitReturnsAtOnce) {
  EXPECT_EQ(Run({"runtime", "create", "node", "--no-wait"}), kOk);
  EXPECT_TRUE(Has(out_, "CREATING"));
}

TEST_F(CtlTest, WatchesAgainWhenTheStreamBreaks) {
  fakes_.manager().BreakNextStream({grpc::StatusCode::UNAVAILABLE, "draining"});
  fakes_.manager().SetStatesAfterCreate({{c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
}

TEST_F(CtlTest, RepeatsTheCallWithTheSameIdWhileTheManagerRestarts) {
  fakes_.Stop(Backend::kContainerManager);
  std::thread restart([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    fakes_.Start(Backend::kContainerManager);
  });
  fakes_.manager().SetStatesAfterCreate({{c::STATE_RUNNING, ""}});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk) << err_.str();
  restart.join();
  EXPECT_EQ(fakes_.manager().creations(), 1);
}

TEST_F(CtlTest, AStoppedEnvironmentIsReportedInsteadOfWaitedFor) {
  c::Environment stopped;
  stopped.set_requested_state(c::REQUESTED_STATE_STOPPED);
  fakes_.manager().SetEnvironment(stopped);
  EXPECT_EQ(Run({"runtime", "create", "node"}), kOk);
  EXPECT_TRUE(Has(err_, "The environment is stopped")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl up"));
}

TEST_F(CtlTest, TheServersErrorIsShownWithTheNextCommand) {
  fakes_.manager().Put("node", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"runtime", "create", "node"}), kFailed);
  EXPECT_TRUE(Has(err_, "mpdctl: runtime/node exists")) << err_.str();
  EXPECT_TRUE(Has(err_, "next: mpdctl status"));
}

TEST_F(CtlTest, DeleteWaitsUntilItIsGone) {
  fakes_.manager().Put("node", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"runtime", "delete", "node"}), kOk) << err_.str();
  EXPECT_TRUE(Has(out_, "runtime/node is deleted")) << out_.str();
}

TEST_F(CtlTest, UpWaitsForTheEnvironmentToAgree) {
  c::Environment environment;
  environment.set_state(c::STATE_RUNNING);
  environment.set_workloads_wanted(1);
  environment.set_workloads_running(1);
  fakes_.manager().SetEnvironment(environment);
  fakes_.manager().Put("php", {c::STATE_RUNNING, ""});
  EXPECT_EQ(Run({"up"}), kOk) << err_.str();
  EXPECT_TRUE(Has(out_, "Environment RUNNING, 1 of 1 wanted workloads run")) << out_.str();
}

TEST_F(CtlTest, ListsEveryPage) {
  fakes_.manager().Put("node", {c::STATE_RUNNING, ""});
  fakes_.manager().Put("php", {c::STATE_STOPPED, ""});
  fakes_.manager().Put("util", {c::STATE_FAILED, "died at once"});
  EXPECT_EQ(Run({"runtime", "list"}), kOk);
  for (const std::string name : {"runtime/node", "runtime/php", "runtime/util", "died at once"}) {
    EXPECT_TRUE(Has(out_, name)) << out_.str();
  }
  EXPECT_EQ(Run({"lease", "list", "--json"}), kOk);
  EXPECT_TRUE(Has(out_, "10.163.0.100"));
  EXPECT_TRUE(Has(out_, "10.163.0.102")) << out_.str();
}

TEST_F(CtlTest, ALookupOfAnUnknownNameFails) {
  EXPECT_EQ(Run({"dns", "lookup", "php.runtime.mpd.test"}), kOk);
  EXPECT_TRUE(Has(out_, "10.163.0.100"));
  EXPECT_EQ(Run({"dns", "lookup", "missing.mpd.test"}), kFailed);
  EXPECT_TRUE(Has(out_, "NXDOMAIN"));
}

TEST_F(CtlTest, AnUnreachableGatewayHasItsOwnExitCode) {
  StopGateway();
  EXPECT_EQ(Run({"runtime", "list"}), kUnreachable);
  EXPECT_TRUE(Has(err_, "The gateway does not answer at unix:")) << err_.str();
  EXPECT_TRUE(Has(err_, "systemctl status mpd-gateway"));
}

TEST_F(CtlTest, AnUnknownVerbIsAUsageError) {
  EXPECT_EQ(Run({"runtime", "crate", "node"}), kUsage);
  EXPECT_TRUE(Has(err_, "runtime create NAME")) << err_.str();
  EXPECT_EQ(Run({"runtime", "create"}), kUsage);
  EXPECT_EQ(Run({}), kUsage);
  EXPECT_EQ(Run({"--help"}), kOk);
  EXPECT_TRUE(Has(out_, "runtime create NAME"));
}

}  // namespace
}  // namespace mpd::gateway::ctl
