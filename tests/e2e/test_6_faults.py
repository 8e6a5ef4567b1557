"""Faults of the machine: one line that says what and where, and a status that stays usable."""

import contextlib
import re
import time

import pytest

from mpdtest.reading import CONTAINERS
from mpdtest.sandbox import UNITS
from mpdtest.waiting import wait_until

CONFIG = "/etc/mpd/mpd.textproto"
PODMAN = "/run/podman/podman.sock"


def everything_runs(sandbox):
    with sandbox.api() as api:
        return api.call(f"{CONTAINERS}/GetEnvironment", wait=True)["state"] == "STATE_RUNNING"


@pytest.fixture
def mended(php):
    """After the test all units run again and the environment with them."""
    yield php
    php.machine("systemctl", "reset-failed", check=False)
    php.machine("systemctl", "restart", "podman.socket", "mpd.target", *UNITS, timeout=90)
    wait_until("the environment is RUNNING", lambda: everything_runs(php), 60)


@contextlib.contextmanager
def bad_configuration(sandbox):
    sandbox.machine("cp", "--preserve=all", CONFIG, f"{CONFIG}.good")
    sandbox.machine("tee", CONFIG, stdin='zoen: "mpd.test"\n')
    try:
        yield
    finally:
        sandbox.machine("mv", f"{CONFIG}.good", CONFIG)


def refuses(sandbox, *command):
    """The one line of error that the command ends with; of the log before it only what is none."""
    result = sandbox.machine(*command, check=False)
    assert result.code not in (0, None), result
    lines = result.stderr.strip().splitlines()
    logged = [line for line in lines if re.search(" (INFO|WARNING|ERROR) ", line)]
    assert [line for line in lines if line not in logged or " ERROR " in line] == lines[-1:], result
    return lines[-1]


@pytest.mark.parametrize("unit", UNITS)
def test_bad_configuration_is_refused(php, unit):
    with bad_configuration(php):
        said = refuses(php, unit, "--check_config")
    assert CONFIG in said and "zoen" in said


def test_bad_configuration_stops_one_daemon_not_the_status(mended):
    since = time.time()
    with bad_configuration(mended):
        mended.machine("systemctl", "restart", "--no-block", "mpd-ipam")
        wait_until("the journal says why", lambda: "zoen" in mended.journal("mpd-ipam", since), 20)
        shown = mended.mpdctl("status", check=False)
        assert shown.code in (0, 1)
        assert "ipam" in shown.text and "gateway" in shown.text
    wait_until("mpd-ipam is back by itself", lambda: mended.active("mpd-ipam"), 20)


def test_missing_podman_socket_is_said(mended):
    mended.machine("mv", PODMAN, f"{PODMAN}.away")
    try:
        mended.machine("systemctl", "restart", "mpd-container-manager")
        wait_until("the status says which socket is missing",
                   lambda: PODMAN in mended.mpdctl("status", check=False).text, 20)
        assert mended.mpdctl("status", check=False).code in (0, 1)
        assert mended.active("mpd-container-manager")
    finally:
        mended.machine("mv", f"{PODMAN}.away", PODMAN)


@pytest.mark.parametrize("unit", UNITS)
def test_taken_socket_is_named(php, unit):
    # Its own state, so that it is the socket alone that is in the way.
    said = refuses(php, "env", f"MPD_STATE_ROOT=/tmp/{unit}", "bash", "-c",
                   'mkdir -p "$MPD_STATE_ROOT" && exec "$0"', unit)
    assert f"/run/mpd/{unit.removeprefix('mpd-')}.sock" in said
    assert php.active(unit)


@pytest.mark.parametrize("unit", ["mpd-ipam", "mpd-container-manager", "mpd-dnsd-controller"])
def test_read_only_state_folder_is_named(mended, unit):
    folder = f"/var/lib/mpd/{unit.removeprefix('mpd-')}"
    mended.machine("mount", "--bind", folder, folder)
    try:
        mended.machine("systemctl", "stop", unit)
        mended.machine("mount", "-o", "remount,bind,ro", folder)
        since = time.time()
        mended.machine("systemctl", "start", "--no-block", unit)
        wait_until("the journal names the folder",
                   lambda: folder in mended.journal(unit, since), 20)
        shown = mended.mpdctl("status", check=False)
        assert shown.code in (0, 1)
        assert "gateway" in shown.text
    finally:
        mended.machine("umount", folder)
