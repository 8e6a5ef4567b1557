#include "common/types/field_path.h"

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/types/names.h"

namespace mpd {
namespace {

TEST(FieldPathTest, TellsThePathAndKeepsTheRest) {
  const absl::Status refused = Hostname::Parse("Bad\n").status();
  const absl::Status told = AtField("lease.hostnames[1]", refused);
  EXPECT_EQ(told.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(told), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(told, "field"), "lease.hostnames[1]");
  EXPECT_EQ(ErrorMetadataValue(told, "value"), "Bad\\n");
  EXPECT_EQ(ErrorMetadataValue(told, "problem"), ErrorMetadataValue(refused, "problem"));
  EXPECT_EQ(told.message().substr(0, 28), "lease.hostnames[1] \"Bad\\n\": ");
}

TEST(FieldPathTest, LeavesOtherStatusesAlone) {
  EXPECT_TRUE(AtField("name", absl::OkStatus()).ok());
  const absl::Status other =
      MakeError(absl::StatusCode::kNotFound, "There is none.", "WORKLOAD_NOT_FOUND");
  EXPECT_EQ(AtField("name", other), other);
}

}  // namespace
}  // namespace mpd
