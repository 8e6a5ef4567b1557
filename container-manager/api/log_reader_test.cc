#include "container-manager/api/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/base/status.h"
#include "container-manager/podman/podman_client.h"
#include "container-manager/testing/scripted_server.h"

namespace mpd::containers {
namespace {

using Message = v1::StreamLogsResponse;
using Source = WatchSource<Message>;

constexpr auto kPatience = std::chrono::seconds(20);

std::string Frame(char stream, const std::string& data) {
  std::string head(8, '\0');
  head[0] = stream;
  for (int i = 0; i < 4; ++i) head[4 + i] = static_cast<char>(data.size() >> (24 - 8 * i));
  return head + data;
}

class LogReaderTest : public ::testing::Test {
 protected:
  LogReaderTest() : work_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~LogReaderTest() override {
    source_.reset();
    // What the source's end set off is done before the loop goes.
    boost::asio::post(loop_, [this] { work_.reset(); });
    thread_.join();
    hub_.Drain(absl::UnavailableError("the end"));
  }

  void Answer(std::string body, bool hangs = false) {
    Script script{{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", std::move(body)}};
    script.hangs = hangs;
    server_.Expect(std::move(script));
  }
  void Open(LogRequest request = {}) {
    source_ = reader_.Open("runtime/php", "c0ffee", std::move(request));
  }
  // The next message; nullopt at the end, which `end_` then tells.
  std::optional<Message> Next() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      Message message;
      const auto more = source_->Next(&message);
      if (!more.ok()) {
        end_ = more.status();
        return std::nullopt;
      }
      if (*more) return message;
      std::this_thread::yield();
    }
    end_ = absl::DeadlineExceededError("nothing came");
    return std::nullopt;
  }

  ScriptedServer server_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  PodmanClient podman_{&loop_, server_.socket_path()};
  WatchHub hub_;
  LogReader reader_{&loop_, &podman_, &hub_};
  std::unique_ptr<Source> source_;
  absl::Status end_;
  std::thread thread_;
};

TEST_F(LogReaderTest, GivesBothStreamsInTheirOrderAndEndsWithTheLog) {
  Answer(Frame(1, "one\n") + Frame(2, "two\n") + Frame(1, "three\n"));
  LogRequest request;
  request.tail = 3;
  Open(request);
  std::string all;
  while (const auto message = Next()) {
    all += message->stream() == Message::STREAM_STDERR ? "E:" : "O:";
    all += message->data();
  }
  EXPECT_TRUE(IsStreamComplete(end_)) << end_;
  EXPECT_EQ(all, "O:one\nE:two\nO:three\n");
  EXPECT_THAT(server_.requests().at(0),
              ::testing::HasSubstr("/containers/c0ffee/logs?stdout=true&stderr=true&tail=3 "));
}

TEST_F(LogReaderTest, ATailOfNoneIsNotAllAndWithoutATailPodmanIsAskedForAll) {
  Answer("");
  LogRequest none;
  none.tail = 0;
  Open(none);
  EXPECT_EQ(Next(), std::nullopt);
  EXPECT_THAT(server_.requests().at(0), ::testing::HasSubstr("&tail=0 "));
  Answer("");
  Open();
  EXPECT_EQ(Next(), std::nullopt);
  EXPECT_THAT(server_.requests().at(1), ::testing::Not(::testing::HasSubstr("tail")));
}

TEST_F(LogReaderTest, CutsWhatIsLongerThanAMessageMayBe) {
  const std::string text(200'000, 'x');
  Answer(Frame(1, text));
  Open();
  std::string all;
  while (const auto message = Next()) {
    EXPECT_LE(message->data().size(), 64u << 10);
    all += message->data();
  }
  EXPECT_TRUE(IsStreamComplete(end_)) << end_;
  EXPECT_EQ(all, text);
}

TEST_F(LogReaderTest, FollowsUntilTheReaderLeavesAndThenLetsGoOfPodman) {
  Answer(Frame(1, "first\n"), /*hangs=*/true);
  LogRequest request;
  request.follow = true;
  Open(request);
  const auto first = Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data(), "first\n");
  source_.reset();
  // Were Podman's stream still read, the loop would not come to its end.
}

TEST_F(LogReaderTest, AContainerThatIsGoneHasNoLog) {
  server_.Expect({{HttpAnswer("404 Not Found", R"({"message":"no such container"})")}});
  Open();
  EXPECT_EQ(Next(), std::nullopt);
  EXPECT_TRUE(absl::IsFailedPrecondition(end_));
  EXPECT_EQ(ErrorReason(end_), "NO_CONTAINER");
}

TEST_F(LogReaderTest, APodmanThatBreaksOffIsNoEndOfTheLog) {
  server_.Expect({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nab"}});
  Open();
  EXPECT_EQ(Next(), std::nullopt);
  EXPECT_EQ(ErrorReason(end_), "PODMAN_UNAVAILABLE");
}

TEST_F(LogReaderTest, AReaderThatDoesNotKeepUpIsToldSo) {
  // More than may wait for a reader who takes nothing.
  const std::string text(20 << 20, 'x');
  Answer(Frame(1, text));
  Open();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  size_t taken = 0;
  // Only once all of it was offered is the first piece taken.
  while (server_.played() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  while (const auto message = Next()) taken += message->data().size();
  EXPECT_TRUE(absl::IsResourceExhausted(end_)) << end_;
  EXPECT_EQ(ErrorReason(end_), "SLOW_READER");
  EXPECT_LE(taken, size_t{16} << 20);
}

}  // namespace
}  // namespace mpd::containers
