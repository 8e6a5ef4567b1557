#include "gateway/ctl/verbs.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace mpd::gateway::ctl {
namespace {

bool NoneOrTwo(size_t count) { return count != 1; }

std::string OneLine(const Verb& verb) {
  return absl::StrCat("mpdctl ", verb.path, verb.arguments.empty() ? "" : " ", verb.arguments);
}

// The Levenshtein distance of two texts.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

const Verb& Nearest(const Words& words) {
  const Verb* best = nullptr;
  size_t least = 0;
  for (const Verb& verb : AllVerbs()) {
    const size_t length =
        static_cast<size_t>(std::count(verb.path.begin(), verb.path.end(), ' ') + 1);
    const Words compared(words.begin(),
                         words.begin() + static_cast<int64_t>(std::min(length, words.size())));
    const size_t distance = Distance(absl::StrJoin(compared, " "), verb.path);
    if (best == nullptr || distance < least) {
      best = &verb;
      least = distance;
    }
  }
  return *best;
}

// The usage of the verbs that begin with this word, such as "runtime"; empty when there are none.
std::string Group(const std::string& word) {
  std::string text;
  for (const Verb& verb : AllVerbs()) {
    if (absl::StartsWith(verb.path, word + " ")) absl::StrAppend(&text, "\n  ", OneLine(verb));
  }
  return text;
}

}  // namespace

const std::vector<Verb>& AllVerbs() {
  static const auto* const kVerbs = new std::vector<Verb>{
      {"status", "", "everything at a glance", 0, 0, nullptr, RunStatus},
      {"up", "", "start services and all workloads that should run", 0, 0, nullptr, RunUp},
      {"down", "", "stop everything; names and addresses stay", 0, 0, nullptr, RunDown},
      {"runtime create", "NAME", "make a runtime and start it", 1, 1, nullptr, RunRuntimeCreate},
      {"runtime start", "NAME", "start it", 1, 1, nullptr, RunRuntimeStart},
      {"runtime stop", "NAME", "stop it", 1, 1, nullptr, RunRuntimeStop},
      {"runtime delete", "NAME", "remove it, its name and its address", 1, 1, nullptr,
       RunRuntimeDelete},
      {"runtime list", "[NAME]", "all runtimes, or one", 0, 1, nullptr, RunRuntimeList},
      {"db create", "ENGINE VERSION", "make a database server and start it", 2, 2, nullptr,
       RunDbCreate},
      {"db start", "ENGINE VERSION", "start it", 2, 2, nullptr, RunDbStart},
      {"db stop", "ENGINE VERSION", "stop it", 2, 2, nullptr, RunDbStop},
      {"db delete", "ENGINE VERSION", "remove it; its data stays", 2, 2, nullptr, RunDbDelete},
      {"db list", "[ENGINE VERSION]", "all database servers, or one", 0, 2, NoneOrTwo, RunDbList},
      {"lease list", "", "who holds which address", 0, 0, nullptr, RunLeaseList},
      {"dns list", "", "the records of the zone", 0, 0, nullptr, RunDnsList},
      {"dns lookup", "NAME [TYPE]", "ask the running resolver", 1, 2, nullptr, RunDnsLookup},
      {"watch", "", "changes of workloads as they happen", 0, 0, nullptr, RunWatch},
      {"logs", "WORKLOAD", "what it printed; --follow, --tail N", 1, 1, nullptr, RunLogs},
  };
  return *kVerbs;
}

absl::StatusOr<Invocation> FindVerb(const Words& words) {
  for (const Verb& verb : AllVerbs()) {
    const Words path = absl::StrSplit(verb.path, ' ');
    if (words.size() < path.size() || !std::equal(path.begin(), path.end(), words.begin())) {
      continue;
    }
    Words rest(words.begin() + static_cast<int64_t>(path.size()), words.end());
    if (rest.size() < verb.least || rest.size() > verb.most ||
        (verb.accepts != nullptr && !verb.accepts(rest.size()))) {
      return absl::InvalidArgumentError(absl::StrCat("usage: ", OneLine(verb)));
    }
    return Invocation{&verb, std::move(rest)};
  }
  if (const std::string group = Group(words[0]); !group.empty() && words.size() == 1) {
    return absl::InvalidArgumentError(absl::StrCat("usage:", group));
  }
  return absl::InvalidArgumentError(absl::StrCat("No verb \"", absl::StrJoin(words, " "),
                                                 "\". Did you mean: ", OneLine(Nearest(words)),
                                                 "\n  all verbs: mpdctl --help"));
}

std::string Usage() {
  std::string text = "usage: mpdctl VERB … [options]\n\n";
  for (const Verb& verb : AllVerbs()) {
    absl::StrAppendFormat(&text, "  %-34s %s\n", verb.path + " " + verb.arguments, verb.summary);
  }
  absl::StrAppend(&text,
                  "\noptions, anywhere on the line:\n"
                  "  --no-wait             return once the request is recorded\n"
                  "  --timeout T           give up waiting after T: 90, 90s, 2m\n"
                  "  --json                the answer as JSON\n"
                  "  --endpoint unix:PATH  the gateway's socket\n"
                  "  --version\n"
                  "\nexit codes: 0 done, 1 failed, 2 usage, 3 time is over, 4 no gateway\n");
  return text;
}

}  // namespace mpd::gateway::ctl
