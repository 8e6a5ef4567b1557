"""One command from nothing to a running environment; once more, and nothing is done twice."""

import pytest

from conftest import FIRST_LIMIT_S
from mpdtest.sandbox import UNITS

AGAIN_LIMIT_S = 60


@pytest.mark.timeout(FIRST_LIMIT_S + 120)
def test_up_ends_green(started, record_property):
    record_property("told", f"deploy/up took {started.seconds:.0f} s")
    assert started.seconds < FIRST_LIMIT_S
    assert "FAILED" not in started.text


def test_machine_is_of_the_asked_release(sandbox):
    shown = sandbox.machine("cat", "/etc/os-release").stdout
    assert f'VERSION_ID="{sandbox.release}"' in shown
    assert sandbox.machine("cat", "/proc/1/comm").stdout.strip() == "systemd"


def test_up_again_is_quick_and_restarts_nothing(sandbox, record_property):
    def since():
        return sandbox.machine("systemctl", "show", "--property=ActiveEnterTimestampMonotonic",
                               *[f"{unit}.service" for unit in UNITS]).stdout

    before = since()
    seconds, _ = sandbox.up(timeout=300)
    record_property("told", f"deploy/up took {seconds:.1f} s")
    assert seconds < AGAIN_LIMIT_S
    assert since() == before


@pytest.mark.parametrize("unit", UNITS)
def test_unit_is_active_with_a_watchdog(sandbox, unit):
    shown = dict(line.split("=", 1) for line in sandbox.machine(
        "systemctl", "show", f"{unit}.service", "--property=ActiveState,Type,WatchdogUSec,NRestarts"
    ).stdout.splitlines())
    assert (shown["ActiveState"], shown["Type"]) == ("active", "notify")
    assert shown["WatchdogUSec"] not in ("0", "infinity")
    assert shown["NRestarts"] == "0"


def test_no_daemon_but_the_manager_is_root(sandbox):
    users = {unit: sandbox.machine("systemctl", "show", "--property=User", "--value",
                                   f"{unit}.service").stdout.strip() for unit in UNITS}
    roots = [unit for unit, user in users.items() if user in ("", "root")]
    assert roots == ["mpd-container-manager"]


def test_status_shows_everything_healthy(sandbox):
    shown = sandbox.mpdctl("status").stdout
    for unit in UNITS:
        assert unit.removeprefix("mpd-") in shown
    with sandbox.api() as api:
        status = api.call("mpd.gateway.v1.GatewayService/GetStatus")
    assert len(status["components"]) == len(UNITS)
    assert all(component["healthy"] for component in status["components"]), status["components"]
    assert status["environment"]["state"] == "STATE_RUNNING"
