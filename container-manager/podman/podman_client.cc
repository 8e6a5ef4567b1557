#include "container-manager/podman/podman_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/podman/podman_frames.h"
#include "container-manager/podman/podman_json.h"

namespace mpd::containers {
namespace {

constexpr absl::string_view kApi = "/v4.0.0/libpod";
// Docker's API, which Podman serves too: in a pull's progress only it reports bytes.
constexpr absl::string_view kDockerApi = "/v1.40";
constexpr size_t kMaxExecOutput = 64 << 10;
constexpr size_t kMaxEventLine = 256 << 10;
constexpr size_t kMaxPullLine = 64 << 10;

// RFC 3986 §2.3: all but the unreserved, and "/", which the image routes take as it is.
std::string Escaped(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || c == '/';
    if (plain) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return out;
}

HttpRequest Request(std::string method, absl::string_view path, std::string body = "") {
  return {std::move(method), absl::StrCat(kApi, path), std::move(body)};
}

std::string ContainerPath(absl::string_view container, absl::string_view rest) {
  return absl::StrCat("/containers/", Escaped(container), rest);
}

}  // namespace

PodmanClient::PodmanClient(boost::asio::io_context* loop, std::string socket_path,
                           absl::Duration call_timeout)
    : call_timeout_(call_timeout),
      http_(loop, socket_path, kPodmanMaxCalls),
      stops_(loop, std::move(socket_path), kPodmanMaxStops),
      image_checks_(loop),
      image_inspections_(loop) {}

Awaitable<absl::StatusOr<std::string>> PodmanClient::Call(Ask ask) {
  return CallOn(&http_, std::move(ask));
}

Awaitable<absl::StatusOr<std::string>> PodmanClient::CallOn(UnixHttp* http, Ask ask) {
  auto response = co_await http->Call(std::move(ask.request), ask.timeout);
  if (!response.ok()) co_return response.status();
  const bool success =
      (response->status >= 200 && response->status < 300) || response->status == 304;
  if (!success) co_return PodmanErrors::FromHttp(ask.what, response->status, response->body);
  co_return std::move(response->body);
}

Awaitable<absl::Status> PodmanClient::CallForStatus(Ask ask) {
  const auto body = co_await Call(std::move(ask));
  co_return body.status();
}

Awaitable<absl::StatusOr<NetworkSpec>> PodmanClient::InspectNetwork(std::string name) {
  Ask ask{absl::StrCat("inspect network ", name),
          Request("GET", absl::StrCat("/networks/", Escaped(name), "/json")), call_timeout_};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return NetworkFromJson(*body);
}

Awaitable<absl::Status> PodmanClient::CreateNetwork(NetworkSpec spec) {
  Ask ask{absl::StrCat("create network ", spec.name),
          Request("POST", "/networks/create", ToJson(spec)), call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::RemoveNetwork(std::string name) {
  Ask ask{absl::StrCat("remove network ", name),
          Request("DELETE", absl::StrCat("/networks/", Escaped(name))), call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::ConnectNetwork(std::string network, std::string container,
                                                     std::string address) {
  Ask ask{absl::StrCat("connect ", container, " to network ", network),
          Request("POST", absl::StrCat("/networks/", Escaped(network), "/connect"),
                  ConnectToJson(container, address)),
          kPodmanSlowCallTimeout};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::DisconnectNetwork(std::string network,
                                                        std::string container) {
  Ask ask{absl::StrCat("disconnect ", container, " from network ", network),
          Request("POST", absl::StrCat("/networks/", Escaped(network), "/disconnect"),
                  DisconnectToJson(container)),
          kPodmanSlowCallTimeout};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::StatusOr<VolumeInfo>> PodmanClient::InspectVolume(std::string name) {
  Ask ask{absl::StrCat("inspect volume ", name),
          Request("GET", absl::StrCat("/volumes/", Escaped(name), "/json")), call_timeout_};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return VolumeFromJson(*body);
}

Awaitable<absl::Status> PodmanClient::CreateVolume(std::string name, Labels labels) {
  Ask ask{absl::StrCat("create volume ", name),
          Request("POST", "/volumes/create", VolumeToJson(name, labels)), call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::RemoveVolume(std::string name) {
  Ask ask{absl::StrCat("remove volume ", name),
          Request("DELETE", absl::StrCat("/volumes/", Escaped(name))), kPodmanSlowCallTimeout};
  const absl::Status removed = co_await CallForStatus(std::move(ask));
  co_return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

// Many containers are made from one image, so callers that ask for the same image at the same time
// share one request.
Awaitable<absl::StatusOr<bool>> PodmanClient::HasImage(std::string image) {
  return image_checks_.Get(image, [this, image] { return CheckImage(image); });
}

Awaitable<absl::StatusOr<bool>> PodmanClient::CheckImage(std::string image) {
  Ask ask{absl::StrCat("look for image ", image),
          Request("GET", absl::StrCat("/images/", Escaped(image), "/exists")), call_timeout_};
  const absl::Status there = co_await CallForStatus(std::move(ask));
  if (there.ok()) co_return true;
  if (!absl::IsNotFound(there)) co_return there;
  // Podman says "not found" of a damaged image too. Inspecting it tells the two apart.
  const auto id = co_await InspectImage(image);
  if (absl::IsNotFound(id.status())) co_return false;
  CO_RETURN_IF_ERROR(id.status());
  co_return true;
}

Awaitable<absl::StatusOr<std::string>> PodmanClient::ImageId(std::string image) {
  return image_inspections_.Get(image, [this, image] { return InspectImage(image); });
}

Awaitable<absl::StatusOr<std::string>> PodmanClient::InspectImage(std::string image) {
  Ask ask{absl::StrCat("inspect image ", image),
          Request("GET", absl::StrCat("/images/", Escaped(image), "/json")), call_timeout_};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return StringFieldFromJson(*body, "Id");
}

Awaitable<absl::Status> PodmanClient::PullImage(PullRequest request) {
  const std::string what = absl::StrCat("fetch image ", request.image);
  PullReader reader;
  std::string problem;
  LineReader lines(kMaxPullLine, [&](absl::string_view line) {
    const auto progress = reader.Add(line);
    if (!progress.ok()) {
      problem = std::string(progress.status().message());
    } else if (request.on_progress) {
      request.on_progress(*progress);
    }
  });
  UnixHttp::StreamHandler handler;
  handler.on_sent = std::move(request.on_open);
  handler.on_data = [&lines](absl::string_view data) { return lines.Add(data); };
  handler.silence = request.silence;
  const HttpRequest ask{
      "POST", absl::StrCat(kDockerApi, "/images/create?fromImage=", Escaped(request.image)), ""};
  const auto response = co_await http_.Stream(ask, std::move(handler));
  CO_RETURN_IF_ERROR(response.status());
  if (response->status >= 300) {
    co_return PodmanErrors::FromHttp(what, response->status, response->body);
  }
  // Once a part was fetched, Podman answers 200 and reports the failure as a line of the body.
  if (!problem.empty()) co_return PodmanErrors::Refused(what, problem);
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<std::string>> PodmanClient::CreateContainer(ContainerSpec spec) {
  Ask ask{absl::StrCat("create container ", spec.name),
          Request("POST", "/containers/create", ToJson(spec)), kPodmanSlowCallTimeout};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return StringFieldFromJson(*body, "Id");
}

Awaitable<absl::StatusOr<ContainerInfo>> PodmanClient::InspectContainer(std::string container) {
  Ask ask{absl::StrCat("inspect container ", container),
          Request("GET", ContainerPath(container, "/json")), call_timeout_};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return ContainerFromJson(*body);
}

Awaitable<absl::StatusOr<std::vector<ContainerSummary>>> PodmanClient::ListContainers(
    std::string key, std::string value) {
  const std::string filters = Escaped(FilterJson(key, {value}));
  Ask ask{"list containers",
          Request("GET", absl::StrCat("/containers/json?all=true&filters=", filters)),
          call_timeout_};
  const auto body = co_await Call(std::move(ask));
  if (!body.ok()) co_return body.status();
  co_return ContainersFromJson(*body);
}

Awaitable<absl::Status> PodmanClient::UnpauseContainer(std::string container) {
  Ask ask{absl::StrCat("unpause container ", container),
          Request("POST", ContainerPath(container, "/unpause")), call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::RenameContainer(std::string container, std::string name) {
  Ask ask{absl::StrCat("rename container ", container),
          Request("POST", ContainerPath(container, absl::StrCat("/rename?name=", Escaped(name)))),
          call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::StartContainer(std::string container) {
  Ask ask{absl::StrCat("start container ", container),
          Request("POST", ContainerPath(container, "/start")), kPodmanSlowCallTimeout};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::StopContainer(std::string container, absl::Duration grace) {
  const int64_t seconds = absl::ToInt64Seconds(grace);
  Ask ask{absl::StrCat("stop container ", container),
          Request("POST", ContainerPath(container, absl::StrCat("/stop?timeout=", seconds))),
          grace + kPodmanSlowCallTimeout};
  const auto body = co_await CallOn(&stops_, std::move(ask));
  co_return body.status();
}

Awaitable<absl::Status> PodmanClient::SignalContainer(std::string container, std::string signal) {
  Ask ask{absl::StrCat("signal container ", container),
          Request("POST", ContainerPath(container, absl::StrCat("/kill?signal=", signal))),
          call_timeout_};
  return CallForStatus(std::move(ask));
}

Awaitable<absl::Status> PodmanClient::RemoveContainer(std::string container) {
  Ask ask{absl::StrCat("remove container ", container),
          Request("DELETE", ContainerPath(container, "?force=true&timeout=0&v=true")),
          kPodmanSlowCallTimeout};
  const absl::Status removed = co_await CallForStatus(std::move(ask));
  co_return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

Awaitable<absl::StatusOr<ExecResult>> PodmanClient::Exec(std::string container,
                                                         std::vector<std::string> command,
                                                         absl::Duration timeout) {
  const std::string what = absl::StrCat("run a command in container ", container);
  Ask make{what, Request("POST", ContainerPath(container, "/exec"), ExecToJson(command)),
           call_timeout_};
  const auto made = co_await Call(std::move(make));
  if (!made.ok()) co_return made.status();
  const auto id = StringFieldFromJson(*made, "Id");
  if (!id.ok()) co_return id.status();

  Ask start{what,
            Request("POST", absl::StrCat("/exec/", Escaped(*id), "/start"),
                    R"({"Detach":false,"Tty":false})"),
            timeout};
  const auto output = co_await Call(std::move(start));
  if (!output.ok()) co_return output.status();

  Ask ask{what, Request("GET", absl::StrCat("/exec/", Escaped(*id), "/json")), call_timeout_};
  const auto seen = co_await Call(std::move(ask));
  if (!seen.ok()) co_return seen.status();
  const auto exit_code = IntFieldFromJson(*seen, "ExitCode");
  if (!exit_code.ok()) co_return exit_code.status();

  ExecResult result;
  result.exit_code = *exit_code;
  FrameReader frames([&result](LogChunk chunk) {
    result.output.append(chunk.data);
    return result.output.size() < kMaxExecOutput;
  });
  frames.Add(*output);
  if (result.output.size() > kMaxExecOutput) result.output.resize(kMaxExecOutput);
  co_return result;
}

Awaitable<absl::Status> PodmanClient::Logs(std::string container, LogRequest request,
                                           std::function<bool(LogChunk)> on_chunk) {
  std::string query = "/logs?stdout=true&stderr=true";
  if (request.follow) query += "&follow=true";
  if (request.tail) absl::StrAppend(&query, "&tail=", *request.tail);
  FrameReader frames(std::move(on_chunk));
  UnixHttp::StreamHandler handler;
  handler.on_sent = std::move(request.on_open);
  handler.on_data = [&frames](absl::string_view data) { return frames.Add(data); };
  const auto response =
      co_await http_.Stream(Request("GET", ContainerPath(container, query)), std::move(handler));
  if (!response.ok()) co_return response.status();
  if (response->status < 300) co_return absl::OkStatus();
  co_return PodmanErrors::FromHttp(absl::StrCat("read the log of ", container), response->status,
                                   response->body);
}

Awaitable<absl::Status> PodmanClient::Events(absl::Time since, std::function<void()> on_open,
                                             std::function<void(const PodmanEvent&)> on_event) {
  // Named one by one, as every probe's exec is an event too, and would wake the reconciler.
  const std::string filters = Escaped(FilterJson(
      "event", {"start", "died", "remove", "rename", "pause", "unpause", "connect", "disconnect"}));
  const std::string begin =
      Escaped(absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", since, absl::UTCTimeZone()));
  LineReader lines(kMaxEventLine, [&on_event](absl::string_view line) {
    const auto event = EventFromJson(line);
    if (event.ok()) on_event(*event);
  });
  UnixHttp::StreamHandler handler;
  handler.on_sent = [&on_open](const std::function<void()>&) { on_open(); };
  handler.on_data = [&lines](absl::string_view data) { return lines.Add(data); };
  const auto response = co_await http_.Stream(
      Request("GET", absl::StrCat("/events?stream=true&since=", begin, "&filters=", filters)),
      std::move(handler));
  if (!response.ok()) co_return response.status();
  if (response->status >= 300) {
    co_return PodmanErrors::FromHttp("follow events", response->status, response->body);
  }
  co_return PodmanErrors::Unavailable(http_.socket_path(), "follow events", "the stream ended");
}

}  // namespace mpd::containers
