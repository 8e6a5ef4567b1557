"""A slice's environment, started and ended against the clock."""

import contextlib
import os
import time

from mpdtest import light
from mpdtest.process import run
from mpdtest.reading import CONTAINERS

RESOLVER = "service/dnsmasq"
REST = 0.5


@contextlib.contextmanager
def running(the_slice):
    """Its Podman, with the light images in it, and its daemons."""
    the_slice.podman.clear()
    light.load(the_slice.binaries, the_slice.folder)
    the_slice.podman.start()
    try:
        the_slice.start()
        yield the_slice
    finally:
        the_slice.close()


def _status(workload):
    return next(v for k, v in workload.items() if k != "workload")["status"]


def await_states(api, wanted, timeout=170):
    """Returns when each workload of {owner: states} is in one of its states, and when each came there:
    an event says so, nobody polls."""
    missing, reached = dict(wanted), {}
    for message in api.stream(f"{CONTAINERS}/WatchWorkloads", timeout=timeout):
        for event in message.get("events", []):
            owner = event["workload"]["workload"]
            if owner not in wanted:
                continue
            status = _status(event["workload"])
            if status.get("state") in wanted[owner]:
                missing.pop(owner, None)
                reached.setdefault(owner, time.monotonic())
            else:
                missing[owner] = status
                reached.pop(owner, None)
        if not missing:
            return reached
    raise AssertionError(f"never in the wanted state: {missing}")


def create_runtimes(the_slice, names):
    """Wishes and leases; their containers come with the environment. The owners of all there is then."""
    with the_slice.api("container-manager") as api:
        for name in names:
            api.call(f"{CONTAINERS}/CreateRuntime", name=name)
    return [RESOLVER] + [f"runtime/{name}" for name in names]


def busy():
    """Seconds that this machine's processors have worked, of all together."""
    with open("/proc/stat", encoding="ascii") as source:
        user, nice, system, _, _, irq, softirq = map(int, source.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def rest():
    """Before every start that is timed, whoever's: what was just started or removed goes on working for
    a moment, and is not what is timed."""
    time.sleep(REST)


def up_each(the_slice, owners):
    """Seconds from StartEnvironment to each one's being RUNNING, after a rest."""
    rest()
    return up_now(the_slice, owners)


def up_now(the_slice, owners):
    """The same without the rest."""
    with the_slice.api("container-manager") as api:
        api.methods(CONTAINERS)
        begin = time.monotonic()
        api.call(f"{CONTAINERS}/StartEnvironment")
        reached = await_states(api, {owner: ("STATE_RUNNING",) for owner in owners})
        return {owner: at - begin for owner, at in reached.items()}


def up(the_slice, owners):
    """Seconds from StartEnvironment to all being RUNNING."""
    return max(up_each(the_slice, owners).values())


def down(the_slice, owners):
    """Seconds from StopEnvironment to everything stopped."""
    with the_slice.api("container-manager") as api:
        begin = time.monotonic()
        api.call(f"{CONTAINERS}/StopEnvironment")
        await_states(api, {owner: ("STATE_STOPPED", "STATE_MISSING") for owner in owners})
        return time.monotonic() - begin


def settle(the_slice, owners):
    """Returns once daemons that were just started know that nothing of it runs."""
    with the_slice.api("container-manager") as api:
        await_states(api, {owner: ("STATE_STOPPED", "STATE_MISSING") for owner in owners})


def forget_containers(the_slice):
    """So that the next start makes them all."""
    run("podman", "rm", "--all", "--force", "--time", "0", timeout=120)
    run("podman", "pod", "rm", "--all", "--force", timeout=60)
    assert not the_slice.podman.containers()


def await_gone(api, owners, timeout=60):
    """Returns once nothing is known of them."""
    left, there, synced = set(owners), set(), False
    for message in api.stream(f"{CONTAINERS}/WatchWorkloads", timeout=timeout):
        for event in message.get("events", []):
            owner = event["workload"]["workload"]
            if event["type"] == "TYPE_DELETE":
                there.discard(owner)
            else:
                there.add(owner)
        # Before that it has not told of all that is there.
        synced = synced or message.get("synced", False)
        if synced and not left & there:
            return
    raise AssertionError(f"never gone: {left & there}")
