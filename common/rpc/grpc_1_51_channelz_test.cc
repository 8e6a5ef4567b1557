#include "common/rpc/grpc_1_51_channelz.h"

#include <gtest/gtest.h>

namespace mpd {
namespace {

TEST(CallsInFlightOfTest, StartedButNeitherSucceededNorFailed) {
  EXPECT_EQ(CallsInFlightOf(R"({"server": [
      {"ref": {"serverId": "1"},
       "data": {"callsStarted": "9", "callsSucceeded": "4", "callsFailed": "2"}},
      {"ref": {"serverId": "2"}, "data": {"callsStarted": "1"}},
      {"ref": {"serverId": "3"}}], "end": true})"),
            4);
  EXPECT_EQ(CallsInFlightOf(R"({"server": [], "end": true})"), 0);
}

TEST(CallsInFlightOfTest, UnknownWhereThereIsNoList) {
  EXPECT_EQ(CallsInFlightOf("{}"), -1);
  EXPECT_EQ(CallsInFlightOf("[]"), -1);
  EXPECT_EQ(CallsInFlightOf("not json"), -1);
}

}  // namespace
}  // namespace mpd
