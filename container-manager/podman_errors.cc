#include "container-manager/podman_errors.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxProblem = 500;

// What Podman says went wrong: "message" holds the whole chain, "cause" only its last link.
std::string ProblemOf(absl::string_view body) {
  const auto json = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
  std::string problem;
  if (json.is_object()) {
    for (const char* key : {"message", "cause", "error"}) {
      const auto it = json.find(key);
      if (it == json.end() || !it->is_string()) continue;
      problem = it->get<std::string>();
      if (!problem.empty()) break;
    }
  }
  if (problem.empty()) problem = std::string(body.substr(0, kMaxProblem));
  absl::StripAsciiWhitespace(&problem);
  if (problem.size() > kMaxProblem) problem.resize(kMaxProblem);
  return problem.empty() ? "it gave no reason" : problem;
}

}  // namespace

absl::Status PodmanErrors::Unavailable(absl::string_view socket, absl::string_view what,
                                       absl::string_view problem) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("Podman does not answer on ", socket, " (", what, ": ", problem,
                                "); see that podman.socket is active"),
                   "PODMAN_UNAVAILABLE",
                   {{"socket", socket}, {"call", what}, {"problem", problem}});
}

absl::Status PodmanErrors::Malformed(absl::string_view what, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInternal,
                   absl::StrCat("Podman's answer to \"", what, "\" is not understood: ", problem),
                   "PODMAN_ERROR", {{"call", what}, {"problem", problem}});
}

absl::Status PodmanErrors::Silent(absl::string_view what, absl::Duration silence) {
  const std::string problem = absl::StrCat("nothing was heard for ", absl::FormatDuration(silence));
  return MakeError(absl::StatusCode::kDeadlineExceeded, absl::StrCat(what, ": ", problem),
                   "PODMAN_SILENT", {{"call", what}, {"problem", problem}});
}

absl::Status PodmanErrors::Refused(absl::string_view what, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInternal,
                   absl::StrCat("Podman refused to ", what, ": ", problem), "PODMAN_ERROR",
                   {{"call", what}, {"problem", problem}});
}

absl::Status PodmanErrors::FromHttp(absl::string_view what, int http_status,
                                    absl::string_view body) {
  const std::string problem = ProblemOf(body);
  const std::string status = absl::StrCat(http_status);
  absl::StatusCode code = absl::StatusCode::kInternal;
  absl::string_view reason = "PODMAN_ERROR";
  if (http_status == 404) {
    code = absl::StatusCode::kNotFound;
    reason = "PODMAN_NOT_FOUND";
  } else if (http_status == 409) {
    code = absl::StatusCode::kAlreadyExists;
    reason = "PODMAN_CONFLICT";
  }
  return MakeError(code, absl::StrCat("Podman refused to ", what, ": ", problem), reason,
                   {{"call", what}, {"http_status", status}, {"problem", problem}});
}

}  // namespace mpd::containers
