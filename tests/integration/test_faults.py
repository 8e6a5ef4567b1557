"""What is wrong with the machine is said in one line, with the place, and the rest stays usable."""

import contextlib
import re
import time

import pytest

from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.slice import COMPONENTS
from mpdtest.waiting import wait_until

BAD_CONFIGURATIONS = {
    "unknown field": ("zoen: \"mpd.test\"\n", ["1", "zoen"]),
    "broken syntax": ("zone: \"mpd.test\"\nnetwork { subnet: \n", [":3:1"]),
    "not a zone": ("zone: \"mpd..test\"\n", ["zone", "mpd..test"]),
    "not a subnet": ("network { subnet: \"10.163.0.300/24\" }\n", ["subnet", "10.163.0.300/24"]),
    "bridge too long": ("network { bridge: \"a-bridge-of-20-chars\" }\n", ["bridge"]),
    "cool-down too long": ("release_cooldown { seconds: 86401 }\n",
                           ["release_cooldown", "86401"]),
    "pool outside": ("pools { name: \"services\" first_offset: 3 last_offset: 900 }\n",
                     ["pools", "900"]),
}


def start_to_its_end(the_slice, component, *flags):
    """Runs a daemon that is expected to refuse; its result."""
    return run(the_slice.binaries / f"mpd-{component}", *flags, check=False, env=the_slice.env,
               timeout=10)


def refused(result, *words):
    """One error on standard error, its last line, that holds all the words, and an exit code that is
    not 0."""
    assert result.code not in (0, None), result
    lines = result.stderr.strip().splitlines()
    logged = [line for line in lines if re.search(" (INFO|WARNING|ERROR) ", line)]
    assert [line for line in lines if line not in logged or " ERROR " in line] == lines[-1:], result
    for word in words:
        assert str(word) in lines[-1], (word, lines[-1])
    return True


@contextlib.contextmanager
def read_only(path):
    """The folder on a file system that takes no writes, as after an error of the disk."""
    path.mkdir(parents=True, exist_ok=True)
    run("mount", "--bind", path, path)
    run("mount", "-o", "remount,bind,ro", path)
    try:
        yield
    finally:
        run("umount", path)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("what", sorted(BAD_CONFIGURATIONS))
def test_bad_configuration_is_refused(lonely, component, what):
    text, words = BAD_CONFIGURATIONS[what]
    lonely.config.write_text(text)
    assert refused(start_to_its_end(lonely, component), lonely.config, *words)
    assert refused(start_to_its_end(lonely, component, "--check_config"), lonely.config, *words)


@pytest.mark.parametrize("component", COMPONENTS)
def test_good_configuration_is_called_good(lonely, component):
    result = start_to_its_end(lonely, component, "--check_config")
    assert result.code == 0
    assert len(result.text.strip().splitlines()) == 1


@pytest.mark.parametrize("component", COMPONENTS)
def test_taken_socket_is_named(lonely, component):
    lonely.start(component)
    # Its own state, so that it is the socket alone that is in the way.
    elsewhere = lonely.folder / "elsewhere"
    elsewhere.mkdir()
    said = start_to_its_end(lonely, component, f"--state_root={elsewhere}")
    assert refused(said, lonely.socket(component))
    lonely.wait_healthy(component)


@pytest.mark.parametrize("component", ["ipam", "container-manager"])
def test_taken_store_is_named(lonely, component):
    lonely.start(component)
    said = start_to_its_end(lonely, component, f"--run_root={lonely.folder}")
    assert refused(said, lonely.state_root / component)
    lonely.wait_healthy(component)


@pytest.mark.parametrize("component", COMPONENTS)
def test_socket_left_by_a_killed_daemon_is_replaced(lonely, component):
    lonely.start(component)
    lonely.kill(component)
    assert lonely.socket(component).exists()
    lonely.start(component)


@pytest.mark.parametrize("component", ["ipam", "dnsd-controller", "container-manager"])
def test_read_only_state_folder_is_named(lonely, component):
    with read_only(lonely.state_root / component):
        assert refused(start_to_its_end(lonely, component), lonely.state_root / component)


@pytest.mark.parametrize("component", ["ipam", "container-manager"])
def test_damaged_store_is_refused_and_left_as_it_is(lonely, component):
    lonely.start(component)
    lonely.stop(component)
    stores = [path for path in (lonely.state_root / component).iterdir()
              if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"]
    assert len(stores) == 1
    garbage = b"SQLite format 3\0" + b"\xff" * 8192
    stores[0].write_bytes(garbage)
    assert refused(start_to_its_end(lonely, component), stores[0])
    assert stores[0].read_bytes() == garbage


@pytest.mark.parametrize("flag", ["--nonsense", "--log_level=loud"])
def test_wrong_flag_is_refused(lonely, flag):
    result = start_to_its_end(lonely, "ipam", flag)
    assert result.code != 0
    assert flag.strip("-").split("=")[0] in result.stderr


def test_status_without_gateway_says_how_to_look(lonely):
    result = lonely.mpdctl("status", check=False)
    assert result.code == 4
    assert "systemctl status mpd-gateway" in result.text


@pytest.mark.parametrize("missing", ["ipam", "dnsd-controller", "container-manager"])
def test_status_shows_the_component_that_is_down(lonely, missing):
    others = [component for component in COMPONENTS if component != missing]
    lonely.start(*others)
    begin = time.monotonic()
    result = lonely.mpdctl("status", check=False, timeout=20)
    assert time.monotonic() - begin < 5
    assert missing in result.text
    for other in others:
        assert other in result.text
    assert result.code in (0, 1)


def test_missing_podman_is_said_and_nothing_ends(lonely):
    lonely.start()
    lonely.mpdctl("up", "--no-wait")
    with lonely.api() as api:
        def told():
            found = api.call(f"{CONTAINERS}/ListServices")["services"]
            return next(s for s in found if s["name"] == "dnsmasq")["status"].get("statusMessage", "")

        message = wait_until("the service says why it does not run",
                             lambda: "odman" in told() and told())
    assert str(lonely.podman_socket) in message
    result = lonely.mpdctl("status", check=False)
    assert "odman" in result.text
    assert result.code in (0, 1)
    assert lonely.daemon("container-manager").running()


def test_podman_that_goes_and_comes_is_waited_for(php, healthy):
    healthy.podman.stop()
    result = healthy.mpdctl("status", check=False, timeout=20)
    assert "php" in result.text
    with healthy.api() as api:
        api.call(f"{CONTAINERS}/CreateRuntime", name="meanwhile")
    try:
        healthy.podman.start()
        healthy.wait_state("meanwhile", "RUNNING", timeout=60)
    finally:
        healthy.mpdctl("runtime", "delete", "meanwhile")


def failed_message(the_slice, name):
    def probe():
        found = the_slice.state_of(name)["status"]
        return found["state"] == "STATE_FAILED" and found["statusMessage"]

    return wait_until(f"runtime {name} is FAILED", probe, timeout=30)


def foreign(name, *options):
    """A container that is somebody else's; its id."""
    return run("podman", "run", "--detach", "--name", name, *options, "--entrypoint", "sleep",
               "localhost/mpd-runtime:latest", "infinity").stdout.strip()


def test_foreign_container_of_our_name_is_never_touched(running):
    squatter = foreign("mpd-runtime-squat", "--network", "none")
    try:
        running.mpdctl("runtime", "create", "squat", "--no-wait")
        assert "mpd-runtime-squat" in failed_message(running, "squat")
        found = running.podman.inspect("mpd-runtime-squat")
        assert (found["Id"], found["State"]["Running"]) == (squatter, True)
    finally:
        run("podman", "rm", "--force", "--time", "0", squatter)
    running.wait_state("squat", "RUNNING", timeout=60)
    running.mpdctl("runtime", "delete", "squat")


def test_foreign_container_at_our_address_is_never_touched(running):
    squatter = foreign("somebody", "--network", "mpd-internal", "--ip", "10.163.0.101")
    try:
        running.mpdctl("runtime", "create", "node", "--no-wait")
        assert "10.163.0.101" in failed_message(running, "node")
        found = running.podman.inspect("somebody")
        assert (found["Id"], found["State"]["Running"]) == (squatter, True)
    finally:
        run("podman", "rm", "--force", "--time", "0", squatter)
    running.wait_state("node", "RUNNING", timeout=60)
    running.mpdctl("runtime", "delete", "node")


def test_foreign_container_with_our_labels_elsewhere_is_never_touched(running, healthy):
    """Labels alone prove nothing: the name is not one of ours."""
    squatter = foreign("bystander", "--network", "none", "--label", "mpd.managed=false")
    try:
        healthy.stop("container-manager")
        healthy.start("container-manager")
        running.mpdctl("runtime", "create", "other")
        running.mpdctl("runtime", "delete", "other")
        assert running.podman.inspect("bystander")["State"]["Running"]
    finally:
        run("podman", "rm", "--force", "--time", "0", squatter)


def test_down_and_up_keep_what_is_wanted(php):
    php.mpdctl("down", timeout=120)
    assert [c for c in php.podman.containers("status=running")] == []
    assert php.state_of("php")["status"]["requestedState"] == "REQUESTED_STATE_RUNNING"
    php.mpdctl("up")
    php.wait_state("php", "RUNNING")
