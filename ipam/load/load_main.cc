// Measures mpd-ipam and compares it with other programs on the same disk; see --help.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "ipam/load/measurements.h"

ABSL_FLAG(std::string, folder, ".", "Where a folder for the data is made, and removed at the end");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(1), "How long one row is measured, per round");
ABSL_FLAG(int, rounds, 3, "How often, in turns with the other rows");
ABSL_FLAG(int64_t, leases, 60'000, "How many leases `scale` makes");
ABSL_FLAG(int, watchers, 1'000, "How many streams `watchers` opens");
ABSL_FLAG(std::string, ipam, "", "mpd-ipam; beside this program where not given");
ABSL_FLAG(std::string, etcd, "etcd", "etcd, of Debian's etcd-server");
ABSL_FLAG(std::string, host_local, "/usr/lib/cni/host-local",
          "The plugin, of Debian's containernetworking-plugins");

namespace mpd::ipam {
namespace {

constexpr char kUsage[] =
    "ipam_load [speed] [scale] [watchers]: measures mpd-ipam; without a word, all three.\n"
    "  speed     calls per second and latency with 1, 16 and 64 callers, beside fdatasync, a bare\n"
    "            gRPC echo, etcd and the CNI plugin host-local\n"
    "  scale     latency with 100 leases and with many, their memory, the time to start\n"
    "  watchers  how soon a thousand streams see a change, and what becomes of one that stalls";

// A temporary folder, removed at the end.
class DataFolder {
 public:
  DataFolder()
      : path_(absl::StrCat(std::filesystem::absolute(absl::GetFlag(FLAGS_folder)).string(),
                           "/ipam-load-XXXXXX")) {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~DataFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::Status Measure(absl::string_view what, LoadOptions options) {
  const DataFolder folder;
  if (folder.path().empty()) return absl::UnavailableError("--folder can't be written");
  options.folder = folder.path();
  if (what == "speed") return MeasureSpeed(options);
  if (what == "scale") return MeasureScale(options, absl::GetFlag(FLAGS_leases));
  if (what == "watchers") return MeasureWatchers(options, absl::GetFlag(FLAGS_watchers));
  return absl::InvalidArgumentError(absl::StrCat("no such measurement: ", what));
}

int Run(const std::vector<char*>& args) {
  LoadOptions options;
  options.programs.self = std::filesystem::read_symlink("/proc/self/exe").string();
  options.programs.ipam = absl::GetFlag(FLAGS_ipam);
  if (options.programs.ipam.empty()) {
    options.programs.ipam =
        std::filesystem::path(options.programs.self).replace_filename("mpd-ipam").string();
  }
  options.programs.etcd = absl::GetFlag(FLAGS_etcd);
  options.host_local = absl::GetFlag(FLAGS_host_local);
  options.duration = absl::GetFlag(FLAGS_duration);
  options.rounds = absl::GetFlag(FLAGS_rounds);
  std::vector<std::string> wanted(args.begin() + 1, args.end());
  if (wanted.empty()) wanted = {"speed", "scale", "watchers"};
  for (const std::string& what : wanted) {
    std::printf("== %s\n", what.c_str());
    const absl::Status status = Measure(what, options);
    if (status.ok()) continue;
    std::fprintf(stderr, "ipam_load: %s\n", status.ToString().c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mpd::ipam

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  absl::SetProgramUsageMessage(mpd::ipam::kUsage);
  const std::vector<char*> args = absl::ParseCommandLine(argc, argv);
  if (args.size() == 3 && absl::string_view(args[1]) == "serve-echo") {
    return mpd::ipam::ServeEcho(args[2]);
  }
  return mpd::ipam::Run(args);
}
