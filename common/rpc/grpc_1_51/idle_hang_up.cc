#include "common/rpc/grpc_1_51/idle_hang_up.h"

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <grpcpp/server.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "common/rpc/grpc_1_51/workarounds.h"

namespace mpd {
namespace {

constexpr int kQuietLooks = 5;
constexpr std::chrono::milliseconds kLookInterval(20);

// channelz writes 64-bit numbers as strings, and leaves out those that are 0.
int64_t Counter(const nlohmann::json& data, const char* name) {
  const auto found = data.find(name);
  int64_t value = 0;
  if (found == data.end() || !found->is_string()) return 0;
  return absl::SimpleAtoi(found->get_ref<const std::string&>(), &value) ? value : 0;
}

}  // namespace

IdleHangUp::IdleHangUp(grpc::Server* server) : server_(server) {
  if (GrpcWorkaroundsOn()) thread_ = std::thread([this] { Run(); });
}

IdleHangUp::~IdleHangUp() {
  {
    MutexLock lock(&mutex_);
    ended_ = true;
    ended_changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void IdleHangUp::Run() {
  int quiet = 0;
  while (quiet < kQuietLooks) {
    quiet = ServerCallsInFlight() == 0 ? quiet + 1 : 0;
    if (!Pause()) return;
  }
  grpc_server_cancel_all_calls(server_->c_server());
}

bool IdleHangUp::Pause() {
  MutexLock lock(&mutex_);
  if (!ended_) ended_changed_.WaitFor(&mutex_, kLookInterval);
  return !ended_;
}

int64_t CallsInFlightOf(absl::string_view channelz_servers) {
  const nlohmann::json page = nlohmann::json::parse(channelz_servers, nullptr, false);
  const auto servers = page.find("server");
  if (!page.is_object() || servers == page.end() || !servers->is_array()) return -1;
  int64_t calls = 0;
  for (const nlohmann::json& server : *servers) {
    const auto data = server.find("data");
    if (data == server.end() || !data->is_object()) continue;
    calls += Counter(*data, "callsStarted") - Counter(*data, "callsSucceeded") -
             Counter(*data, "callsFailed");
  }
  return calls;
}

int64_t ServerCallsInFlight() {
  char* page = grpc_channelz_get_servers(0);
  if (page == nullptr) return -1;
  const int64_t calls = CallsInFlightOf(page);
  gpr_free(page);
  return calls;
}

}  // namespace mpd
