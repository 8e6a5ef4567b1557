#include "container-manager/model/workload.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mpd::containers
