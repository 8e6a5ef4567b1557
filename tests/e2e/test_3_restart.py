"""Units restarted by systemd while a name is asked every 10 ms and a session is open."""

import pytest

from mpdtest.dns import DnsLoop
from mpdtest.reading import CONTAINERS
from mpdtest.sandbox import DEVELOPER, UNITS
from mpdtest.ssh import Session
from mpdtest.waiting import wait_until

PHP = "10.163.0.100"
NAME = "php.runtime.mpd.test"


def all_serve(sandbox):
    with sandbox.api() as api:
        components = api.call("mpd.gateway.v1.GatewayService/GetStatus", wait=True)["components"]
    return len(components) == len(UNITS) and all(c["healthy"] for c in components)


def unnoticed(sandbox, change):
    """Does it with the loop and the session running; what `change` returned, and the loop."""
    with Session(DEVELOPER, PHP, sandbox.key, within=sandbox.within) as session:
        assert session.echo("before")
        loop = DnsLoop(NAME, PHP, within=sandbox.within)
        with loop:
            result = change()
            wait_until("every daemon serves again", lambda: all_serve(sandbox), 20)
        assert session.echo("after")
    assert loop.failures == []
    assert loop.asked > 10
    return result, loop


def told(milliseconds, loop):
    return (f"ready after {milliseconds:.0f} ms, {loop.asked} queries, the slowest "
            f"{loop.slowest_ms:.0f} ms")


@pytest.mark.parametrize("unit", UNITS)
def test_unit_restarts_unnoticed(php, unit, record_property):
    record_property("told", told(*unnoticed(php, lambda: php.restart_ms(unit))))


def test_all_units_restart_together(php, record_property):
    record_property("told", told(*unnoticed(php, lambda: php.restart_ms(*UNITS))))


@pytest.mark.parametrize("unit", UNITS)
def test_killed_unit_is_back_by_itself(php, unit, record_property):
    def kill():
        before = main_pid(php, unit)
        php.machine("systemctl", "kill", "--signal=KILL", unit)
        wait_until(f"{unit} runs again",
                   lambda: php.active(unit) and main_pid(php, unit) not in ("0", before), 10)
        return 0.0

    _, loop = unnoticed(php, kill)
    record_property("told", f"{loop.asked} queries, the slowest {loop.slowest_ms:.0f} ms")


def main_pid(sandbox, unit):
    return sandbox.machine("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()


def test_podman_restarts_unnoticed(php):
    unnoticed(php, lambda: php.machine("systemctl", "restart", "podman.socket", "podman.service"))


def test_stopped_units_leave_containers_and_answers(php):
    """Nobody is there to serve the API; what runs, runs on."""
    before = {c["Id"] for c in php.containers("status=running")}
    with Session(DEVELOPER, PHP, php.key, within=php.within) as session:
        loop = DnsLoop(NAME, PHP, within=php.within)
        with loop:
            php.machine("systemctl", "stop", "mpd.target")
            assert session.echo("meanwhile")
            assert {c["Id"] for c in php.containers("status=running")} == before
            php.machine("systemctl", "start", "mpd.target")
            wait_until("every daemon serves again", lambda: all_serve(php), 30)
        assert session.echo("after")
    assert loop.failures == []
    with php.api() as api:
        wait_until("the environment is RUNNING again", lambda: api.call(
            f"{CONTAINERS}/GetEnvironment")["state"] == "STATE_RUNNING")
