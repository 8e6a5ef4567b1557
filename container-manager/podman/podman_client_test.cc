#include "container-manager/podman/podman_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "container-manager/podman/podman_json.h"
#include "container-manager/testing/scripted_server.h"

namespace mpd::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kInspected[] = R"({"Id":"abc","Name":"mpd-runtime-php","Image":"i1",
  "State":{"Status":"exited","Running":false,"ExitCode":3,"StartedAt":"t1","Error":""},
  "Config":{"Labels":{"mpd.managed":"true"}},
  "NetworkSettings":{"Networks":{"mpd-internal":{"IPAddress":"10.163.0.100"}}}})";

class PodmanClientTest : public ::testing::Test {
 protected:
  // Runs the loop until the call is answered.
  template <typename T>
  T Wait(Awaitable<T> call) {
    std::optional<T> result;
    boost::asio::co_spawn(loop_, std::move(call), [&result](std::exception_ptr thrown, T value) {
      EXPECT_FALSE(thrown);
      result = std::move(value);
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    loop_.restart();
    while (!result && std::chrono::steady_clock::now() < deadline) {
      loop_.run_one_for(std::chrono::milliseconds(50));
    }
    EXPECT_TRUE(result) << "no answer in time";
    return result ? *std::move(result) : T(absl::InternalError("no answer in time"));
  }

  ScriptedServer server_;
  boost::asio::io_context loop_;
  PodmanClient podman_{&loop_, server_.socket_path(), absl::Milliseconds(300)};
};

TEST_F(PodmanClientTest, ReadsAnAnswerThatComesByteByByte) {
  Script script;
  for (const char c : HttpAnswer("200 OK", kInspected)) script.pieces.emplace_back(1, c);
  server_.Expect(script);
  const auto info = Wait(podman_.InspectContainer("mpd-runtime-php"));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->id, "abc");
  EXPECT_EQ(info->exit_code, 3);
  EXPECT_EQ(info->networks.at("mpd-internal"), "10.163.0.100");
  EXPECT_EQ(info->labels.at("mpd.managed"), "true");
  EXPECT_THAT(server_.requests().at(0),
              StartsWith("GET /v4.0.0/libpod/containers/mpd-runtime-php/json HTTP/1.1\r\n"));
}

TEST_F(PodmanClientTest, ReadsAChunkedAnswerCutInsideItsChunks) {
  server_.Expect({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2", "\r\n[", "]\r",
                   "\n0\r\n", "\r\n"}});
  const auto all = Wait(podman_.ListContainers("label", "mpd.managed=true"));
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_TRUE(all->empty());
  EXPECT_THAT(server_.requests().at(0),
              HasSubstr("filters=%7b%22label%22%3a%5b%22mpd.managed%3dtrue%22%5d%7d"));
}

TEST_F(PodmanClientTest, GivesPodmansOwnWordsForARefusal) {
  const std::string body =
      R"({"cause":"held","message":"requested ip address is already allocated","response":500})";
  server_.Expect({{HttpAnswer("500 Internal Server Error", body)}});
  const absl::Status status = Wait(podman_.StartContainer("x1"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrorReason(status), "PODMAN_ERROR");
  EXPECT_EQ(ErrorMetadataValue(status, "http_status"), "500");
  EXPECT_THAT(std::string(status.message()), HasSubstr("already allocated"));
}

TEST_F(PodmanClientTest, TellsMissingAndTakenFromOtherRefusals) {
  server_.Expect({{HttpAnswer("404 Not Found", R"({"message":"no such container"})")}});
  EXPECT_TRUE(absl::IsNotFound(Wait(podman_.InspectContainer("x1")).status()));
  server_.Expect({{HttpAnswer("409 Conflict", R"({"message":"in use"})")}});
  EXPECT_TRUE(absl::IsAlreadyExists(Wait(podman_.CreateContainer({})).status()));
}

TEST_F(PodmanClientTest, WhatIsAlreadySoIsSuccess) {
  server_.Expect({{"HTTP/1.1 304 Not Modified\r\n\r\n"}});
  EXPECT_TRUE(Wait(podman_.StartContainer("x1")).ok());
  server_.Expect({{"HTTP/1.1 204 No Content\r\n\r\n"}});
  EXPECT_TRUE(Wait(podman_.StopContainer("x1", absl::Seconds(1))).ok());
  server_.Expect({{HttpAnswer("404 Not Found", "{}")}});
  EXPECT_TRUE(Wait(podman_.RemoveContainer("x1")).ok());
}

TEST_F(PodmanClientTest, AVolumeThatIsGoneIsRemovedAndOneInUseIsNot) {
  server_.Expect({{HttpAnswer("404 Not Found", R"({"message":"no such volume"})")}});
  EXPECT_TRUE(Wait(podman_.RemoveVolume("v1")).ok());
  server_.Expect({{HttpAnswer("409 Conflict", R"({"message":"volume is being used"})")}});
  EXPECT_THAT(std::string(Wait(podman_.RemoveVolume("v1")).message()), HasSubstr("being used"));
}

TEST_F(PodmanClientTest, AnAnswerThatEndsEarlyIsNoAnswer) {
  server_.Expect({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Id\""}});
  const absl::Status half = Wait(podman_.InspectContainer("x1")).status();
  EXPECT_EQ(ErrorReason(half), "PODMAN_UNAVAILABLE");
  server_.Expect({{}});
  EXPECT_EQ(ErrorReason(Wait(podman_.InspectContainer("x1")).status()), "PODMAN_UNAVAILABLE");
}

TEST_F(PodmanClientTest, AnAnswerThatIsNotJsonIsTold) {
  server_.Expect({{HttpAnswer("200 OK", "<html>")}});
  EXPECT_EQ(ErrorReason(Wait(podman_.InspectContainer("x1")).status()), "PODMAN_ERROR");
  server_.Expect({{HttpAnswer("200 OK", R"({"Id":1})")}});
  EXPECT_EQ(ErrorReason(Wait(podman_.InspectContainer("x1")).status()), "PODMAN_ERROR");
}

TEST_F(PodmanClientTest, ASilentServerIsGivenUpOnInTime) {
  Script silent;
  silent.hangs = true;
  server_.Expect(silent);
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = Wait(podman_.InspectContainer("x1")).status();
  EXPECT_EQ(ErrorReason(status), "PODMAN_UNAVAILABLE");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(PodmanClientTest, AMissingSocketIsToldWithItsPath) {
  PodmanClient nobody(&loop_, "/nonexistent/podman.sock");
  const absl::Status status = Wait(nobody.InspectContainer("x1")).status();
  EXPECT_EQ(ErrorReason(status), "PODMAN_UNAVAILABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/podman.sock"));
}

TEST_F(PodmanClientTest, FollowsEventsCutAnywhere) {
  const std::string first =
      R"({"Type":"container","Action":"died","Actor":{"ID":"a1","Attributes":{"name":"n1"}}})";
  const std::string second =
      R"({"Type":"container","Action":"start","Actor":{"ID":"a2","Attributes":null}})";
  const std::string body = first + "\n" + second + "\n";
  Script script{{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}};
  for (size_t i = 0; i < body.size(); i += 7) script.pieces.push_back(body.substr(i, 7));
  server_.Expect(script);
  int opened = 0;
  std::vector<std::string> seen;
  const absl::Status ended = Wait(podman_.Events(
      absl::FromUnixNanos(1'700'000'000'000'000'123), [&opened] { ++opened; },
      [&seen](const PodmanEvent& event) { seen.push_back(event.action + event.container_name); }));
  EXPECT_EQ(ErrorReason(ended), "PODMAN_UNAVAILABLE");
  EXPECT_EQ(opened, 1);
  EXPECT_THAT(seen, ElementsAre("diedn1", "start"));
}

TEST_F(PodmanClientTest, AsksForEventsFromTheInstantOn) {
  server_.Expect({{HttpAnswer("200 OK", "")}});
  const auto ignore = [](const PodmanEvent&) {};
  const absl::Status ended =
      Wait(podman_.Events(absl::FromUnixNanos(1'700'000'000'000'000'123), [] {}, ignore));
  EXPECT_EQ(ErrorReason(ended), "PODMAN_UNAVAILABLE");
  EXPECT_THAT(server_.requests().at(0),
              HasSubstr("/events?stream=true&since=2023-11-14T22%3a13%3a20.000000123Z&filters="));
}

TEST_F(PodmanClientTest, EventsThatPodmanRefusesAreToldInItsWords) {
  server_.Expect({{HttpAnswer("500 Internal Server Error", R"({"message":"no event log"})")}});
  const absl::Status ended =
      Wait(podman_.Events(absl::UnixEpoch(), [] {}, [](const PodmanEvent&) {}));
  EXPECT_EQ(ErrorReason(ended), "PODMAN_ERROR");
  EXPECT_THAT(std::string(ended.message()), HasSubstr("no event log"));
}

TEST_F(PodmanClientTest, AnEventWithoutItsEndIsNone) {
  Script half{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n",
               R"({"Type":"container","Action":"died","Actor":{"ID":)"}};
  server_.Expect(half);
  int seen = 0;
  const absl::Status ended =
      Wait(podman_.Events(absl::UnixEpoch(), [] {}, [&seen](const PodmanEvent&) { ++seen; }));
  EXPECT_EQ(ErrorReason(ended), "PODMAN_UNAVAILABLE");
  EXPECT_EQ(seen, 0);
}

TEST_F(PodmanClientTest, APodmanThatRestartsAnswersTheNextCall) {
  // Hung up on before, and after, the request was read.
  Script gone;
  gone.reads_request = false;
  server_.Expect(gone);
  EXPECT_EQ(ErrorReason(Wait(podman_.StartContainer("x1"))), "PODMAN_UNAVAILABLE");
  server_.Expect({{}});
  EXPECT_EQ(ErrorReason(Wait(podman_.StartContainer("x1"))), "PODMAN_UNAVAILABLE");
  server_.Expect({{HttpAnswer("204 No Content", "")}});
  EXPECT_TRUE(Wait(podman_.StartContainer("x1")).ok());
}

TEST_F(PodmanClientTest, ContainersThatTakeTheirTimeToStopHoldUpNobody) {
  Script slow;
  slow.hangs = true;
  int stopping = 0;
  for (int i = 0; i < 2 * kPodmanMaxCalls; ++i) {
    server_.Expect(slow);
    boost::asio::co_spawn(loop_, podman_.StopContainer("x1", absl::Seconds(20)),
                          [](std::exception_ptr, const absl::Status&) {});
    ++stopping;
  }
  while (static_cast<int>(server_.requests().size()) < stopping) {
    loop_.run_one_for(std::chrono::milliseconds(20));
  }
  server_.Expect({{HttpAnswer("204 No Content", "")}});
  EXPECT_TRUE(Wait(podman_.StartContainer("x2")).ok());
}

TEST_F(PodmanClientTest, SplitsALogIntoItsStreamsAndStopsWhenToldTo) {
  const std::string out_head("\1\0\0\0\0\0\0\3", 8);
  const std::string err_head("\2\0\0\0\0\0\0\2", 8);
  server_.Expect({{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", out_head.substr(0, 5),
                   out_head.substr(5) + "ab", "c" + err_head + "no", out_head + "abc"}});
  std::string out;
  std::string err;
  const absl::Status status = Wait(podman_.Logs("x1", {}, [&](LogChunk chunk) {
    (chunk.is_stderr ? err : out) += chunk.data;
    return err.empty() || err.size() < 2;
  }));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(out, "abc");
  EXPECT_EQ(err, "no");
}

TEST_F(PodmanClientTest, ACommandsOutputAndExitCodeComeBack) {
  server_.Expect({{HttpAnswer("201 Created", R"({"Id":"e1"})")}});
  server_.Expect(
      {{"HTTP/1.1 200 OK\r\n\r\n" + std::string("\1\0\0\0\0\0\0\x9", 8) + "degraded\n"}});
  server_.Expect({{HttpAnswer("200 OK", R"({"ExitCode":1,"Running":false})")}});
  const auto result = Wait(podman_.Exec("x1", {"systemctl"}, absl::Seconds(1)));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "degraded\n");
  EXPECT_EQ(result->exit_code, 1);
}

TEST_F(PodmanClientTest, AnImageIsThereOrNotOrPodmanCannotTell) {
  server_.Expect({{HttpAnswer("204 No Content", "")}});
  const auto there = Wait(podman_.HasImage("localhost/x:1"));
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_TRUE(*there);
  EXPECT_THAT(server_.requests().back(),
              StartsWith("GET /v4.0.0/libpod/images/localhost/x%3a1/exists "));
  const std::string not_known = HttpAnswer(
      "404 Not Found",
      R"({"cause":"failed to find image localhost/x:1","message":"no such image","response":404})");
  server_.Expect({{not_known}});
  server_.Expect({{not_known}});
  const auto missing = Wait(podman_.HasImage("localhost/x:1"));
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_FALSE(*missing);
  server_.Expect({{not_known}});
  server_.Expect({{HttpAnswer("500 Internal Server Error", R"({"message":"a layer is gone"})")}});
  const auto damaged = Wait(podman_.HasImage("localhost/x:1"));
  EXPECT_THAT(std::string(damaged.status().message()), HasSubstr("a layer is gone"));
}

TEST_F(PodmanClientTest, APullTellsTheSumOfItsLayers) {
  const std::string lines =
      R"({"status":"Pulling fs layer","progressDetail":{},"id":"aaa"})"
      "\n"
      R"({"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"aaa"})"
      "\n"
      R"({"status":"Downloading","progressDetail":{"current":20,"total":40},"id":"bbb"})"
      "\n"
      R"({"status":"Download complete","progressDetail":{},"id":"aaa"})"
      "\n";
  Script script{{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}};
  for (size_t i = 0; i < lines.size(); i += 11) script.pieces.push_back(lines.substr(i, 11));
  server_.Expect(script);
  std::vector<std::string> told;
  PullRequest request;
  request.image = "docker.io/library/postgres:16";
  request.silence = absl::Seconds(5);
  request.on_progress = [&told](const PullProgress& progress) {
    told.push_back(absl::StrCat(progress.layers, " ", progress.bytes, "/", progress.total_bytes));
  };
  const absl::Status pulled = Wait(podman_.PullImage(request));
  EXPECT_TRUE(pulled.ok()) << pulled;
  EXPECT_THAT(told, ElementsAre("1 0/0", "1 10/100", "2 30/140", "2 30/140"));
  EXPECT_THAT(server_.requests().at(0),
              StartsWith("POST /v1.40/images/create?fromImage=docker.io/library/postgres%3a16 "));
}

TEST_F(PodmanClientTest, APullThatFailsGivesTheReason) {
  PullRequest request;
  request.image = "localhost:1/x:1";
  request.silence = absl::Seconds(5);
  server_.Expect({{HttpAnswer("500 Internal Server Error",
                              R"({"status":"","error":"connection refused","errorDetail":{}})")}});
  absl::Status pulled = Wait(podman_.PullImage(request));
  EXPECT_EQ(ErrorMetadataValue(pulled, "problem"), "connection refused");
  server_.Expect({{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
                   "{\"status\":\"Downloading\",\"id\":\"a\"}\n{\"error\":\"unexpected EOF\"}\n"}});
  pulled = Wait(podman_.PullImage(request));
  EXPECT_EQ(ErrorMetadataValue(pulled, "problem"), "unexpected EOF");
}

TEST_F(PodmanClientTest, ASilentPullIsGivenUpOn) {
  PullRequest request;
  request.image = "localhost:1/x:1";
  request.silence = absl::Milliseconds(100);
  Script silent{{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "{\"id\":\"a\"}\n"}};
  silent.hangs = true;
  server_.Expect(silent);
  const absl::Status pulled = Wait(podman_.PullImage(request));
  EXPECT_TRUE(absl::IsDeadlineExceeded(pulled)) << pulled;
  EXPECT_THAT(ErrorMetadataValue(pulled, "problem"), HasSubstr("100ms"));
}

TEST_F(PodmanClientTest, CallsBeyondTheBoundWaitForTheirTurnAndAllAreAnswered) {
  constexpr int kCalls = 3 * kPodmanMaxCalls;
  for (int i = 0; i < kCalls; ++i) server_.Expect({{HttpAnswer("204 No Content", "")}});
  int answered = 0;
  for (int i = 0; i < kCalls; ++i) {
    boost::asio::co_spawn(loop_, podman_.StartContainer("x1"),
                          [&answered](std::exception_ptr, const absl::Status& status) {
                            EXPECT_TRUE(status.ok()) << status;
                            ++answered;
                          });
  }
  loop_.run_for(std::chrono::seconds(20));
  EXPECT_EQ(answered, kCalls);
}

TEST(PodmanJsonTest, AContainerKeepsNothingOfTheHosts) {
  ContainerSpec spec;
  spec.name = "mpd-runtime-php";
  spec.network = "mpd-internal";
  spec.address = "10.163.0.100";
  spec.dns_servers = {"10.163.0.3"};
  spec.systemd = true;
  const auto json = nlohmann::json::parse(ToJson(spec));
  EXPECT_EQ(json["Networks"]["mpd-internal"]["static_ips"][0], "10.163.0.100");
  EXPECT_EQ(json["Networks"]["mpd-internal"]["static_mac"], "02:6d:0a:a3:00:64");
  EXPECT_EQ(json["dns_search"][0], ".");
  EXPECT_EQ(json["use_image_hosts"], true);
  EXPECT_EQ(json["systemd"], "always");
  EXPECT_EQ(json["restart_policy"], "no");
}

TEST(PodmanJsonTest, ADatabaseContainerHasItsCommandAndSignal) {
  ContainerSpec spec;
  spec.name = "mpd-db-postgres-17";
  spec.network = "mpd-internal";
  spec.command = {"postgres", "-c", "fsync=on"};
  spec.stop_signal = 2;
  spec.shm_bytes = 1 << 28;
  const auto json = nlohmann::json::parse(ToJson(spec));
  EXPECT_EQ(json["command"].size(), 3u);
  EXPECT_EQ(json["stop_signal"], 2);
  EXPECT_EQ(json["shm_size"], 1 << 28);
  EXPECT_EQ(json["image_volume_mode"], "ignore");
  EXPECT_FALSE(json.contains("entrypoint"));
}

TEST(PodmanJsonTest, WithoutANetworkThereIsNone) {
  ContainerSpec spec;
  spec.entrypoint = {"/bin/true"};
  const auto json = nlohmann::json::parse(ToJson(spec));
  EXPECT_EQ(json["netns"]["nsmode"], "none");
  EXPECT_FALSE(json.contains("Networks"));
  EXPECT_EQ(json["entrypoint"][0], "/bin/true");
}

TEST(PodmanJsonTest, AContainerThatIsBeingStoppedStillRuns) {
  const auto info = ContainerFromJson(
      R"({"Id":"a","Name":"n","State":{"Status":"stopping","Running":false},"Config":{}})");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_TRUE(info->running);
}

}  // namespace
}  // namespace mpd::containers
