#include "gateway/relay/relay_metadata.h"

#include <gtest/gtest.h>

namespace mpd::gateway {
namespace {

TEST(RelayMetadataTest, CallersOwnKeysPass) {
  for (const char* key : {"x-request-id", "traceparent", "authorization", "data-bin", "grpcish"}) {
    EXPECT_TRUE(PassesRelay(key)) << key;
  }
}

TEST(RelayMetadataTest, KeysOfOneConnectionDoNotPass) {
  for (const char* key : {":path", "te", "user-agent", "content-type", "grpc-timeout", "server",
                          "grpc-status-details-bin", "grpc-accept-encoding", ""}) {
    EXPECT_FALSE(PassesRelay(key)) << key;
  }
}

TEST(RelayMetadataTest, KeysOfOurComponentsDoNotPass) { EXPECT_FALSE(PassesRelay("mpd-client")); }

}  // namespace
}  // namespace mpd::gateway
