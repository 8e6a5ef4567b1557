"""The services beside the resolver: always there while the environment is up, and usable."""

import pytest

from mpdtest import web
from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.slice import DEVELOPER
from mpdtest.soundness import assert_sound, wishes
from mpdtest.ssh import options, ssh
from mpdtest.waiting import wait_until

ADDRESSES = {"dnsmasq": "10.163.0.3", "portal": "10.163.0.4", "fileaccess": "10.163.0.5",
             "adminer": "10.163.0.6"}
FILES = ADDRESSES["fileaccess"]


def services(the_slice):
    with the_slice.api() as api:
        found = api.call(f"{CONTAINERS}/ListServices", wait=True).get("services", [])
    return {service["name"]: service["status"] for service in found}


def service_is(the_slice, name, state):
    def probe():
        status = services(the_slice)[name]
        assert status["state"] == f"STATE_{state}", status
        return status

    return wait_until(f"service {name} is {state}", probe)


def test_all_of_them_run_at_their_fixed_addresses(running):
    found = services(running)
    assert {name: status["address"] for name, status in found.items()} == ADDRESSES
    assert {status["state"] for status in found.values()} == {"STATE_RUNNING"}
    for name, address in ADDRESSES.items():
        assert running.podman.address(f"mpd-service-{name}") == address


@pytest.mark.parametrize("name,service", [
    ("mpd.test", "portal"), ("portal.service.mpd.test", "portal"),
    ("adminer.service.mpd.test", "portal"), ("fileaccess.service.mpd.test", "fileaccess"),
    ("dnsmasq.service.mpd.test", "dnsmasq")])
def test_names_of_the_zone(running, name, service):
    assert dig(name).data == [ADDRESSES[service]]


def test_addresses_resolve_back(running):
    assert dig("4.0.163.10.in-addr.arpa", "PTR").data == ["portal.service.mpd.test."]
    assert dig("5.0.163.10.in-addr.arpa", "PTR").data == ["fileaccess.service.mpd.test."]
    assert dig("6.0.163.10.in-addr.arpa", "PTR").data == ["backend.adminer.service.mpd.test."]


@pytest.mark.parametrize("host", ["mpd.test", "portal.service.mpd.test"])
def test_portal_shows_its_page(running, host):
    status, page = web.get(ADDRESSES["portal"], host)
    assert status == 200
    hostname = run("hostname").stdout.strip()
    assert f"<title>{hostname}</title>" in page
    assert "php.runtime" not in page and "&lt;name&gt;.runtime.mpd.test" in page


def test_portal_stands_in_front_of_adminer(running):
    status, page = web.get(ADDRESSES["portal"], "adminer.service.mpd.test")
    assert status == 200
    assert 'name="auth[server]"' in page.replace("'", '"')
    assert web.get(ADDRESSES["adminer"], "adminer.service.mpd.test")[0] == 200


def test_portal_says_that_adminer_is_away(running):
    before = running.podman.inspect("mpd-service-adminer")["State"]["StartedAt"]
    run("podman", "kill", "mpd-service-adminer")
    status, page = web.get(ADDRESSES["portal"], "adminer.service.mpd.test")
    assert status in (200, 503)
    if status == 503:
        assert "adminer does not answer" in page
    assert web.get(ADDRESSES["portal"], "mpd.test")[0] == 200
    wait_until("adminer is another container's life", lambda: running.podman.inspect(
        "mpd-service-adminer")["State"]["StartedAt"] != before)
    service_is(running, "adminer", "RUNNING")
    assert web.get(ADDRESSES["portal"], "adminer.service.mpd.test")[0] == 200


def test_nginx_takes_names_of_the_longest_zone(running, tmp_path):
    servers = running.state_root / "container-manager/services/portal/servers.conf"
    zone = ".".join(["a" * 24, "b" * 25])
    (tmp_path / "servers.conf").write_text(servers.read_text().replace("mpd.test", zone))
    assert zone in (tmp_path / "servers.conf").read_text() and len(zone) == 50
    run("podman", "run", "--rm", "--network", "none", "--volume", f"{tmp_path}:/etc/mpd/service:ro",
        "localhost/mpd-portal:latest", "nginx", "-t", "-c", "/etc/nginx/nginx.conf")


def sftp(key, *commands, check=True):
    batch = "".join(f"{command}\n" for command in commands)
    return run("sftp", *options(key), "-b", "-", f"{DEVELOPER}@{FILES}", stdin=batch, check=check)


def test_files_come_and_go_by_sftp(running, key, tmp_path):
    (tmp_path / "there").write_text("some text")
    sftp(key, f"put {tmp_path}/there data/there", f"get /srv/data/there {tmp_path}/back",
         "rm data/there")
    assert (tmp_path / "back").read_text() == "some text"


def test_files_come_and_go_by_scp_and_rsync(php, key, tmp_path):
    (tmp_path / "there").write_text("some text")
    run("scp", *options(key), tmp_path / "there", f"{DEVELOPER}@{FILES}:projects/by-scp")
    run("rsync", "-e", " ".join(str(word) for word in ("ssh", *options(key))), tmp_path / "there",
        f"{DEVELOPER}@{FILES}:projects/by-rsync")
    # The same volume in every container, and the same owner.
    shown = ssh(DEVELOPER, "10.163.0.100", key,
                "cd /srv/projects && cat by-scp by-rsync && stat -c %U by-scp && rm by-*").stdout
    assert shown == f"some textsome text{DEVELOPER}\n"


def test_files_without_the_key_are_refused(running, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    refused = sftp(tmp_path / "other", "ls", check=False)
    assert refused.code == 255
    assert "Permission denied (publickey)" in refused.text


@pytest.mark.parametrize("forwarding", [
    ("-W", "10.163.0.4:80"), ("-N", "-R", "9999:10.163.0.4:80")])
def test_nothing_is_forwarded(running, key, forwarding):  # pylint: disable=unused-argument
    done = run("ssh", *options(key), "-o", "ExitOnForwardFailure=yes", *forwarding,
               f"{DEVELOPER}@{FILES}", check=False)
    assert done.code == 255
    assert "forward" in done.text


def test_host_key_survives_a_container_made_anew(running):
    def host_key():
        return run("ssh-keyscan", "-T", "5", "-t", "ed25519", FILES).stdout.split()[2]

    before, container = host_key(), services(running)["fileaccess"]["containerId"]
    with running.api() as api:
        api.call(f"{CONTAINERS}/RestartService", name="fileaccess")
    wait_until("its container is another",
               lambda: services(running)["fileaccess"]["containerId"] not in ("", container))
    service_is(running, "fileaccess", "RUNNING")
    assert host_key() == before


def test_removed_containers_are_made_anew(running):
    wanted = wishes(running)
    run("podman", "rm", "--force", "--time", "0", "mpd-service-portal", "mpd-service-adminer",
        "mpd-service-fileaccess")
    assert_sound(running, wanted)
    assert web.get(ADDRESSES["portal"], "mpd.test")[0] == 200


def test_logs_are_told(running):
    web.get(ADDRESSES["portal"], "mpd.test", path="/looked-for")
    for name, word in (("portal", "/looked-for"), ("adminer", "server started"),
                       ("fileaccess", "Server listening")):
        shown = running.mpdctl("logs", f"service/{name}").text
        assert word in shown, (name, shown)


def test_missing_image_is_said_and_the_rest_runs(running):
    image = "localhost/mpd-adminer:latest"
    running.mpdctl("down")
    run("podman", "rm", "mpd-service-adminer")
    run("podman", "tag", image, "localhost/kept:latest")
    run("podman", "untag", image, image)
    try:
        up = running.mpdctl("up", check=False)
        assert up.code == 1
        assert f"the image {image} is not in Podman's storage" in up.text
        assert "deploy/images/load" in up.text
        found = services(running)
        assert {name for name, status in found.items() if status["state"] == "STATE_RUNNING"} == {
            "dnsmasq", "portal", "fileaccess"}
        with running.api() as api:
            environment = api.call(f"{CONTAINERS}/GetEnvironment")
        assert environment["state"] == "STATE_FAILED"
        assert image in environment["statusMessage"]
        assert environment["workloadsRunning"] == environment["workloadsWanted"] - 1
    finally:
        run("podman", "tag", "localhost/kept:latest", image)
        run("podman", "untag", image, "localhost/kept:latest")
    service_is(running, "adminer", "RUNNING")
