"""Another sandbox beside the suite's: neither sees, changes or ends anything of the other."""

import pathlib

import pytest

from mpdtest.dns import DnsLoop
from mpdtest.process import run
from mpdtest.sandbox import Sandbox
from mpdtest.ssh import banner

PHP = "10.163.0.100"
NAME = "php.runtime.mpd.test"
# A unit that both have: of the product in the suite's sandbox, of this test in the other.
UNIT = "mpd-ipam"


@pytest.fixture(scope="module")
def other(php):
    """The other sandbox; not brought up yet."""
    sandbox = Sandbox(php.release, f"{php.name}n", php.logs / "other")
    sandbox.script("down", "--purge")
    yield sandbox
    sandbox.script("down", "--purge")


def main_pid(sandbox):
    return sandbox.machine("systemctl", "show", "--property=MainPID", "--value", UNIT).stdout.strip()


def processes(sandbox):
    """Those in the unit's control group, as the machine numbers them; 0 is one of another machine."""
    group = sandbox.machine("systemctl", "show", "--property=ControlGroup", "--value", UNIT).stdout
    hierarchies = sandbox.machine("ls", "-d", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup",
                                  check=False).stdout.split()
    files = [f"{hierarchy}{group.strip()}/cgroup.procs" for hierarchy in hierarchies]
    return sandbox.machine("cat", *files, check=False).stdout.split()


def answers(sandbox):
    return DnsLoop(NAME, PHP, within=sandbox.within)


def test_other_comes_up_unnoticed(php, other):
    before = main_pid(php), {c["Id"] for c in php.containers("status=running")}
    with answers(php) as loop:
        other.script("up", "--release", other.release)
    assert loop.failures == []
    assert (main_pid(php), {c["Id"] for c in php.containers("status=running")}) == before


def test_each_laptop_has_a_tunnel_to_its_own_machine(php, other):
    keys = [sandbox.laptop("wg", "show", "mpd0", "peers").stdout for sandbox in (php, other)]
    assert keys == [sandbox.machine("wg", "show", "mpd0", "public-key").stdout
                    for sandbox in (php, other)]
    assert keys[0] != keys[1]
    with answers(php) as loop:
        other.laptop("ip", "link", "set", "mpd0", "down")
    assert loop.failures == []


def test_containers_and_data_are_each_ones_own(php, other):
    other.machine("podman", "volume", "create", "mpd-side-by-side")
    assert "mpd-side-by-side" not in php.machine("podman", "volume", "ls", "--quiet").stdout
    assert other.containers() == []
    php.machine("touch", "/var/lib/mpd/side-by-side")
    other.machine("test", "!", "-e", "/var/lib/mpd/side-by-side")
    php.machine("rm", "/var/lib/mpd/side-by-side")


def test_units_of_one_name_are_apart(php, other):
    other.machine("systemd-run", f"--unit={UNIT}", "sleep", "infinity")
    theirs, ours = main_pid(other), main_pid(php)
    assert processes(php) == [ours]
    assert processes(other) == [theirs]
    php.machine("systemctl", "restart", UNIT)
    assert main_pid(php) != ours
    assert main_pid(other) == theirs
    ours = main_pid(php)
    other.machine("systemctl", "stop", UNIT)
    assert main_pid(php) == ours
    assert php.active(UNIT)


def test_other_goes_unnoticed_and_leaves_nothing(php, other):
    before = {c["Id"] for c in php.containers("status=running")}
    with answers(php) as loop:
        other.script("down", "--purge")
    assert loop.failures == []
    assert {c["Id"] for c in php.containers("status=running")} == before
    assert banner(PHP, within=php.within).startswith("SSH-2.0-")
    machine, laptop = f"mpd-sandbox-{other.name}", f"mpd-laptop-{other.name}"
    left = [path for path in (other.folder, pathlib.Path("/run") / machine,
                              pathlib.Path("/run/netns") / laptop,
                              *pathlib.Path("/sys/fs/cgroup").glob(f"**/{machine}"))
            if path.exists()]
    assert left == []
    assert f"--machine={machine}" not in run("ps", "-eo", "args").stdout
