"""What must hold after any fault, whatever it was."""

import pathlib
import re

from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.waiting import wait_until

VOLUME = "mpd-data-volume"
NETWORK = "mpd-internal"


def workloads(the_slice):
    """Status of everything that is wanted to exist, by owner."""
    with the_slice.api() as api:
        services = api.call(f"{CONTAINERS}/ListServices", wait=True).get("services", [])
        runtimes = api.call(f"{CONTAINERS}/ListRuntimes", wait=True).get("runtimes", [])
    found = {f"service/{s['name']}": s["status"] for s in services}
    found.update({f"runtime/{r['name']}": r["status"] for r in runtimes})
    return found


def left_running():
    """Processes of containers that Podman does not know (any more), as far as one can see them."""
    known = set(run("podman", "ps", "--all", "--quiet", "--no-trunc").stdout.split())
    left = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            groups = (process / "cgroup").read_text(encoding="utf-8")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        # Podman's monitor outlives its container by a moment; it is in another group.
        if set(re.findall(r"/libpod-([0-9a-f]{64})", groups)) - known:
            left.append((process.name, command))
    return left


def wishes(the_slice):
    return {owner: status["requestedState"] for owner, status in workloads(the_slice).items()}


def _homes(owners):
    """The volumes of those that are runtimes."""
    return {f"mpd-home-{owner.removeprefix('runtime/')}" for owner in owners
            if owner.startswith("runtime/")}


def _is_sound(the_slice, wanted):
    found = workloads(the_slice)
    assert {owner: s["requestedState"] for owner, s in found.items()} == wanted
    for owner, status in found.items():
        # One that is to be stopped, and whose container somebody removed, has none.
        fitting = (["STATE_RUNNING"] if wanted[owner] == "REQUESTED_STATE_RUNNING"
                   else ["STATE_STOPPED", "STATE_MISSING"])
        assert status["state"] in fitting, (owner, status)

    leases = the_slice.leases()
    assert {owner: lease["address"] for owner, lease in leases.items()} == {
        owner: status["address"] for owner, status in found.items()}
    assert len({lease["address"] for lease in leases.values()}) == len(leases)

    ours = {c["Names"][0]: c for c in the_slice.podman.containers("label=mpd.managed=true")}
    made = {owner: status for owner, status in found.items() if status["state"] != "STATE_MISSING"}
    assert sorted(ours) == sorted(f"mpd-{owner.replace('/', '-')}" for owner in made)
    for owner, status in made.items():
        container = ours[f"mpd-{owner.replace('/', '-')}"]
        assert container["Id"] == status["containerId"], (owner, container["Id"], status)
        runs = wanted[owner] == "REQUESTED_STATE_RUNNING"
        assert (container["State"] == "running") == runs, (owner, container["State"])
        if runs:
            address = the_slice.podman.address(container["Names"][0])
            assert address == status["address"], (owner, address, status["address"])

    assert left_running() == []
    volumes = set(run("podman", "volume", "ls", "--quiet").stdout.split())
    assert {VOLUME} | _homes(made) <= volumes <= {VOLUME} | _homes(found), volumes
    assert run("podman", "network", "ls", "--quiet", "--filter", "label=mpd.managed=true",
               "--format", "{{.Name}}", check=False).stdout.split() == [NETWORK]
    return True


def assert_sound(the_slice, wanted, timeout=60.0):
    """Soon: each workload is as `wanted` (of wishes()), with one lease, one container at the lease's
    address, and nothing else is left in ipam or Podman."""
    wait_until("everything is as wanted, once", lambda: _is_sound(the_slice, wanted), timeout, 0.1)
