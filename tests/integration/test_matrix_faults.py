"""What breaks or is meddled with is put right by itself, and nothing else is touched."""

import json
import pathlib
import shutil
import socket
import threading
import time

import pytest

from mpdtest import light, upstream
from mpdtest.dns import dig
from mpdtest.meddling import CONTAINER, lines_with, logged, sound_after, started_at
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.soundness import NETWORK, VOLUME, assert_sound, wishes
from mpdtest.ssh import banner
from mpdtest.waiting import wait_until

BRIDGE = "podman1"


def test_container_removed(lit):
    with sound_after(lit):
        before = lit.podman.inspect(CONTAINER)["Id"]
        run("podman", "rm", "--force", "--time", "0", CONTAINER)
        wait_until("it is made anew", lambda: lit.podman.inspect(CONTAINER)["Id"] != before)
    assert logged(lit, "CONTAINER_REMOVED", "runtime/light")


def test_container_stopped(lit):
    with sound_after(lit):
        before = started_at(lit)
        run("podman", "stop", "--time", "0", CONTAINER)
        wait_until("it is started again", lambda: started_at(lit) != before)
    assert logged(lit, "WORKLOAD_FAILED", "runtime/light", "exited with code")


def test_container_that_is_wanted_stopped_is_stopped_again(lit):
    with sound_after(lit):
        run("podman", "start", "mpd-runtime-lighter")


def test_container_paused(lit):
    with sound_after(lit):
        before = started_at(lit)
        # Podman's own command needs a freezer that is not there in every kernel's layout.
        paused = run("podman", "pause", CONTAINER, check=False)
        if paused.code != 0:
            pytest.skip(paused.text.strip())
    assert started_at(lit) == before


def test_container_renamed(lit):
    with sound_after(lit):
        before = lit.podman.inspect(CONTAINER)
        run("podman", "rename", CONTAINER, "somebody")
        wait_until("it has its name", lambda: CONTAINER in lit.podman.names())
    after = lit.podman.inspect(CONTAINER)
    assert (after["Id"], after["State"]["StartedAt"]) == (
        before["Id"], before["State"]["StartedAt"])
    assert logged(lit, "CONTAINER_RENAMED", "somebody")


def test_container_moved_to_another_address(lit):
    address = lit.podman.address(CONTAINER)
    with sound_after(lit):
        before = started_at(lit)
        run("podman", "network", "disconnect", NETWORK, CONTAINER)
        run("podman", "network", "connect", "--ip", "10.163.0.250", NETWORK, CONTAINER, check=False)
        wait_until("it is back", lambda: banner(address, timeout=2))
    assert started_at(lit) == before
    assert logged(lit, "CONTAINER_MOVED", address)


def test_network_removed_with_all_that_is_on_it(lit):
    with sound_after(lit):
        before = lit.podman.inspect(CONTAINER)["Id"]
        run("podman", "network", "rm", "--force", NETWORK, timeout=60)
        wait_until("it is made anew", lambda: lit.podman.inspect(CONTAINER)["Id"] != before)
    assert dig("light.runtime.mpd.test").data == [lit.podman.address(CONTAINER)]


def test_volume_removed_with_all_that_uses_it(lit):
    with sound_after(lit):
        # It may end with "in use", where the repair was quicker.
        run("podman", "volume", "rm", "--force", VOLUME, check=False, timeout=60)
        wait_until("it is there again", lambda: VOLUME in volumes())


def volumes():
    return run("podman", "volume", "ls", "--quiet").stdout.split()


def volume_folder():
    said = run("podman", "volume", "inspect", "--format", "{{.Mountpoint}}", VOLUME)
    return pathlib.Path(said.stdout.strip())


def test_volume_without_its_folder(lit):
    """What is left of a volume that was removed and made at the same time."""
    with sound_after(lit):
        shutil.rmtree(volume_folder())
        run("podman", "stop", "--time", "0", CONTAINER)
        wait_until("the folder is there", lambda: volume_folder().is_dir())
    assert logged(lit, "VOLUME_LOST")


def test_volume_without_its_folder_that_somebody_else_uses(lit):
    """Reported; neither the volume nor the container is touched."""
    with sound_after(lit):
        other = run("podman", "create", "--network", "none", "--name", "somebody", "--volume",
                    f"{VOLUME}:/srv", light.image("mute")).stdout.strip()
        try:
            shutil.rmtree(volume_folder())
            run("podman", "stop", "--time", "0", CONTAINER)
            wait_until("it says who uses it", lambda: "somebody" in failure(lit, "light"))
            assert lit.podman.inspect("somebody")["Id"] == other
        finally:
            run("podman", "rm", other)


def start_over_and_over(the_slice, container, ended):
    """As the manager may at any moment: through Podman's API, until `ended` is set."""
    path = the_slice.podman_socket
    while not ended.is_set():
        with socket.socket(socket.AF_UNIX) as podman:
            podman.connect(str(path))
            podman.sendall(f"POST /v4.0.0/libpod/containers/{container}/start HTTP/1.1\r\n"
                           "Host: podman\r\nConnection: close\r\n\r\n".encode())
            if b" 404 " in b"".join(iter(lambda: podman.recv(65536), b""))[:32]:
                return


def test_container_started_while_it_is_removed(lit):
    """Podman then forgets a container that runs. It is ended, and one made that Podman knows."""
    for _ in range(20):
        with sound_after(lit):
            before = lit.podman.inspect(CONTAINER)["Id"]
            ended = threading.Event()
            starter = threading.Thread(target=start_over_and_over, args=(lit, before, ended))
            starter.start()
            run("podman", "rm", "--force", "--time", "0", before)
            ended.set()
            starter.join()
        if lines_with(lit, "CONTAINER_LEFT_RUNNING", before):
            return
    raise AssertionError("Podman never forgot a container that runs: is the repair still needed?")


def test_image_removed(lit):
    """What runs goes on; what is to be made waits for the image, and says so."""
    image = light.image("serve")
    run("podman", "tag", image, "localhost/kept:latest")
    try:
        with sound_after(lit):
            run("podman", "untag", image, image)
            run("podman", "rm", "--force", "--time", "0", CONTAINER)
            wait_until("it says what is missing", lambda: image in failure(lit, "light"))
            run("podman", "tag", "localhost/kept:latest", image)
            with lit.api() as api:
                api.call(f"{CONTAINERS}/StartRuntime", name="light")
    finally:
        run("podman", "tag", "localhost/kept:latest", image)
        run("podman", "untag", image, "localhost/kept:latest")


def failure(the_slice, name):
    """Why it is FAILED; empty where it is not."""
    found = the_slice.state_of(name)["status"]
    return found["statusMessage"] if found["state"] == "STATE_FAILED" else ""


def connect_stray(address, hardware):
    """As a Podman leaves it that is killed while it connects a container; its name in the bridge's
    namespace, which is its own name as well."""
    name = "stray"
    run("ip", "netns", "add", name)
    run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "address", hardware,
        "netns", name)
    run("ip", "link", "set", name, "master", BRIDGE, "up")
    run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    run("ip", "-n", name, "link", "set", "eth0", "up")
    return name


@pytest.mark.parametrize("end", [("stop", "--time", "0"), ("rm", "--force", "--time", "0")])
def test_address_of_a_dead_container_in_podmans_table(lit, end):
    """After an unclean end Podman's table can keep the address for a container's last life. It is
    freed while others are on the network, and those go on running. So is the address of a network
    namespace that was connected for that life and is in no record."""
    table = pathlib.Path("/run/containers/networks/ipam.db")
    lit.mpdctl("runtime", "start", "lighter")
    other = started_at(lit, "mpd-runtime-lighter")
    with sound_after(lit):
        lit.stop("container-manager")
        before = table.read_bytes()
        network = lit.podman.inspect(CONTAINER)["NetworkSettings"]["Networks"][NETWORK]
        address, hardware = network["IPAddress"], network["MacAddress"]
        run("podman", *end, CONTAINER)
        # As if the machine had died before that last write.
        table.write_bytes(before)
        stray = connect_stray(address, hardware)
        lit.start("container-manager")
        logged(lit, "ADDRESS_HELD", CONTAINER)
        wait_until("it runs", lambda: lit.podman.inspect(CONTAINER)["State"]["Running"])
    assert run("ip", "link", "show", stray, check=False).code != 0
    assert logged(lit, "ADDRESS_LEFT_BEHIND", CONTAINER, "namespaces=1")
    run("ip", "netns", "delete", stray)
    assert started_at(lit, "mpd-runtime-lighter") == other
    for name in (CONTAINER, "mpd-runtime-lighter"):
        assert banner(lit.podman.address(name)).startswith("SSH-2.0-")


def test_somebody_else_at_our_address_is_reported_and_left_alone(lit):
    address = lit.podman.address(CONTAINER)
    with sound_after(lit):
        lit.mpdctl("runtime", "stop", "light")
        squatter = run("podman", "run", "--detach", "--network", NETWORK, "--ip", address, "--name",
                       "somebody", light.image("serve")).stdout.strip()
        try:
            lit.mpdctl("runtime", "start", "light", "--no-wait")
            wait_until("it says who has the address", lambda: "somebody" in failure(lit, "light"))
            assert lit.podman.inspect(squatter)["State"]["Running"]
        finally:
            run("podman", "rm", "--force", "--time", "0", squatter)


def test_process_that_exits_at_once(lit):
    """FAILED within a second of its end, with code and last words; then again, ever less often."""
    with lit.api() as api:
        api.call(f"{CONTAINERS}/CreateRuntime", name="exits")
    try:
        said = wait_until("it is FAILED", lambda: failure(lit, "exits"), 20)
        assert "exited with code 3" in said
        assert "bad option at line 1" in said
        wait_until("the back-off shows", lambda: "times in a row; tried again after" in failure(
            lit, "exits"), 20)
        ended = lit.podman.inspect("mpd-runtime-exits")["State"]
        assert ended["ExitCode"] == 3
    finally:
        lit.mpdctl("runtime", "delete", "exits")
    assert_sound(lit, wishes(lit))


def test_crash_is_told_within_a_second(lit, record_property):
    """From the death of its process to FAILED in the watch stream."""
    with lit.api("container-manager") as api:
        stream = api.stream(f"{CONTAINERS}/WatchWorkloads", timeout=20)
        next(message for message in stream if message.get("synced"))
        pid = lit.podman.inspect(CONTAINER)["State"]["Pid"]
        begin = time.monotonic()
        run("kill", "-9", pid)
        states = (event["workload"]["runtime"]["status"] for message in stream
                  for event in message.get("events", []) if "runtime" in event["workload"])
        told = next(status for status in states if status["state"] == "STATE_FAILED")
        record_property("told", f"FAILED {(time.monotonic() - begin) * 1000:.0f} ms after its death")
    assert "exited with code 137" in told["statusMessage"]
    assert_sound(lit, wishes(lit))


def test_probe_that_is_never_answered(lit):
    """STARTING, with why; it can be stopped and deleted all the same."""
    with lit.api() as api:
        api.call(f"{CONTAINERS}/CreateRuntime", name="mute")
    try:
        def says():
            found = lit.state_of("mute")["status"]
            return found["state"] == "STATE_STARTING" and "sshd does not answer" in found.get(
                "statusMessage", "")

        wait_until("it says what it waits for", says)
        lit.mpdctl("runtime", "stop", "mute")
    finally:
        lit.mpdctl("runtime", "delete", "mute")
    assert_sound(lit, wishes(lit))


@pytest.mark.parametrize("component", ["ipam", "dnsd-controller"])
def test_neighbour_down(lit, component):
    """What runs goes on; what is asked for meanwhile comes true when it is back."""
    with sound_after(lit):
        before = started_at(lit)
        lit.kill(component)
        lit.mpdctl("runtime", "stop", "light")
        with lit.api() as api:
            api.call(f"{CONTAINERS}/StartRuntime", name="light")
        lit.start(component)
    assert started_at(lit) != before


def test_second_manager_refuses(lit, tmp_path):
    with sound_after(lit):
        said = run(lit.binaries / "mpd-container-manager", f"--run_root={tmp_path}", check=False,
                   env=lit.env, timeout=10)
        assert said.code not in (0, None)
        assert str(lit.state_root / "container-manager") in said.stderr.strip().splitlines()[-1]


def test_orphan_with_our_label_is_reported_and_left_alone(lit):
    """Its id is in nobody's record: that it carries our labels proves nothing."""
    orphan = run("podman", "run", "--detach", "--network", "none", "--name", "mpd-runtime-lost",
                 "--label", "mpd.managed=true", "--label", "mpd.type=runtime", "--label",
                 "mpd.name=lost", light.image("mute")).stdout.strip()
    try:
        # It lists what there is soon after its start, and every half minute.
        lit.stop("container-manager")
        lit.start("container-manager")
        assert logged(lit, "ORPHAN_CONTAINER", "mpd-runtime-lost")
        assert lit.podman.inspect(orphan)["State"]["Running"]
    finally:
        run("podman", "rm", "--force", "--time", "0", orphan)
    assert_sound(lit, wishes(lit))


def test_everything_starts_without_a_network_outside(lit, outside):
    """No default route, no resolver: what was built before starts."""
    assert json.loads(run("ip", "--json", "route", "show", "default").stdout or "[]") == []
    upstream.use()
    try:
        with sound_after(lit):
            lit.mpdctl("down", timeout=120)
            lit.mpdctl("up")
    finally:
        upstream.use(outside.address)


def test_environment_stopped_and_started_in_one_breath(lit):
    """Each call may come while the one before is still being carried out."""
    with sound_after(lit):
        with lit.api() as api:
            for method in ("StopEnvironment", "StartEnvironment") * 3:
                api.call(f"{CONTAINERS}/{method}")
