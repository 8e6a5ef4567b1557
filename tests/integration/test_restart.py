"""Each daemon can go at any time, alone or with the others, and nobody notices."""

import contextlib
import time

import pytest

from mpdtest.dns import DnsLoop
from mpdtest.reading import CONTAINERS, IPAM
from mpdtest.slice import COMPONENTS, DEVELOPER
from mpdtest.ssh import Session

PHP = "10.163.0.100"
NAME = "php.runtime.mpd.test"


@contextlib.contextmanager
def unnoticed(key):
    """In the block no query fails, and a session that was open before still answers after."""
    with Session(DEVELOPER, PHP, key) as session:
        assert session.echo("before")
        loop = DnsLoop(NAME, PHP)
        with loop:
            yield
        assert session.echo("after")
    assert loop.asked > 10
    assert loop.failures == []


def restart_by_term(the_slice, *components):
    assert the_slice.stop(*components) == [0] * len(components)
    the_slice.start(*components)


def restart_by_kill(the_slice, *components):
    the_slice.kill(*components)
    the_slice.start(*components)


@pytest.mark.parametrize("how", [restart_by_term, restart_by_kill])
@pytest.mark.parametrize("component", COMPONENTS)
def test_one_daemon_restarts(php, healthy, key, component, how, record_property):
    container = php.podman.inspect("mpd-runtime-php")["State"]["StartedAt"]
    with unnoticed(key):
        begin = time.monotonic()
        how(healthy, component)
        record_property("told", f"serves again after {(time.monotonic() - begin) * 1000:.0f} ms")
    assert php.podman.inspect("mpd-runtime-php")["State"]["StartedAt"] == container
    php.wait_state("php", "RUNNING", timeout=20)


@pytest.mark.parametrize("how", [restart_by_term, restart_by_kill])
def test_all_daemons_restart_together(php, healthy, key, how):
    containers = {c["Id"]: c["StartedAt"] for c in php.podman.containers()}
    leases = php.leases()
    with unnoticed(key):
        how(healthy, *COMPONENTS)
        php.wait_state("php", "RUNNING", timeout=20)
    assert {c["Id"]: c["StartedAt"] for c in php.podman.containers()} == containers
    assert php.leases() == leases


def test_podman_restart_is_unnoticed(php, healthy, key):
    with unnoticed(key):
        healthy.podman.stop()
        healthy.podman.start()
    php.wait_state("php", "RUNNING", timeout=40)
    # The manager hears of events again: a new runtime needs them to become RUNNING.
    php.mpdctl("runtime", "create", "afterwards")
    php.mpdctl("runtime", "delete", "afterwards")


def test_open_streams_end_and_a_daemon_leaves_in_time(php, healthy):
    """A drain takes at most 5 s with streams open that nobody ends."""
    with healthy.api("ipam") as leases, healthy.api("container-manager") as workloads:
        streams = [leases.stream(f"{IPAM}/WatchLeases", timeout=60),
                   workloads.stream(f"{CONTAINERS}/WatchWorkloads", timeout=60)]
        for stream in streams:
            next(stream)
        begin = time.monotonic()
        assert healthy.stop("ipam", "container-manager") == [0, 0]
        assert time.monotonic() - begin < 6


def test_acknowledged_leases_survive_kill(php, healthy):
    with php.api("ipam") as api:
        for number in range(20):
            api.call(f"{IPAM}/AllocateAddress", owner=f"db/kept-{number}", pool="databases",
                     hostnames=[f"kept-{number}.db"])
    try:
        healthy.kill("ipam")
        healthy.start("ipam")
        owners = set(php.leases())
        assert {f"db/kept-{number}" for number in range(20)} <= owners
    finally:
        with php.api("ipam") as api:
            for number in range(20):
                api.call(f"{IPAM}/ReleaseLease", owner=f"db/kept-{number}")
