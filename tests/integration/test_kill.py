"""Killed at any instruction, the daemons leave something that the next run completes."""

import random
import threading

import pytest

from mpdtest.dns import dig
from mpdtest.reading import CONTAINERS
from mpdtest.ssh import banner
from mpdtest.waiting import wait_until

# Creating a runtime takes about two seconds; the moments are spread over it, and each is moved a
# little by chance, so that no two runs of the suite try the same ones.
SPREAD = [0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 0.9, 1.3, 1.8]


def containers_of(the_slice, name):
    """Whatever its own name, every container that is for this runtime."""
    return [c for c in the_slice.podman.containers() if c["Labels"].get("mpd.name") == name
            or any(name in n for n in c["Names"])]


def assert_one_of_everything(the_slice, name):
    the_slice.wait_state(name, "RUNNING", timeout=60)
    holders = [lease for lease in the_slice.leases().values()
               if f"{name}.runtime" in lease["hostnames"] or lease["owner"] == f"runtime/{name}"]
    assert [lease["owner"] for lease in holders] == [f"runtime/{name}"]
    lease = holders[0]
    assert [c["Names"] for c in containers_of(the_slice, name)] == [[f"mpd-runtime-{name}"]]
    assert the_slice.podman.address(f"mpd-runtime-{name}") == lease["address"]
    assert dig(f"{name}.runtime.mpd.test").data == [lease["address"]]
    assert banner(lease["address"]).startswith("SSH-2.0-")


@pytest.mark.parametrize("moment", SPREAD)
def test_killed_while_creating(running, healthy, moment, record_property):
    delay = moment * random.uniform(0.7, 1.3)
    record_property("told", f"killed {delay * 1000:.0f} ms after the call")
    name = "victim"
    try:
        with running.api() as api:
            api.call(f"{CONTAINERS}/CreateRuntime", name=name)
        threading.Event().wait(delay)
        healthy.kill()
        healthy.start()
        assert_one_of_everything(healthy, name)
    finally:
        healthy.start()
        healthy.mpdctl("runtime", "delete", name)


@pytest.mark.parametrize("moment", SPREAD[1::3])
def test_killed_while_deleting(running, healthy, moment, record_property):
    delay = moment * random.uniform(0.7, 1.3)
    record_property("told", f"killed {delay * 1000:.0f} ms after the call")
    running.mpdctl("runtime", "create", "leaving")
    with running.api() as api:
        api.call(f"{CONTAINERS}/DeleteRuntime", name="leaving")
    threading.Event().wait(delay)
    healthy.kill()
    healthy.start()
    wait_until("the runtime is gone", lambda: running.state_of("leaving") is None, 60)
    assert "runtime/leaving" not in running.leases()
    assert containers_of(running, "leaving") == []
    wait_until("its name is gone", lambda: dig("leaving.runtime.mpd.test").rcode == "NXDOMAIN", 5)


@pytest.mark.parametrize("component", ["ipam", "dnsd-controller", "container-manager"])
def test_created_while_one_daemon_is_away(running, healthy, component):
    """What the person wants is kept, and comes true when the missing one is back."""
    if component == "container-manager":
        with running.api() as api:
            api.call(f"{CONTAINERS}/CreateRuntime", name="patient")
        healthy.kill(component)
    else:
        healthy.kill(component)
        with running.api() as api:
            api.call(f"{CONTAINERS}/CreateRuntime", name="patient")
    try:
        healthy.start(component)
        assert_one_of_everything(healthy, "patient")
    finally:
        healthy.start()
        healthy.mpdctl("runtime", "delete", "patient")


def test_podman_killed_while_creating(running, healthy):
    with running.api() as api:
        api.call(f"{CONTAINERS}/CreateRuntime", name="bumpy")
    try:
        healthy.podman.stop()
        healthy.podman.start()
        assert_one_of_everything(healthy, "bumpy")
    finally:
        healthy.mpdctl("runtime", "delete", "bumpy")
