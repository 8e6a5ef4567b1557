"""Databases of Debian's versions, used from the laptop, across a reboot of the machine."""

import time

import pytest

from mpdtest.databases import engines


@pytest.fixture(scope="module")
def built(sandbox):
    return engines((*sandbox.inside, "podman"))


@pytest.fixture(scope="module")
def dbs(sandbox, built):
    """Each with a row, put there from the laptop."""
    for engine in built.values():
        sandbox.mpdctl("db", "create", engine.name, engine.version)
        engine.sql(address_of(sandbox, engine),
                   "CREATE TABLE kept (word VARCHAR(20)); INSERT INTO kept VALUES ('still here')",
                   within=sandbox.within)
    yield sandbox
    for engine in built.values():
        sandbox.mpdctl("db", "delete", engine.name, engine.version)


def address_of(sandbox, engine):
    """What the resolver tells the laptop."""
    return sandbox.laptop("dig", "+short", "@10.163.0.3", engine.hostname).stdout.strip()


@pytest.mark.timeout(1200)
def test_rows_survive_a_reboot_without_recovery(dbs, built, record_property):
    begin = time.monotonic()
    dbs.script("down")
    middle = time.monotonic()
    dbs.up(timeout=600)
    record_property("told", f"down {middle - begin:.0f} s, up {time.monotonic() - middle:.0f} s")
    for engine in built.values():
        dbs.wait_database(engine.name, engine.version, "RUNNING")
        assert engine.sql(address_of(dbs, engine), "SELECT word FROM kept",
                          within=dbs.within) == "still here"
        since = dbs.machine("podman", "inspect", "--format", "{{.State.StartedAt.Unix}}",
                            engine.container).stdout.strip()
        log = dbs.machine("podman", "logs", "--since", since, engine.container).text
        assert log and engine.recovery not in log
