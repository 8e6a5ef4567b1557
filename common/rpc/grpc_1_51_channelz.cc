#include "common/rpc/grpc_1_51_channelz.h"

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/numbers.h"

namespace mpd {
namespace {

// channelz writes 64-bit numbers as strings, and leaves out those that are 0.
int64_t Counter(const nlohmann::json& data, const char* name) {
  const auto found = data.find(name);
  int64_t value = 0;
  if (found == data.end() || !found->is_string()) return 0;
  return absl::SimpleAtoi(found->get_ref<const std::string&>(), &value) ? value : 0;
}

}  // namespace

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
