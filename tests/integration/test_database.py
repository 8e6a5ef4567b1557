"""A database's life, as the person sees it who connects to it."""

import ipaddress
import subprocess
import time

import pytest

from mpdtest import web
from mpdtest.api import ApiError
from mpdtest.databases import engines
from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.registry import Registry
from mpdtest.slice import DEVELOPER, REGISTRY
from mpdtest.ssh import ssh
from mpdtest.waiting import wait_until

PHP = "10.163.0.100"


@pytest.fixture(scope="module")
def built():
    return engines()


@pytest.fixture(scope="module")
def dbs(running, built):
    """The slice with a database of each engine, and a row in each."""
    for engine in built.values():
        running.mpdctl("db", "create", engine.name, engine.version)
        engine.sql(address_of(running, engine),
                   "CREATE TABLE kept (word VARCHAR(20)); INSERT INTO kept VALUES ('still here')")
    yield running
    for engine in built.values():
        running.mpdctl("db", "delete", engine.name, engine.version)


@pytest.fixture(params=("postgres", "mariadb"))
def engine(request, built):
    return built[request.param]


def address_of(the_slice, engine):
    return the_slice.database(engine.name, engine.version)["status"]["address"]


def row(the_slice, engine):
    return engine.sql(address_of(the_slice, engine), "SELECT word FROM kept")


def log_of_this_start(the_slice, engine):
    since = the_slice.podman.inspect(engine.container)["State"]["StartedAt"]
    return run("podman", "logs", "--since", since, engine.container).text


def folders(path):
    """What is in a folder of the volume."""
    return run("podman", "exec", "--privileged", "mpd-service-dnsmasq", "ls", "-A", path,
               check=False).stdout.split()


def test_created_database_is_usable_at_an_address_of_its_pool(dbs, engine):
    found = dbs.database(engine.name, engine.version)
    assert found["id"] == engine.id
    assert found["status"]["state"] == "STATE_RUNNING"
    address = ipaddress.ip_address(found["status"]["address"])
    assert ipaddress.ip_address("10.163.0.30") <= address <= ipaddress.ip_address("10.163.0.99")
    assert found["status"]["hostnames"] == [engine.hostname]
    assert found["image"] == f"localhost/mpd-{engine.name}:{engine.version}"
    assert dig(engine.hostname).data == [str(address)]
    assert engine.sql(address, "SELECT 6*7") == "42"


def test_adminer_logs_in_by_name_and_password(dbs, engine):  # pylint: disable=unused-argument
    driver, user = {"postgres": ("pgsql", "postgres"), "mariadb": ("server", "root")}[engine.name]
    assert "Logout" in web.log_in_by_adminer(driver, engine.hostname, user, user)
    refused = web.log_in_by_adminer(driver, engine.hostname, user, "another")
    assert "Logout" not in refused and 'name="auth[password]"' in refused.replace("'", '"')


def test_container_carries_the_labels_of_the_contract(dbs, engine):
    labels = dbs.podman.inspect(engine.container)["Config"]["Labels"]
    wanted = {"mpd.managed": "true", "mpd.type": "db", "mpd.name": engine.id,
              "mpd.ip": address_of(dbs, engine), "mpd.db.engine": engine.name,
              "mpd.db.version": engine.version}
    assert {key: labels.get(key) for key in wanted} == wanted


def test_a_runtime_reaches_it_by_its_name(dbs, php, key, engine):
    driver, user, password = {"postgres": ("pgsql", "postgres", "postgres"),
                              "mariadb": ("mysql", "root", "root")}[engine.name]
    code = (f'$db = new PDO("{driver}:host={engine.hostname}", "{user}", "{password}");'
            'echo $db->query("SELECT 6*7")->fetchColumn();')
    assert ssh(DEVELOPER, PHP, key, f"php -r '{code}'").stdout == "42"


def test_settings_are_those_for_development(dbs, built):
    postgres, mariadb = built["postgres"], built["mariadb"]
    address = address_of(dbs, postgres)
    assert [postgres.sql(address, f"SHOW {name}") for name in
            ("synchronous_commit", "full_page_writes", "fsync")] == ["off", "off", "on"]
    assert mariadb.sql(address_of(dbs, mariadb), "SELECT @@character_set_server, "
                       "@@collation_server, @@log_bin") == "utf8mb4\tutf8mb4_bin\t0"


def test_its_data_are_in_the_folder_of_its_id(dbs, engine):
    assert folders(f"/srv/dbs/{engine.id}")
    assert engine.id in folders("/srv/dbs")


def test_row_survives_down_and_up_without_recovery(dbs, built, record_property):
    begin = time.monotonic()
    dbs.mpdctl("down")
    middle = time.monotonic()
    for engine in built.values():
        state = dbs.podman.inspect(engine.container)["State"]
        assert (state["Running"], state["ExitCode"]) == (False, 0), state
    dbs.mpdctl("up")
    record_property("told", f"down {middle - begin:.1f} s, up {time.monotonic() - middle:.1f} s")
    for engine in built.values():
        assert row(dbs, engine) == "still here"
        assert engine.recovery not in log_of_this_start(dbs, engine)


def test_row_and_connection_survive_kill_of_the_manager(dbs, healthy, engine):
    before = dbs.podman.inspect(engine.container)["State"]["StartedAt"]
    address = address_of(dbs, engine)
    healthy.kill("container-manager")
    assert engine.sql(address, "SELECT word FROM kept") == "still here"
    healthy.start("container-manager")
    dbs.wait_database(engine.name, engine.version, "RUNNING", timeout=20)
    assert dbs.podman.inspect(engine.container)["State"]["StartedAt"] == before


def test_killed_server_comes_back_with_its_row_and_tells_of_recovery(dbs, engine):
    """Shows too that the search for that line would find it."""
    before = dbs.podman.inspect(engine.container)["State"]["StartedAt"]
    # Something to recover.
    engine.sql(address_of(dbs, engine), "CREATE TABLE more (number INT)")
    run("podman", "kill", engine.container)
    wait_until("it was started anew", lambda: dbs.podman.inspect(engine.container)["State"][
        "StartedAt"] != before, 20)
    dbs.wait_database(engine.name, engine.version, "RUNNING")
    assert row(dbs, engine) == "still here"
    assert engine.recovery in log_of_this_start(dbs, engine)


def test_stop_ends_clients_and_not_the_data(dbs, engine):
    """A client in the middle of a statement does not hold it up, nor does it cost a recovery."""
    sleep = {"postgres": "SELECT pg_sleep(100)", "mariadb": "SELECT SLEEP(100)"}[engine.name]
    busy = {"postgres": "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1%'"
                        " AND pid <> pg_backend_pid()",
            "mariadb": "SELECT count(*) FROM information_schema.processlist "
                       "WHERE info = 'SELECT SLEEP(100)'"}[engine.name]
    address = address_of(dbs, engine)
    with subprocess.Popen(engine.command(address, sleep), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        wait_until("the client is at it", lambda: engine.sql(address, busy) == "1", 10)
        dbs.mpdctl("db", "stop", engine.name, engine.version, timeout=30)
        client.wait(10)
    state = dbs.podman.inspect(engine.container)["State"]
    assert (state["Running"], state["ExitCode"]) == (False, 0), state
    assert dig(engine.hostname).data == [address]
    dbs.mpdctl("db", "start", engine.name, engine.version)
    assert row(dbs, engine) == "still here"
    assert engine.recovery not in log_of_this_start(dbs, engine)


def test_deleted_database_leaves_its_data_aside_and_the_next_one_is_empty(dbs, engine):
    """The next one's first start is cut off, and begun anew."""
    before = set(folders("/srv/backups/dbs"))
    dbs.mpdctl("db", "delete", engine.name, engine.version)
    assert f"db/{engine.id}" not in dbs.leases()
    assert engine.container not in dbs.podman.names()
    wait_until("its name is gone", lambda: dig(engine.hostname).rcode == "NXDOMAIN", 5)
    moved = set(folders("/srv/backups/dbs")) - before
    assert len(moved) == 1 and moved.pop().startswith(f"{engine.id}-2")
    assert engine.id not in folders("/srv/dbs")
    dbs.mpdctl("db", "delete", engine.name, engine.version)

    dbs.mpdctl("db", "create", engine.name, engine.version, "--no-wait")
    wait_until("its container runs",
               lambda: engine.container in dbs.podman.names("status=running"), 30)
    run("podman", "kill", engine.container)
    dbs.wait_database(engine.name, engine.version, "RUNNING")
    address = address_of(dbs, engine)
    engine.sql(address, "CREATE TABLE kept (word VARCHAR(20))")
    engine.sql(address, "INSERT INTO kept VALUES ('still here')")
    assert row(dbs, engine) == "still here"
    assert folders(f"/srv/dbs/.{engine.id}.new") == []


def test_two_versions_of_one_id_are_not_confused(dbs, built):
    mariadb = built["mariadb"]
    dashed = mariadb.version.replace(".", "-")
    with dbs.api() as api:
        with pytest.raises(ApiError) as refused:
            api.call(f"{CONTAINERS}/CreateDatabase", engine="mariadb", version=dashed)
        assert (refused.value.code, refused.value.reason) == ("ALREADY_EXISTS", "DATABASE_ID_TAKEN")
        assert refused.value.metadata["existing_version"] == mariadb.version
        with pytest.raises(ApiError) as unknown:
            api.call(f"{CONTAINERS}/GetDatabase", engine="mariadb", version=dashed)
        assert unknown.value.code == "NOT_FOUND"
        api.call(f"{CONTAINERS}/DeleteDatabase", engine="mariadb", version=dashed)
    assert row(dbs, mariadb) == "still here"


@pytest.mark.parametrize("engine_name,version,field", [
    ("postgres", "x17", "version"), ("postgres", "17/../16", "version"),
    ("postgres", "17;reboot", "version"), ("postgres", "", "version"),
    ("postgres", "1" * 41, "version"), ("oracle", "23", "engine"), ("../postgres", "17", "engine")
], ids=lambda value: value.replace("/", "!"))
def test_bad_engines_and_versions_are_refused(running, engine_name, version, field):
    with running.api() as api, pytest.raises(ApiError) as refused:
        api.call(f"{CONTAINERS}/CreateDatabase", engine=engine_name, version=version)
    assert (refused.value.code, refused.value.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert refused.value.metadata["field"] == field


def message(the_slice, version):
    return the_slice.database("mariadb", version)["status"].get("statusMessage", "")


def test_image_is_fetched_where_a_registry_has_it(running, built, tmp_path, record_property):
    """Nobody there: FAILED, with the reason, and tried again. Then it comes, and tells how far."""
    version, reference = "99.1", f"{REGISTRY}/mariadb:99.1"
    begin = time.monotonic()
    running.mpdctl("db", "create", "mariadb", version, "--no-wait")
    try:
        failed = running.wait_database("mariadb", version, "FAILED", timeout=40)["status"]
        record_property("told", f"FAILED after {time.monotonic() - begin:.1f} s")
        assert reference in failed["statusMessage"]
        assert "connection refused" in failed["statusMessage"]
        local = f"localhost/mpd-mariadb:{built['mariadb'].version}"
        with Registry(local, tmp_path / "image") as registry:
            registry.hold()
            wait_until("it tells how far it is", lambda: "fetches" in message(running, version), 60)
            assert running.database("mariadb", version)["status"]["state"] == "STATE_PULLING"
            registry.release()
            found = running.wait_database("mariadb", version, "RUNNING", timeout=90)
        assert found["image"] == reference
        assert built["mariadb"].sql(found["status"]["address"], "SELECT 1") == "1"
    finally:
        running.mpdctl("db", "delete", "mariadb", version)
        run("podman", "image", "rm", reference, check=False)
