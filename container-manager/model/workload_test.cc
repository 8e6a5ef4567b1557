#include "container-manager/model/workload.h"

#include <gtest/gtest.h>

#include "container-manager/model/workload_status.h"

namespace mpd::containers {
namespace {

TEST(WorkloadIdTest, IsReadFromItsOwnKeyAndFromNothingElse) {
  const WorkloadId id = {"db", "postgres-17"};
  EXPECT_EQ(id.Key(), "db/postgres-17");
  EXPECT_EQ(id.ContainerName(), "mpd-db-postgres-17");
  EXPECT_EQ(WorkloadIdOfKey(id.Key()), id);
  for (const char* key : {"", "/", "db", "db/", "/php", "runtime/php/x", "runtime/../etc",
                          "RUNTIME/x", "runtime/a b"}) {
    EXPECT_EQ(WorkloadIdOfKey(key), std::nullopt) << key;
  }
}

TEST(WorkloadStatusTest, AMessageHoldsNothingThatATerminalObeys) {
  stored::Observed observed;
  SetState(&observed, api::STATE_FAILED, "exit code 1: \x1B]0;owned\x07one\ntwo\x1B[2J");
  EXPECT_EQ(observed.status_message(), "exit code 1: one\\ntwo");
}

}  // namespace
}  // namespace mpd::containers
