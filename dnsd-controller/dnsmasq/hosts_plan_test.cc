#include "dnsd-controller/dnsmasq/hosts_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_split.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "<last octet> a b" is the line of 10.0.0.<last octet> with these names.
HostsLine Line(const std::string& text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  return {*Ipv4Address::Parse("10.0.0." + words[0]), {words.begin() + 1, words.end()}};
}

HostsChange Change(const std::string& file, const std::string& before, const std::string& after) {
  HostsChange change{file, std::nullopt, std::nullopt};
  if (!before.empty()) change.before = Line(before);
  if (!after.empty()) change.after = Line(after);
  return change;
}

HostsWrite Write(const std::string& file, const std::string& line) {
  return {file, line.empty() ? std::nullopt : std::optional(Line(line))};
}

TEST(HostsPlanTest, WithoutAMovingNameThereIsOneStep) {
  const HostsPlan plan =
      PlanHosts({Change("1", "1 a b", "1 a c"), Change("2", "2 d", ""), Change("3", "", "3 e")});
  EXPECT_THAT(plan.first, ElementsAre(Write("1", "1 a c"), Write("2", ""), Write("3", "3 e")));
  EXPECT_THAT(plan.second, IsEmpty());
}

TEST(HostsPlanTest, AMovingNameIsAddedBeforeItIsRemoved) {
  const HostsPlan plan = PlanHosts({Change("1", "1 a", ""), Change("2", "", "2 a")});
  EXPECT_THAT(plan.first, ElementsAre(Write("2", "2 a")));
  EXPECT_THAT(plan.second, ElementsAre(Write("1", "")));
}

TEST(HostsPlanTest, NamesThatChangePlacesAreInBothFilesBetweenTheSteps) {
  const HostsPlan plan = PlanHosts({Change("1", "1 a", "1 b"), Change("2", "2 b", "2 a")});
  EXPECT_THAT(plan.first, ElementsAre(Write("1", "1 b a"), Write("2", "2 a b")));
  EXPECT_THAT(plan.second, ElementsAre(Write("1", "1 b"), Write("2", "2 a")));
}

TEST(HostsPlanTest, AFileInAnotherFormIsRemovedInTheFirstStep) {
  const HostsPlan plan = PlanHosts({Change("old", "", ""), Change("2", "", "2 a")});
  EXPECT_THAT(plan.first, ElementsAre(Write("old", ""), Write("2", "2 a")));
  EXPECT_THAT(plan.second, IsEmpty());
}

using Folder = std::map<std::string, HostsLine>;

// The names that a resolver knows that has read these files.
std::set<std::string> KnownNames(const Folder& folder) {
  std::set<std::string> known;
  for (const auto& [file, line] : folder) known.insert(line.names.begin(), line.names.end());
  return known;
}

Folder RandomFolder(std::mt19937* random) {
  Folder folder;
  for (char name = 'a'; name <= 'h'; ++name) {
    const unsigned host = (*random)() % 6;
    if (host == 0) continue;
    const Ipv4Address address(0x0a000000 + host);
    folder.try_emplace(HostsFileName(address), HostsLine{address, {}})
        .first->second.names.emplace_back(1, name);
  }
  return folder;
}

std::vector<HostsChange> Difference(const Folder& from, const Folder& to) {
  std::vector<HostsChange> changes;
  for (const auto& [file, line] : from) {
    if (!to.contains(file)) changes.push_back({file, line, std::nullopt});
  }
  for (const auto& [file, line] : to) {
    const auto old = from.find(file);
    changes.push_back({file, old == from.end() ? std::nullopt : std::optional(old->second), line});
  }
  return changes;
}

void Apply(const HostsWrite& write, Folder* folder) {
  if (write.line) {
    (*folder)[write.file] = *write.line;
  } else {
    folder->erase(write.file);
  }
}

// Makes the writes of one step in a random order; no name of `staying` may be missing after any.
void ApplyStep(std::vector<HostsWrite> writes, const std::set<std::string>& staying,
               std::mt19937* random, Folder* folder) {
  std::shuffle(writes.begin(), writes.end(), *random);
  for (const HostsWrite& write : writes) {
    Apply(write, folder);
    const std::set<std::string> known = KnownNames(*folder);
    for (const std::string& name : staying) ASSERT_TRUE(known.contains(name)) << name;
  }
}

TEST(HostsPlanTest, NoNameThatStaysIsMissingAfterAnyWrite) {
  std::mt19937 random(20261123);
  int moves = 0;
  for (int round = 0; round < 5000; ++round) {
    Folder folder = RandomFolder(&random);
    const Folder wanted = RandomFolder(&random);
    const std::set<std::string> before = KnownNames(folder);
    const std::set<std::string> after = KnownNames(wanted);
    std::set<std::string> staying;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                          std::inserter(staying, staying.end()));
    const HostsPlan plan = PlanHosts(Difference(folder, wanted));
    if (!plan.second.empty()) ++moves;
    ASSERT_NO_FATAL_FAILURE(ApplyStep(plan.first, staying, &random, &folder));
    ASSERT_NO_FATAL_FAILURE(ApplyStep(plan.second, staying, &random, &folder));
    ASSERT_EQ(folder, wanted);
  }
  EXPECT_GT(moves, 1000);
}

}  // namespace
}  // namespace mpd::dnsd
