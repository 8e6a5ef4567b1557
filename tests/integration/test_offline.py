"""Nothing outside: no route out, no resolver that answers. What was built before starts all the same."""

import contextlib
import json
import socket
import time

import pytest

from mpdtest import upstream
from mpdtest.databases import engines
from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.slice import DEVELOPER
from mpdtest.ssh import ssh

PHP = "10.163.0.100"


@pytest.fixture
def databases(php, healthy):  # pylint: disable=unused-argument
    """Both, with a row in each; by their hostname."""
    built = engines()
    for engine in built.values():
        php.mpdctl("db", "create", engine.name, engine.version)
        address = php.database(engine.name, engine.version)["status"]["address"]
        engine.sql(address, "CREATE TABLE kept (word VARCHAR(20)); INSERT INTO kept VALUES ('here')")
    yield built
    for engine in built.values():
        php.mpdctl("db", "delete", engine.name, engine.version)


@contextlib.contextmanager
def cut_off(outside):
    """The cable pulled: its resolver is still named, and nobody answers at that address."""
    run("ip", "link", "set", outside.name, "down")
    try:
        assert json.loads(run("ip", "--json", "route", "show", "default").stdout or "[]") == []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            with pytest.raises(OSError):
                probe.connect((outside.address, 53))
        yield
    finally:
        run("ip", "link", "set", outside.name, "up")
        upstream.use(outside.address)


def assert_usable(the_slice, databases, key):
    for engine in databases.values():
        address = the_slice.database(engine.name, engine.version)["status"]["address"]
        assert dig(engine.hostname).data == [address]
        assert engine.sql(address, "SELECT word FROM kept") == "here"
    assert dig("php.runtime.mpd.test").data == [PHP]
    assert ssh(DEVELOPER, PHP, key, "systemctl", "is-system-running").stdout.strip() in (
        "running", "degraded")
    # The other container is found by name from within.
    hosts = " ".join(engine.hostname for engine in databases.values())
    found = ssh(DEVELOPER, PHP, key, f"getent ahostsv4 {hosts}").stdout
    assert all(engine.hostname in found for engine in databases.values()), found


def test_starts_with_nothing_outside(php, databases, outside, key, record_property):
    """Containers made anew from the images, by daemons that were just started, and started again."""
    php.mpdctl("down", timeout=120)
    php.stop()
    run("podman", "rm", "--all", "--force", "--time", "0", timeout=60)
    with cut_off(outside):
        php.start()
        begin = time.monotonic()
        php.mpdctl("up")
        record_property("told", f"up after {time.monotonic() - begin:.1f} s")
        assert_usable(php, databases, key)
        assert dig("debian.org").rcode not in ("NOERROR", "NXDOMAIN")
        php.mpdctl("down", timeout=120)
        php.mpdctl("up")
        assert_usable(php, databases, key)
