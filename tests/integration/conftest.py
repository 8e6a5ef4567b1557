"""One slice for the whole suite: real Podman, the daemons, an upstream resolver."""

import os
import pathlib

import pytest

from mpdtest import light, upstream
from mpdtest import slice as slices
from mpdtest.podman_proxy import PodmanProxy

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
    light.load(BINARIES, the_slice.folder)
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
    if running.podman.socket_missing() or not running.podman.running():
        running.podman.start()
    running.start()


@pytest.fixture(scope="session")
def proxy(running):
    """Between the manager and Podman, for tests that use `proxied`."""
    between = PodmanProxy(running.folder / "proxy.sock", running.podman_socket)
    yield between
    between.close()


@pytest.fixture
def proxied(running, proxy):
    """The slice with its manager behind the proxy, and after the test as it was, without `light`."""
    running.stop("container-manager")
    running.podman_seen_at = proxy.path
    running.start()
    yield running
    proxy.disarm()
    running.podman_seen_at = None
    if not running.podman.running():
        running.podman.start()
    if running.daemon("container-manager").running():
        running.stop("container-manager")
    running.start()
    running.mpdctl("runtime", "delete", "light")


@pytest.fixture
def lonely(tmp_path):
    """A slice without Podman, for what needs no container; nothing started."""
    the_slice = slices.Slice(tmp_path, BINARIES, podman=False)
    yield the_slice
    the_slice.close()


@pytest.fixture
def lit(running, healthy):
    """The slice with the runtimes `light` and `lighter`, the latter stopped; without them after."""
    for name in ("light", "lighter"):
        if not running.state_of(name):
            running.mpdctl("runtime", "create", name)
    running.mpdctl("runtime", "start", "light")
    running.mpdctl("runtime", "stop", "lighter")
    healthy.log_seen = healthy.log("container-manager").stat().st_size
    yield healthy
    running.start()
    for name in ("light", "lighter"):
        running.mpdctl("runtime", "delete", name)
