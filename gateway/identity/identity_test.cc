#include "gateway/identity/identity.h"

#include <gtest/gtest.h>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/testing/test_server.h"

namespace mpd::gateway {
namespace {

class IdentityTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/" + name, text, 0600).ok());
  }
  mpd::gateway::v1::Identity Described() {
    mpd::gateway::v1::Status status;
    status.add_components()->set_name("ipam");
    return identity_.Describe(status, "ab12").value();
  }

  const TestFolder folder_;
  const Identity identity_{{.platform_env = folder_.path() + "/platform.env",
                            .tunnel_public_key = folder_.path() + "/mpd0.pub",
                            .ssh_host_key = folder_.path() + "/host_key.pub",
                            .os_release = folder_.path() + "/os-release"}};
};

TEST_F(IdentityTest, SaysWhatTheFilesSayAtEachCall) {
  Write("platform.env", "MPD_VM_ID=seven\nMPD_VM_IP=192.168.7.2\n");
  Write("mpd0.pub", "cHVibGlj\n");
  Write("host_key.pub", "ssh-ed25519 AAAA root@vm\n");
  Write("os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n");
  const mpd::gateway::v1::Identity identity = Described();
  EXPECT_EQ(identity.vm_id(), "seven");
  EXPECT_EQ(identity.vm_address(), "192.168.7.2");
  EXPECT_EQ(identity.wireguard_public_key(), "cHVibGlj");
  EXPECT_EQ(identity.ssh_host_key(), "ssh-ed25519 AAAA");
  EXPECT_EQ(identity.os_release(), "Debian GNU/Linux 13 (trixie)");
  EXPECT_EQ(identity.boot_id().size(), 36u);
  EXPECT_EQ(identity.ca_fingerprint(), "ab12");
  EXPECT_EQ(identity.components(0).name(), "ipam");
  Write("platform.env", "MPD_VM_ID=eight\n");
  EXPECT_EQ(Described().vm_id(), "eight");
}

TEST_F(IdentityTest, WhatTheMachineDoesNotHaveIsEmpty) {
  const mpd::gateway::v1::Identity identity = Described();
  EXPECT_EQ(identity.wireguard_public_key(), "");
  EXPECT_EQ(identity.ssh_host_key(), "");
  EXPECT_EQ(identity.os_release(), "");
  Write("host_key.pub", "nonsense");
  Write("os-release", std::string(20'000, 'x'));
  EXPECT_EQ(Described().ssh_host_key(), "");
  EXPECT_EQ(Described().os_release(), "");
}

TEST_F(IdentityTest, ADamagedPlatformFileIsSaid) {
  Write("platform.env", "MPD_VM_IP=not an address\n");
  EXPECT_EQ(ErrorReason(identity_.Describe({}, "").status()), "PLATFORM_ENV_INVALID");
}

}  // namespace
}  // namespace mpd::gateway
