// What every verb of mpdctl works with.
#ifndef MPD_GATEWAY_CTL_COMMANDS_APP_H_
#define MPD_GATEWAY_CTL_COMMANDS_APP_H_

#include <google/protobuf/message.h>

#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/ctl/commands/args.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace mpd::gateway::ctl {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kTimeout = 3, kUnreachable = 4 };

// Where the output goes, and how.
struct Terminal {
  std::ostream* out;
  std::ostream* err;
  bool color = false;     // `out` is a terminal that wants colours
  bool progress = false;  // `err` is a terminal
};

class App {
 public:
  // `default_endpoint` counts where the arguments name none.
  App(Args args, Terminal terminal, const std::string& default_endpoint);

  const Args& args() const { return args_; }
  const Terminal& terminal() const { return terminal_; }
  std::ostream& out() const { return *terminal_.out; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  absl::Time start() const { return start_; }

  // When everything must be over: --timeout, or the verb's own default.
  absl::Time Deadline(absl::Duration fallback) const;
  // A context with that deadline.
  std::unique_ptr<grpc::ClientContext> Context(absl::Duration fallback = absl::Seconds(30)) const;

  // Says what went wrong, with the next command where one is known; the exit code.
  int Fail(const grpc::Status& status) const;
  int Fail(ExitCode code, const std::string& message, const std::string& next = "") const;
  // As protobuf JSON.
  int PrintJson(const google::protobuf::Message& message, bool one_line = false) const;

 private:
  const Args args_;
  const Terminal terminal_;
  const std::string endpoint_;
  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Time start_ = absl::Now();
};

// Whether the connection to the gateway failed, rather than the call.
bool IsUnreachable(const grpc::Status& status);

// A request_id for one command: repeating the call within it can't do the work twice.
std::string NewRequestId();

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_COMMANDS_APP_H_
