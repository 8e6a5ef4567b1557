// What real Podmans answered (testdata/record), read by what reads it.
#include "container-manager/podman/podman_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/podman/podman_frames.h"

namespace mpd::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kAddress[] = "10.163.9.10";

std::vector<std::string> Versions() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(MPD_TESTDATA)) {
    if (entry.is_directory()) all.push_back(entry.path().filename().string());
  }
  return all;
}

class RecordedTest : public ::testing::TestWithParam<std::string> {
 protected:
  // "inspect_running.200"
  std::string Recorded(const std::string& name) {
    const std::string path = std::string(MPD_TESTDATA) + "/" + GetParam() + "/" + name + ".json";
    std::ifstream file(path);
    EXPECT_TRUE(file.good()) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  ContainerInfo Inspected(const std::string& name) {
    const auto info = ContainerFromJson(Recorded(name));
    EXPECT_TRUE(info.ok()) << info.status();
    return info.ok() ? *info : ContainerInfo();
  }
  absl::Status Refusal(const std::string& name, int http_status) {
    return PodmanErrors::FromHttp("do it", http_status,
                                  Recorded(name + "." + std::to_string(http_status)));
  }
};

TEST_P(RecordedTest, AContainerFromItsMakingToItsEnd) {
  const ContainerInfo created = Inspected("inspect_created.200");
  EXPECT_EQ(created.status, "created");
  EXPECT_FALSE(created.running);
  EXPECT_EQ(created.name, "mpd-runtime-record");
  EXPECT_EQ(created.labels.at("mpd.ip"), kAddress);
  EXPECT_THAT(created.networks, ElementsAre(Pair("record", "")));

  const ContainerInfo running = Inspected("inspect_running.200");
  EXPECT_TRUE(running.running);
  EXPECT_EQ(running.id, created.id);
  EXPECT_NE(running.started_at, created.started_at);
  EXPECT_THAT(running.networks, ElementsAre(Pair("record", kAddress)));

  const ContainerInfo exited = Inspected("inspect_exited.200");
  EXPECT_EQ(exited.status, "exited");
  EXPECT_FALSE(exited.running);
  EXPECT_EQ(exited.started_at, running.started_at);
  EXPECT_THAT(exited.networks, ElementsAre(Pair("record", "")));
  EXPECT_TRUE(Inspected("inspect_disconnected.200").networks.empty());
  EXPECT_TRUE(Inspected("inspect_disconnected.200").running);
}

TEST_P(RecordedTest, AListOfContainers) {
  const auto all = ContainersFromJson(Recorded("list.200"));
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 2u);
  for (const ContainerSummary& one : *all) {
    EXPECT_EQ(one.running, one.name == "mpd-runtime-record");
    EXPECT_EQ(one.labels.at("mpd.managed"), "true");
  }
}

TEST_P(RecordedTest, ANetwork) {
  const auto network = NetworkFromJson(Recorded("network_inspect.200"));
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->name, "record");
  EXPECT_EQ(network->interface, "record0");
  EXPECT_EQ(network->subnet, "10.163.9.0/24");
  EXPECT_EQ(network->gateway, "10.163.9.1");
  EXPECT_FALSE(network->dns_enabled);
  EXPECT_EQ(network->labels.at("mpd.managed"), "true");
}

TEST_P(RecordedTest, AVolume) {
  const auto volume = VolumeFromJson(Recorded("volume_inspect.200"));
  ASSERT_TRUE(volume.ok()) << volume.status();
  EXPECT_THAT(volume->mountpoint, ::testing::EndsWith("/volumes/record/_data"));
  EXPECT_EQ(volume->labels.at("mpd.managed"), "true");
  EXPECT_TRUE(absl::IsNotFound(Refusal("volume_missing", 404)));
}

TEST_P(RecordedTest, Ids) {
  EXPECT_EQ(*StringFieldFromJson(Recorded("create.201"), "Id"),
            Inspected("inspect_created.200").id);
  EXPECT_TRUE(StringFieldFromJson(Recorded("image_inspect.200"), "Id").ok());
  EXPECT_EQ(*IntFieldFromJson(Recorded("exec_inspect.200"), "ExitCode"), 0);
}

TEST_P(RecordedTest, Refusals) {
  EXPECT_TRUE(absl::IsNotFound(Refusal("container_missing", 404)));
  EXPECT_TRUE(absl::IsNotFound(Refusal("network_missing", 404)));
  EXPECT_TRUE(absl::IsNotFound(Refusal("image_missing", 404)));
  EXPECT_TRUE(absl::IsNotFound(Refusal("create_without_image", 500)));
  EXPECT_TRUE(absl::IsAlreadyExists(Refusal("create_again", 500)));
  EXPECT_EQ(AddressHolder(Refusal("start_address_held", 500)), Inspected("inspect_running.200").id);
}

TEST_P(RecordedTest, Events) {
  std::vector<std::string> told;
  absl::Time last = absl::InfinitePast();
  LineReader lines(256 << 10, [&](absl::string_view line) {
    const auto event = EventFromJson(line);
    ASSERT_TRUE(event.ok()) << event.status() << " " << line;
    EXPECT_GE(event->time, last);
    last = event->time;
    if (event->container_id != Inspected("inspect_created.200").id) return;
    told.push_back(event->type + " " + event->action);
  });
  lines.Add(Recorded("events.200"));
  EXPECT_EQ(told.front(), "container start");
  for (const char* one : {"network disconnect", "network connect", "container rename",
                          "container died", "container remove"}) {
    EXPECT_THAT(told, ::testing::Contains(one));
  }
}

INSTANTIATE_TEST_SUITE_P(Podman, RecordedTest, ::testing::ValuesIn(Versions()),
                         [](const ::testing::TestParamInfo<std::string>& version) {
                           std::string name = version.param;
                           for (char& c : name) {
                             if (isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace mpd::containers
