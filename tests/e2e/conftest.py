"""The sandbox of one Debian release, brought up once for the whole suite by deploy/up."""

import os

import pytest

from mpdtest.sandbox import Sandbox

FIRST_LIMIT_S = 20 * 60


class Started:
    """The sandbox and how its first deploy/up went."""

    def __init__(self):
        self.sandbox = Sandbox(os.environ["MPD_E2E_RELEASE"], os.environ["MPD_SANDBOX"],
                               os.environ["MPD_LOG_DIR"])
        self.seconds, self.text = self.sandbox.up(timeout=FIRST_LIMIT_S + 60)


@pytest.fixture(scope="session")
def started():
    return Started()


@pytest.fixture(scope="session")
def sandbox(started):
    return started.sandbox


@pytest.fixture(scope="session")
def php(sandbox):
    """The sandbox with the runtime php, which deploy/up makes where there is no other."""
    if not sandbox.state_of("php"):
        sandbox.mpdctl("runtime", "create", "php")
    return sandbox
