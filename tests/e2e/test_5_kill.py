"""All daemons killed in the middle of creating a runtime; systemd starts them again."""

import random
import threading

import pytest

from mpdtest.dns import dig
from mpdtest.sandbox import UNITS
from mpdtest.ssh import banner

SPREAD = [0.05, 0.3, 0.8, 1.5]


@pytest.mark.parametrize("moment", SPREAD)
def test_killed_while_creating(php, moment, record_property):
    delay = moment * random.uniform(0.7, 1.3)
    record_property("told", f"killed {delay * 1000:.0f} ms after the call")
    name = "victim"
    php.mpdctl("runtime", "create", name, "--no-wait")
    threading.Event().wait(delay)
    php.machine("systemctl", "kill", "--signal=KILL", *UNITS)
    try:
        php.wait_state(name, "RUNNING", timeout=60)
        holders = [lease for lease in php.leases().values()
                   if lease["owner"] == f"runtime/{name}" or f"{name}.runtime" in lease["hostnames"]]
        assert len(holders) == 1
        containers = [c for c in php.containers() if any(name in n for n in c["Names"])]
        assert [c["Names"] for c in containers] == [[f"mpd-runtime-{name}"]]
        address = holders[0]["address"]
        assert dig(f"{name}.runtime.mpd.test", within=php.within).data == [address]
        assert banner(address, within=php.within).startswith("SSH-2.0-")
    finally:
        php.mpdctl("runtime", "delete", name)
