#include "container-manager/podman/podman_errors.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

// The container's id that follows the words in the error's message.
std::string IdAfter(absl::string_view words, const absl::Status& error) {
  const absl::string_view text = error.message();
  const size_t at = text.find(words);
  if (at == absl::string_view::npos) return "";
  size_t end = at + words.size();
  while (end < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[end]))) ++end;
  return std::string(text.substr(at + words.size(), end - at - words.size()));
}

// INTERNAL (PODMAN_ERROR). `http_status` and `cause` are empty where Podman did not say so.
absl::Status Error(absl::string_view sentence, absl::string_view what, absl::string_view problem,
                   absl::string_view http_status = "", absl::string_view cause = "") {
  return MakeError(
      absl::StatusCode::kInternal, sentence, "PODMAN_ERROR",
      {{"call", what}, {"http_status", http_status}, {"problem", problem}, {"cause", cause}});
}

constexpr size_t kMaxProblem = 500;

// What Podman says went wrong: "message" holds the whole chain, "cause" only its last link, which
// is one of the sentences of its libpod/define/errors.go.
struct Refusal {
  std::string message;
  std::string cause;
};

Refusal RefusalOf(absl::string_view body) {
  const auto json = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
  Refusal refusal;
  if (!json.is_object()) return refusal;
  const auto text = [&json](const char* key) {
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  refusal.message = text("message");
  refusal.cause = text("cause");
  // A pull reports its failure under this key.
  if (refusal.message.empty()) refusal.message = text("error");
  return refusal;
}

std::string ProblemOf(const Refusal& refusal, absl::string_view body) {
  std::string problem = refusal.message.empty() ? refusal.cause : refusal.message;
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
  return Error(absl::StrCat("Podman's answer to \"", what, "\" is not understood: ", problem), what,
               problem);
}

absl::Status PodmanErrors::Silent(absl::string_view what, absl::Duration silence) {
  const std::string problem = absl::StrCat("nothing was heard for ", absl::FormatDuration(silence));
  return MakeError(absl::StatusCode::kDeadlineExceeded, absl::StrCat(what, ": ", problem),
                   "PODMAN_SILENT", {{"call", what}, {"problem", problem}});
}

absl::Status PodmanErrors::Refused(absl::string_view what, absl::string_view problem) {
  return Error(absl::StrCat("Podman refused to ", what, ": ", problem), what, problem);
}

absl::Status PodmanErrors::FromHttp(absl::string_view what, int http_status,
                                    absl::string_view body) {
  const Refusal refusal = RefusalOf(body);
  const std::string problem = ProblemOf(refusal, body);
  const std::string status = absl::StrCat(http_status);
  const std::string sentence = absl::StrCat("Podman refused to ", what, ": ", problem);
  // Podman often answers 500 where another status is meant; the cause is the same.
  const absl::string_view cause = refusal.cause;
  if (http_status == 404 || cause == "no such container" || cause == "image not known" ||
      cause == "network not found") {
    return MakeError(
        absl::StatusCode::kNotFound, sentence, "PODMAN_NOT_FOUND",
        {{"call", what}, {"http_status", status}, {"problem", problem}, {"cause", cause}});
  }
  if (http_status == 409 || cause == "that name is already in use") {
    return MakeError(
        absl::StatusCode::kAlreadyExists, sentence, "PODMAN_CONFLICT",
        {{"call", what}, {"http_status", status}, {"problem", problem}, {"cause", cause}});
  }
  return Error(sentence, what, problem, status, cause);
}

std::string AddressHolder(const absl::Status& error) {
  return IdAfter("already allocated to container ID ", error);
}

std::string NameHolder(const absl::Status& error) {
  return IdAfter("is already in use by ", error);
}

}  // namespace mpd::containers
