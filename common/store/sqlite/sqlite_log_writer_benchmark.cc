// What a commit costs the writer, by the number of transactions that share it. The folder is
// TEST_TMPDIR's or /tmp: on a tmpfs the syncs are free, and the figures are the processor's part.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/store/sqlite/sqlite_log_writer.h"
#include "common/store/sqlite/sqlite_schema.h"

namespace mpd {
namespace {

// As long as those of a lease.
constexpr size_t kValueBytes = 60;

class Folder {
 public:
  Folder() {
    const char* parent = std::getenv("TEST_TMPDIR");
    path_ = absl::StrCat(parent == nullptr ? "/tmp" : parent, "/log-writer-XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Store() const { return path_ + "/store"; }

 private:
  std::string path_;
};

// Each transaction makes a key that must not exist, as an allocation does.
void CommitNewKeys(benchmark::State& run) {
  const Folder folder;
  const StoreFileState state = PrepareStoreFile(folder.Store()).value();
  const auto writer = SqliteLogWriter::Open(folder.Store(), state.revision).value();
  int64_t number = 0;
  for (auto _ : run) {
    std::vector<StoreTransaction> batch;
    for (int64_t i = 0; i < run.range(0); ++i) {
      const std::string key = absl::StrCat("lease/db/load-", ++number);
      batch.push_back({{{key, 0}}, {{StoreOp::Type::kPut, key, std::string(kValueBytes, 'v')}}});
    }
    benchmark::DoNotOptimize(writer->Apply(std::move(batch), number).value());
  }
  run.SetItemsProcessed(number);
}
BENCHMARK(CommitNewKeys)->Arg(1)->Arg(16)->Arg(64);

}  // namespace
}  // namespace mpd

BENCHMARK_MAIN();
