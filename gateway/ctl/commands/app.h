// The context in which every verb of mpdctl runs: arguments, output and the connection.
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

// Where output goes, and in which form.
struct Terminal {
  std::ostream* out;
  std::ostream* err;
  bool color = false;     // `out` is a terminal that wants colours
  bool progress = false;  // `err` is a terminal
  bool screen = false;    // `out` is a terminal, with or without colours
};

class App {
 public:
  // `default_endpoint` is used when the arguments name none.
  App(Args args, Terminal terminal, const std::string& default_endpoint);

  const Args& args() const { return args_; }
  const Terminal& terminal() const { return terminal_; }
  std::ostream& out() const { return *terminal_.out; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  absl::Time start() const { return start_; }

  // When the command must have ended: after --timeout, or after `fallback` when that is not given.
  absl::Time Deadline(absl::Duration fallback) const;
  // A context with that deadline.
  std::unique_ptr<grpc::ClientContext> Context(absl::Duration fallback = absl::Seconds(30)) const;

  // Prints what went wrong, and the command that helps when one is known. Returns the exit code.
  int Fail(const grpc::Status& status) const;
  int Fail(ExitCode code, const std::string& message, const std::string& next = "") const;
  // Prints the message in the JSON form of Protobuf. Returns the exit code.
  int PrintJson(const google::protobuf::Message& message, bool one_line = false) const;

 private:
  const Args args_;
  const Terminal terminal_;
  const std::string endpoint_;
  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Time start_ = absl::Now();
};

// Whether the connection to the gateway failed, and not the call.
bool IsUnreachable(const grpc::Status& status);

// A new request_id. When a command repeats a call with the same one, the call is carried out once.
std::string NewRequestId();

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_COMMANDS_APP_H_
