"""One slice for the whole suite: real Podman, the four daemons, an upstream resolver."""

import os
import pathlib

import pytest

from mpdtest import slice as slices
from mpdtest import upstream

BINARIES = pathlib.Path(os.environ["MPD_BINARIES"])


@pytest.fixture(scope="session")
def key():
    """The private key that opens every runtime."""
    return slices.make_developer()


@pytest.fixture(scope="session")
def outside(tmp_path_factory):
    """Resolver of the network that the VM is in."""
    server = upstream.Upstream("outside", "192.0.2.2", "192.0.2.1", "198.51.100.7",
                               tmp_path_factory.mktemp("outside"))
    server.start()
    upstream.use(server.address)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory, key, outside):  # pylint: disable=unused-argument
    """The slice with its environment up and nothing else asked of it."""
    the_slice = slices.Slice(tmp_path_factory.mktemp("slice"), BINARIES)
    the_slice.podman.clear()
    the_slice.podman.start()
    the_slice.start()
    try:
        the_slice.mpdctl("up")
        yield the_slice
    finally:
        the_slice.close()


@pytest.fixture(scope="session")
def php(running):
    """The slice with the runtime php in it."""
    running.mpdctl("runtime", "create", "php")
    return running


@pytest.fixture
def healthy(running):
    """The slice, put back to a state in which everything runs after the test, however it ended."""
    yield running
    if running.podman.socket_missing():
        running.podman.start()
    running.start()


@pytest.fixture
def lonely(tmp_path):
    """A slice without Podman, for what needs no container; nothing started."""
    the_slice = slices.Slice(tmp_path, BINARIES, podman=False)
    yield the_slice
    the_slice.close()
