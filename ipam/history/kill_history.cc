// ipam_kill_history: kills mpd-ipam with SIGKILL at random moments while clients allocate, update
// and release with retries and watchers reconnect, then checks all that they saw with
// FindViolations. The exit code is 0 when there are no violations. The same --seed makes the same
// choices, but not at the same moments.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "ipam/history/channel.h"
#include "ipam/history/client.h"
#include "ipam/history/history.h"
#include "ipam/history/observers.h"
#include "ipam/history/victim.h"

ABSL_FLAG(int, kills, 20, "How often mpd-ipam is killed");
ABSL_FLAG(int, clients, 64, "Clients that change leases");
ABSL_FLAG(int, watchers, 6, "Clients that watch");
ABSL_FLAG(uint32_t, seed, 0, "For the choices; 0: another one each time");
ABSL_FLAG(std::string, binary, "", "The mpd-ipam; by default the one beside this program");

namespace mpd::ipam {
namespace {

constexpr absl::Duration kReadyLimit = absl::Seconds(20);
constexpr absl::Duration kGrace = absl::Seconds(30);
constexpr size_t kShownViolations = 20;

struct KillCounts {
  int serving = 0;
  int starting = 0;
};

// One kill in five may come while the program starts; the others come while it serves.
absl::StatusOr<KillCounts> KillAgainAndAgain(Victim* victim, int kills, std::mt19937* random) {
  KillCounts counts;
  const auto below = [random](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(*random);
  };
  for (int i = 0; i < kills; ++i) {
    victim->Start();
    const bool early = below(5) == 0;
    const bool ready = victim->WaitUntilReady(early ? absl::Milliseconds(below(60)) : kReadyLimit);
    if (!early && !ready) return absl::InternalError("mpd-ipam did not get ready");
    ++(ready ? counts.serving : counts.starting);
    if (!early) absl::SleepFor(absl::Microseconds(below(200'000)));
    if (!victim->Kill()) return absl::InternalError("mpd-ipam ended by itself");
  }
  victim->Start();
  if (!victim->WaitUntilReady(kReadyLimit)) return absl::InternalError("it did not come back");
  return counts;
}

// All clients and watchers, each on a thread of its own.
class Crowd {
 public:
  Crowd(const std::string& address, int clients, int watchers, uint32_t seed) {
    for (int i = 0; i < watchers; ++i) {
      watchers_.push_back(std::make_unique<HistoryWatcher>(address, /*from_state=*/i % 2 == 0));
      watching_.emplace_back([watcher = watchers_.back().get()] { watcher->Run(); });
    }
    for (int i = 0; i < clients; ++i) {
      clients_.push_back(
          std::make_unique<HistoryClient>(i, seed + static_cast<uint32_t>(i), address));
      working_.emplace_back([this, client = clients_.back().get()] { client->Run(stop_, kGrace); });
    }
    working_.emplace_back([this, address] { history_.listings = KeepListing(address, stop_); });
  }

  // Stops the clients, waits until the watchers have everything, and reads the final state.
  absl::StatusOr<History> Finish(const std::string& address) {
    stop_ = true;
    for (std::thread& thread : working_) thread.join();
    const absl::Status read = ReadEnd(address);
    const int64_t revision = read.ok() ? history_.listings.back().revision : 0;
    for (const auto& watcher : watchers_) {
      if (!watcher->WaitFor(revision, kGrace)) complaints_.push_back("a watcher never caught up");
      watcher->Stop();
    }
    for (std::thread& thread : watching_) thread.join();
    RETURN_IF_ERROR(read);
    for (const auto& client : clients_) {
      history_.calls.insert(history_.calls.end(), client->calls().begin(), client->calls().end());
    }
    for (const auto& watcher : watchers_) {
      history_.watchers.push_back(watcher->streams());
      complaints_.insert(complaints_.end(), watcher->complaints().begin(),
                         watcher->complaints().end());
    }
    return std::move(history_);
  }

  const std::vector<std::string>& complaints() const { return complaints_; }
  int64_t retried() const {
    int64_t sum = 0;
    for (const auto& client : clients_) sum += client->retried();
    return sum;
  }

 private:
  absl::Status ReadEnd(const std::string& address) {
    const auto stub = Connect(address);
    ASSIGN_OR_RETURN(SeenListing last, ListAll(stub.get(), kGrace));
    ASSIGN_OR_RETURN(history_.log, ReadLog(stub.get(), last.store_id, last.revision));
    history_.listings.push_back(std::move(last));
    return absl::OkStatus();
  }

  std::atomic<bool> stop_ = false;
  std::vector<std::unique_ptr<HistoryClient>> clients_;
  std::vector<std::unique_ptr<HistoryWatcher>> watchers_;
  std::vector<std::thread> working_;
  std::vector<std::thread> watching_;
  History history_;
  std::vector<std::string> complaints_;
};

void PrintFigures(const History& history, int64_t retried) {
  int64_t ok = 0;
  int64_t refused = 0;
  int64_t repeats = 0;
  for (const SeenCall& call : history.calls) {
    ok += call.result == SeenCall::Result::kOk;
    refused += call.result == SeenCall::Result::kRefused;
    repeats += call.repeat;
  }
  size_t streams = 0;
  for (const auto& watcher : history.watchers) streams += watcher.size();
  std::printf(
      "%lld calls succeeded, %lld were refused; %lld had to be repeated before an answer, "
      "%lld were repeated after it\n",
      static_cast<long long>(ok), static_cast<long long>(refused), static_cast<long long>(retried),
      static_cast<long long>(repeats));
  std::printf("%zu watchers in %zu streams, %zu listings, %zu changes up to revision %lld\n",
              history.watchers.size(), streams, history.listings.size(), history.log.size(),
              static_cast<long long>(history.listings.back().revision));
}

int Report(std::vector<std::string> violations, Victim* victim) {
  const size_t shown = std::min(violations.size(), kShownViolations);
  for (size_t i = 0; i < shown; ++i) std::printf("  %s\n", violations[i].c_str());
  std::printf("%zu violations\n", violations.size());
  if (violations.empty()) {
    victim->RemoveFolder();
    return 0;
  }
  std::printf("store and log are kept in %s\n", victim->folder().c_str());
  return 1;
}

int Run(const std::string& binary) {
  uint32_t seed = absl::GetFlag(FLAGS_seed);
  if (seed == 0) seed = std::random_device()();
  std::mt19937 random(seed);
  Victim victim(binary);
  const absl::Time begin = absl::Now();
  victim.Start();
  victim.WaitUntilReady(kReadyLimit);
  Crowd crowd(victim.address(), absl::GetFlag(FLAGS_clients), absl::GetFlag(FLAGS_watchers), seed);
  victim.Kill();
  const auto counts = KillAgainAndAgain(&victim, absl::GetFlag(FLAGS_kills), &random);
  const absl::Duration took = absl::Now() - begin;
  absl::StatusOr<History> history = crowd.Finish(victim.address());
  if (!counts.ok() || !history.ok()) {
    return Report({std::string((counts.ok() ? history.status() : counts.status()).message())},
                  &victim);
  }
  std::printf("%d kills in %.1f s: %d while serving, %d while starting; seed %u\n",
              absl::GetFlag(FLAGS_kills), absl::ToDoubleSeconds(took), counts->serving,
              counts->starting, seed);
  PrintFigures(*history, crowd.retried());
  std::vector<std::string> violations = FindViolations(*history);
  violations.insert(violations.end(), crowd.complaints().begin(), crowd.complaints().end());
  victim.Kill();
  if (victim.RunTool("--fsck") != 0) violations.push_back("mpd-ipam --fsck has findings");
  return Report(std::move(violations), &victim);
}

}  // namespace
}  // namespace mpd::ipam

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  std::string binary = absl::GetFlag(FLAGS_binary);
  if (binary.empty()) {
    binary = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "mpd-ipam";
  }
  return mpd::ipam::Run(binary);
}
