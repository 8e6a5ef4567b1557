#include "dnsd-controller/dnsmasq/hosts_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Contents(const std::vector<HostsFile>& files) {
  std::vector<std::string> contents;
  for (const HostsFile& file : files) contents.push_back(file.content.value_or("-"));
  return contents;
}

TEST(HostsPlanTest, WithoutAMoveThereIsOneStep) {
  const HostsPlan plan = PlanHosts({{"10.0.0.1", "10.0.0.1 a c\n", "10.0.0.1 a b\n"},
                                    {"10.0.0.2", std::nullopt, "10.0.0.2 d\n"},
                                    {"10.0.0.3", "10.0.0.3 e\n", std::nullopt}});
  EXPECT_THAT(plan.first, SizeIs(3));
  EXPECT_THAT(plan.second, IsEmpty());
}

TEST(HostsPlanTest, ANameIsThereAnewBeforeItGoes) {
  const HostsPlan plan = PlanHosts(
      {{"10.0.0.1", std::nullopt, "10.0.0.1 a\n"}, {"10.0.0.2", "10.0.0.2 a\n", std::nullopt}});
  EXPECT_THAT(Contents(plan.first), ElementsAre("10.0.0.2 a\n"));
  EXPECT_THAT(Contents(plan.second), ElementsAre("-"));
}

TEST(HostsPlanTest, TwoThatChangePlacesAreBothInBothMeanwhile) {
  const HostsPlan plan = PlanHosts(
      {{"10.0.0.1", "10.0.0.1 b\n", "10.0.0.1 a\n"}, {"10.0.0.2", "10.0.0.2 a\n", "10.0.0.2 b\n"}});
  EXPECT_THAT(Contents(plan.first), ElementsAre("10.0.0.1 b a\n", "10.0.0.2 a b\n"));
  EXPECT_THAT(Contents(plan.second), ElementsAre("10.0.0.1 b\n", "10.0.0.2 a\n"));
}

TEST(HostsPlanTest, AFileOfAnotherFormHasNoNamesThatMove) {
  const HostsPlan plan = PlanHosts({{"old", std::nullopt, "# a comment\n10.0.0.1 a\n"},
                                    {"10.0.0.2", "10.0.0.2 a\n", std::nullopt}});
  EXPECT_THAT(plan.first, SizeIs(2));
  EXPECT_THAT(plan.second, IsEmpty());
}

// Which names a resolver that has read these files knows.
std::set<std::string> Known(const std::map<std::string, std::string>& files) {
  std::set<std::string> known;
  for (const auto& [name, content] : files) {
    const auto line = ParseHostsFile(content);
    known.insert(line->names.begin(), line->names.end());
  }
  return known;
}

std::map<std::string, std::string> RandomFolder(std::mt19937* random) {
  std::map<std::string, std::string> files;
  for (char name = 'a'; name <= 'h'; ++name) {
    const unsigned host = (*random)() % 6;
    if (host == 0) continue;
    const std::string address = absl::StrCat("10.0.0.", host);
    std::string& content = files.try_emplace(address, address + "\n").first->second;
    content.insert(content.size() - 1, std::string(" ") + name);
  }
  return files;
}

void ApplyOne(const HostsFile& change, std::map<std::string, std::string>* files) {
  if (change.content) {
    (*files)[change.name] = *change.content;
  } else {
    files->erase(change.name);
  }
}

TEST(HostsPlanTest, WhateverMovesNoNameThatStaysIsEverMissing) {
  std::mt19937 random(20261123);
  int moves = 0;
  for (int round = 0; round < 5000; ++round) {
    std::map<std::string, std::string> files = RandomFolder(&random);
    const std::map<std::string, std::string> wanted = RandomFolder(&random);
    std::vector<HostsFile> changes;
    for (const auto& [name, content] : files) {
      if (!wanted.contains(name)) changes.push_back({name, std::nullopt, content});
    }
    for (const auto& [name, content] : wanted) {
      const auto old = files.find(name);
      changes.push_back(
          {name, content, old == files.end() ? std::nullopt : std::optional(old->second)});
    }
    std::set<std::string> staying;
    const std::set<std::string> after = Known(wanted);
    for (const std::string& name : Known(files)) {
      if (after.contains(name)) staying.insert(name);
    }
    HostsPlan plan = PlanHosts(changes);
    if (!plan.second.empty()) ++moves;
    std::shuffle(plan.first.begin(), plan.first.end(), random);
    std::shuffle(plan.second.begin(), plan.second.end(), random);
    for (const auto& half : {plan.first, plan.second}) {
      for (const HostsFile& change : half) {
        ApplyOne(change, &files);
        const std::set<std::string> known = Known(files);
        for (const std::string& name : staying) ASSERT_TRUE(known.contains(name)) << name;
      }
    }
    ASSERT_EQ(files, wanted);
  }
  EXPECT_GT(moves, 1000);
}

}  // namespace
}  // namespace mpd::dnsd
