"""mpd-ipam's store as its operator meets it: check, backup, restore, damage, a full disk, changed
configuration. No container is needed."""

import contextlib
import hashlib
import os
import re
import sqlite3
import threading

import pytest

from mpdtest.api import ApiError
from mpdtest.full_disk import fill
from mpdtest.process import run
from mpdtest.reading import IPAM
from mpdtest.waiting import wait_until

DATABASES = 70


class Ipam:
    """One mpd-ipam and its files."""

    def __init__(self, the_slice):
        self.slice = the_slice
        self.folder = the_slice.state_root / "ipam"
        self.store = self.folder / "ipam.db"

    def start(self):
        self.slice.start("ipam")

    def stop(self):
        assert self.slice.stop("ipam") == [0]

    def tool(self, *flags, check=True):
        return run(self.slice.binaries / "mpd-ipam", *flags, check=check, env=self.slice.env)

    def refused_start(self):
        """The error line of a start that has to fail."""
        result = self.tool(check=False)
        assert result.code == 1, result
        return result.stderr

    def allocate(self, owner, pool="databases", **more):
        with self.slice.api("ipam") as api:
            return api.call(f"{IPAM}/AllocateAddress", owner=owner, pool=pool, **more)

    def release(self, owner):
        with self.slice.api("ipam") as api:
            return api.call(f"{IPAM}/ReleaseLease", owner=owner)

    def leases(self):
        """Address of each owner, and the listing's store_id."""
        with self.slice.api("ipam") as api:
            listing = api.call(f"{IPAM}/ListLeases", pageSize=1000)
        return ({lease["owner"]: lease["address"] for lease in listing.get("leases", [])},
                listing["storeId"])

    def pool(self, name):
        with self.slice.api("ipam") as api:
            return next(pool for pool in api.call(f"{IPAM}/ListPools")["pools"]
                        if pool["name"] == name)

    def configure(self, text):
        self.slice.config.write_text(text)


@pytest.fixture
def ipam(lonely):
    return Ipam(lonely)


@pytest.fixture
def filled(ipam):
    """Running, with a lease per database that there is room for."""
    ipam.start()
    with ipam.slice.api("ipam") as api:
        for number in range(DATABASES):
            api.call(f"{IPAM}/AllocateAddress", owner=f"db/d{number}", pool="databases",
                     hostnames=[f"d{number}.db"], requestId=f"request-{number}")
    return ipam


def test_the_71st_database_is_told_pool_and_capacity(filled):
    addresses = set(filled.leases()[0].values())
    assert addresses == {f"10.163.0.{last}" for last in range(30, 100)}
    with pytest.raises(ApiError) as refused:
        filled.allocate("db/one-too-many")
    assert (refused.value.code, refused.value.reason) == ("RESOURCE_EXHAUSTED", "POOL_EXHAUSTED")
    assert refused.value.metadata == {"pool": "databases", "capacity": str(DATABASES)}
    filled.release("db/d41")
    assert filled.allocate("db/one-too-many")["address"] == "10.163.0.71"


def test_fsck_finds_nothing_in_a_good_store_and_waits_for_the_daemons_end(filled):
    refused = filled.tool("--fsck", check=False)
    assert refused.code == 1 and "STORE_LOCKED" in refused.stderr
    filled.slice.kill("ipam")
    assert f"no findings: revision {DATABASES}, {DATABASES} leases" in filled.tool("--fsck").stdout


def test_backup_of_a_running_daemon_is_restored_as_another_store(filled, tmp_path):
    backup = tmp_path / "backup"
    stop = threading.Event()

    def change():
        with filled.slice.api("ipam") as api:
            while not stop.is_set():
                api.call(f"{IPAM}/ReleaseLease", owner="db/d0")
                api.call(f"{IPAM}/AllocateAddress", owner="db/d0", pool="databases")

    changes = threading.Thread(target=change)
    changes.start()
    try:
        told = filled.tool("--backup", str(backup)).stdout
    finally:
        stop.set()
        changes.join()
    assert backup.stat().st_mode & 0o777 == 0o600
    revision = int(re.search(r"at revision (\d+)", told).group(1))
    filled.release("db/d7")
    filled.allocate("db/since")
    before, store_id = filled.leases()
    refused = filled.tool("--restore", str(backup), check=False)
    assert refused.code == 1 and "STORE_LOCKED" in refused.stderr
    assert filled.leases() == (before, store_id)

    filled.stop()
    told = filled.tool("--restore", str(backup)).stdout
    kept = re.search(r"kept as (\S+)", told).group(1)
    assert os.path.exists(kept)
    filled.start()
    after, new_id = filled.leases()
    assert {f"db/d{number}" for number in range(1, DATABASES)} <= set(after)
    assert "db/since" not in after
    # Who counted on after the backup must not believe that nothing was missed.
    assert new_id != store_id
    with filled.slice.api("ipam") as api, pytest.raises(ApiError) as ended:
        next(api.stream(f"{IPAM}/WatchLeases", startRevision=revision + 1, storeId=store_id))
    assert (ended.value.code, ended.value.reason) == ("OUT_OF_RANGE", "STORE_RECREATED")


def test_a_damaged_backup_changes_nothing(filled, tmp_path):
    backup = tmp_path / "backup"
    filled.tool("--backup", str(backup))
    filled.stop()
    with sqlite3.connect(backup) as db:
        db.execute("DELETE FROM log WHERE revision = 20")
    refused = filled.tool("--restore", str(backup), check=False)
    assert refused.code == 1 and "BACKUP_DAMAGED" in refused.stderr
    filled.start()
    assert len(filled.leases()[0]) == DATABASES


def cut_in_half(store):
    os.truncate(store, store.stat().st_size // 2)


def zero_a_page(store):
    with open(store, "r+b") as file:
        file.seek(2 * 4096)
        file.write(bytes(4096))


def garble_the_header(store):
    with open(store, "r+b") as file:
        file.write(os.urandom(100))


def make_newer(store):
    with contextlib.closing(sqlite3.connect(store)) as db:
        db.execute("PRAGMA user_version = 99")


def empty(store):
    os.truncate(store, 0)


def digests(folder):
    """Of the store and its log. An empty log is as good as none."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("ipam.db", "ipam.db-wal")
            if (folder / name).exists() and (folder / name).stat().st_size}


@pytest.mark.parametrize("damage", [cut_in_half, zero_a_page, garble_the_header, make_newer])
def test_a_damaged_store_is_refused_and_left_as_it_is(filled, damage):
    filled.stop()
    damage(filled.store)
    before = digests(filled.folder)
    line = filled.refused_start()
    assert "STORE_DAMAGED" in line and "--fsck" in line and "--restore" in line
    found = filled.tool("--fsck", check=False)
    assert found.code == 1
    assert "what to do: restore the newest good backup: mpd-ipam --restore FILE" in found.stdout
    assert digests(filled.folder) == before


@pytest.mark.parametrize("damage", [empty, os.unlink])
def test_a_log_that_has_lost_its_file_is_kept(filled, damage):
    """What was acknowledged may be in the log alone: it is not thrown away for a new store."""
    filled.slice.kill("ipam")
    log = filled.folder / "ipam.db-wal"
    assert log.stat().st_size > 0
    damage(filled.store)
    before = digests(filled.folder)
    assert "STORE_DAMAGED" in filled.refused_start()
    assert filled.tool("--fsck", check=False).code == 1
    assert digests(filled.folder) == before


@pytest.fixture
def small_disk(lonely):
    """The component's folder on a file system of one megabyte."""
    folder = lonely.state_root / "ipam"
    folder.mkdir(mode=0o750)
    run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0750", "mpdtest", folder)
    yield Ipam(lonely)
    lonely.close()
    run("umount", folder)


def test_a_full_disk_refuses_writes_and_recovers_without_a_restart(small_disk):
    ipam = small_disk
    ipam.start()
    with ipam.slice.api("ipam") as api:
        stream = api.stream(f"{IPAM}/WatchLeases", timeout=60)
        ipam.allocate("db/before")
        ballast = fill(ipam.folder)
        acknowledged, refusal = {"db/before"}, None
        for number in range(200):
            try:
                ipam.allocate(f"db/d{number % 60}", hostnames=[f"d{number % 60}.{'x' * 60}"])
                acknowledged.add(f"db/d{number % 60}")
                ipam.release(f"db/d{number % 60}")
                acknowledged.discard(f"db/d{number % 60}")
            except ApiError as error:
                refusal = error
                break
        assert refusal, "the disk never was full"
        assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
        assert acknowledged <= set(ipam.leases()[0]), "reads go on"
        assert next(stream)["storeId"] == ipam.leases()[1]
        ballast.unlink()
        ipam.allocate("db/after")
        assert any(event["lease"]["owner"] == "db/after"
                   for message in stream for event in message.get("events", []))
    ipam.slice.kill("ipam")
    assert "no findings" in ipam.tool("--fsck").stdout
    ipam.start()
    assert acknowledged | {"db/after"} <= set(ipam.leases()[0])


POOLS = """
release_cooldown {{ seconds: {cooldown} }}
pools {{ name: "services" first_offset: 3 last_offset: 29 fixed_only: true
        fixed {{ owner: "service/dnsmasq" offset: 3 }} }}
pools {{ name: "databases" first_offset: 30 last_offset: {last} }}
pools {{ name: "runtimes" first_offset: 100 last_offset: 254
        fixed {{ owner: "runtime/php" offset: {php} }} }}
"""


def test_changed_pools_are_applied_where_no_lease_contradicts_them(ipam):
    ipam.configure(POOLS.format(cooldown=0, last=31, php=100))
    ipam.start()
    assert ipam.allocate("db/a")["address"] == "10.163.0.30"
    ipam.allocate("db/b")
    with pytest.raises(ApiError):
        ipam.allocate("db/c")
    ipam.stop()
    ipam.configure(POOLS.format(cooldown=0, last=40, php=110))
    ipam.start()
    assert ipam.allocate("db/c")["address"] == "10.163.0.32"
    assert ipam.pool("databases")["capacity"] == "11"
    assert ipam.allocate("runtime/php", "runtimes")["address"] == "10.163.0.110"
    assert ipam.allocate("runtime/go", "runtimes")["address"] == "10.163.0.100"


@pytest.mark.parametrize("last,php,named", [
    (30, 100, "db/b at 10.163.0.31"), (40, 110, "runtime/php at 10.163.0.100"),
    (40, 101, "runtime/go at 10.163.0.101")],
    ids=["smaller pool", "moved fixed address", "fixed for another"])
def test_pools_that_contradict_leases_are_refused_by_name(ipam, last, php, named):
    good = POOLS.format(cooldown=0, last=40, php=100)
    ipam.configure(good)
    ipam.start()
    for owner in ("db/a", "db/b"):
        ipam.allocate(owner)
    for owner in ("runtime/php", "runtime/go"):
        ipam.allocate(owner, "runtimes")
    before = ipam.leases()
    ipam.stop()
    ipam.configure(POOLS.format(cooldown=0, last=last, php=php))
    line = ipam.refused_start()
    assert "CONFIG_CONTRADICTS_LEASES" in line and named in line
    found = ipam.tool("--fsck", check=False)
    assert found.code == 1 and named.split()[0] in found.stdout
    ipam.configure(good)
    ipam.start()
    assert ipam.leases() == before


def test_a_cooldown_goes_on_through_a_restart_and_ends(ipam):
    ipam.configure(POOLS.format(cooldown=3600, last=40, php=100))
    ipam.start()
    ipam.allocate("db/a")
    ipam.release("db/a")
    ipam.slice.kill("ipam")
    ipam.start()
    assert ipam.pool("databases")["resting"] == "1"
    assert ipam.allocate("db/b")["address"] == "10.163.0.31"
    assert ipam.allocate("db/a")["address"] == "10.163.0.30", "its own address does not rest"
    ipam.release("db/a")
    ipam.stop()
    ipam.configure(POOLS.format(cooldown=1, last=40, php=100))
    ipam.start()
    wait_until("the rest is over", lambda: "resting" not in ipam.pool("databases"), timeout=10)
    assert ipam.allocate("db/c")["address"] == "10.163.0.30"


def test_a_cooldown_is_cut_short_when_nothing_else_is_free(ipam):
    ipam.configure(POOLS.format(cooldown=3600, last=31, php=100))
    ipam.start()
    for owner in ("db/a", "db/b"):
        ipam.allocate(owner)
    ipam.release("db/a")
    ipam.slice.kill("ipam")
    ipam.start()
    assert ipam.allocate("db/c")["address"] == "10.163.0.30"
