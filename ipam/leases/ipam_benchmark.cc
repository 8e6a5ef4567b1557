// The time to decide on an allocation in memory, without disk and gRPC, as a function of the number
// of leases.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ipam/leases/lease_state.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {
namespace {

// All of a /12, except its first and last addresses.
const PoolConfig kPool = {"databases", Ipv4Address(0x0a100003), Ipv4Address(0x0a1ffffe), {}, false};
constexpr Moment kNow = {absl::UnixEpoch(), absl::ZeroDuration()};

std::unique_ptr<Mutation> Allocation(const std::string& owner, std::string hostname) {
  return MakeAllocation({owner, kPool.name, {}, {std::move(hostname)}, {}},
                        [](const absl::StatusOr<Outcome>&) {});
}

std::unique_ptr<LeaseState> StateWith(int64_t leases) {
  auto state = std::make_unique<LeaseState>();
  state->pools.emplace_back(kPool);
  for (int64_t i = 0; i < leases; ++i) {
    const auto allocation =
        Allocation(absl::StrCat("db/held-", i), absl::StrCat("held-", i, ".db"));
    allocation->Decide(state.get(), kNow);
    allocation->Apply(state.get(), i + 1);
  }
  return state;
}

// Each allocation is undone, so that the number of leases stays the same.
void DecideAllocation(benchmark::State& run) {
  const std::unique_ptr<LeaseState> state = StateWith(run.range(0));
  int64_t number = 0;
  for (auto _ : run) {
    const std::string name = absl::StrCat(++number);
    const auto allocation = Allocation(absl::StrCat("db/new-", name), absl::StrCat(name, ".db"));
    Decision decision = allocation->Decide(state.get(), kNow);
    if (!std::holds_alternative<Change>(decision)) return run.SkipWithError("not allocated");
    benchmark::DoNotOptimize(decision);
    allocation->Undo(state.get());
  }
}
BENCHMARK(DecideAllocation)->Arg(100)->Arg(60'000)->Arg(1'000'000);

// The owner already has a lease.
void DecideRepeated(benchmark::State& run) {
  const std::unique_ptr<LeaseState> state = StateWith(run.range(0));
  int64_t number = 0;
  for (auto _ : run) {
    const auto allocation =
        Allocation(absl::StrCat("db/held-", number++ % run.range(0)), "unused.db");
    Decision decision = allocation->Decide(state.get(), kNow);
    if (!std::holds_alternative<Unchanged>(decision)) return run.SkipWithError("not found");
    benchmark::DoNotOptimize(decision);
  }
}
BENCHMARK(DecideRepeated)->Arg(100)->Arg(60'000)->Arg(1'000'000);

}  // namespace
}  // namespace mpd::ipam

BENCHMARK_MAIN();
