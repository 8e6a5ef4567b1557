"""A runtime's life, as the person sees it who works in it."""

import socket

import pytest

from mpdtest.api import ApiError
from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.slice import DEVELOPER, DEVELOPER_UID, RENEWED_IMAGE
from mpdtest.ssh import banner, ssh
from mpdtest.waiting import wait_until

PHP = "10.163.0.100"
NAME = "php.runtime.mpd.test"


def test_created_runtime_is_running_at_its_fixed_address(php):
    found = php.state_of("php")
    assert found["status"]["state"] == "STATE_RUNNING"
    assert found["status"]["address"] == PHP
    assert NAME in found["status"]["hostnames"]
    assert php.podman.address("mpd-runtime-php") == PHP


def test_container_carries_the_labels_of_the_contract(php):
    labels = php.podman.inspect("mpd-runtime-php")["Config"]["Labels"]
    assert {key: labels.get(key) for key in ("mpd.managed", "mpd.type", "mpd.name", "mpd.ip")} == {
        "mpd.managed": "true", "mpd.type": "runtime", "mpd.name": "php", "mpd.ip": PHP}


def test_name_resolves_and_its_address_resolves_back(php):
    assert dig(NAME).data == [PHP]
    assert dig("100.0.163.10.in-addr.arpa", "PTR").data == [f"{NAME}."]


def test_sshd_greets(php):
    assert banner(PHP).startswith("SSH-2.0-")


def test_developer_logs_in_and_may_do_everything(php, key):
    shown = ssh(DEVELOPER, PHP, key, "id -u; id -un; sudo -n id -u").stdout.split()
    assert shown == [str(DEVELOPER_UID), DEVELOPER, "0"]


def test_another_key_is_refused(php, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    assert ssh(DEVELOPER, PHP, tmp_path / "other", "true", check=False).code == 255


def test_inside_names_resolve_by_the_one_resolver(php, key):
    shown = ssh(DEVELOPER, PHP, key, f"cat /etc/resolv.conf; getent ahostsv4 {NAME}").stdout
    nameservers = [text.split()[1] for text in shown.splitlines() if text.startswith("nameserver")]
    assert nameservers == ["10.163.0.3"]
    assert shown.splitlines()[-1].split()[0] == PHP


def test_php_is_there(php, key):
    assert ssh(DEVELOPER, PHP, key, "php -r 'echo 6*7;'").stdout == "42"


def test_stopped_runtime_keeps_its_name_and_refuses(php):
    php.mpdctl("runtime", "stop", "php")
    try:
        found = php.state_of("php")["status"]
        assert (found["state"], found["requestedState"]) == ("STATE_STOPPED",
                                                             "REQUESTED_STATE_STOPPED")
        assert dig(NAME).data == [PHP]
        with pytest.raises(OSError):
            socket.create_connection((PHP, 22), timeout=5).close()
    finally:
        php.mpdctl("runtime", "start", "php")
    assert banner(PHP).startswith("SSH-2.0-")


def test_host_key_survives_deletion_and_creation(php):
    def host_key():
        return run("ssh-keyscan", "-T", "5", "-t", "ed25519", PHP).stdout.split()[2]

    before = host_key()
    php.mpdctl("runtime", "delete", "php")
    php.mpdctl("runtime", "create", "php")
    assert host_key() == before


def test_home_survives_another_image_and_goes_with_the_runtime(running, key):
    run("podman", "tag", "localhost/mpd-runtime:latest", RENEWED_IMAGE)
    running.mpdctl("runtime", "create", "renewed")
    try:
        address = running.state_of("renewed")["status"]["address"]
        ssh(DEVELOPER, address, key, "echo mine >~/kept")
        before = running.podman.inspect("mpd-runtime-renewed")
        run("podman", "tag", "localhost/mpd-runtime-php:latest", RENEWED_IMAGE)
        running.mpdctl("runtime", "stop", "renewed")
        running.mpdctl("runtime", "start", "renewed")
        after = running.podman.inspect("mpd-runtime-renewed")
        assert after["Id"] != before["Id"] and after["Image"] != before["Image"]
        assert ssh(DEVELOPER, address, key, "cat ~/kept; stat -c %U ~").stdout.split() == [
            "mine", DEVELOPER]
        assert "mpd-home-renewed" in run("podman", "volume", "ls", "--quiet").stdout.split()
    finally:
        running.mpdctl("runtime", "delete", "renewed")
        run("podman", "untag", RENEWED_IMAGE, RENEWED_IMAGE)
    assert "mpd-home-renewed" not in run("podman", "volume", "ls", "--quiet").stdout.split()


def test_further_runtimes_get_the_lowest_free_addresses(running):
    try:
        for name in ("node", "alpha", "beta"):
            running.mpdctl("runtime", "create", name)
        leases = running.leases()
        found = [leases[f"runtime/{name}"]["address"] for name in ("node", "alpha", "beta")]
        assert found == ["10.163.0.101", "10.163.0.103", "10.163.0.104"]
        for name, address in zip(("node", "alpha", "beta"), found):
            assert dig(f"{name}.runtime.mpd.test").data == [address]
    finally:
        for name in ("node", "alpha", "beta"):
            running.mpdctl("runtime", "delete", name)


def test_deleted_runtime_leaves_nothing(running):
    running.mpdctl("runtime", "create", "gone")
    running.mpdctl("runtime", "delete", "gone")
    assert running.state_of("gone") is None
    assert "runtime/gone" not in running.leases()
    assert "mpd-runtime-gone" not in running.podman.names()
    wait_until("the name is gone", lambda: dig("gone.runtime.mpd.test").rcode == "NXDOMAIN", 5)
    # Once more: already gone is done.
    running.mpdctl("runtime", "delete", "gone")


def test_runtime_whose_container_was_killed_comes_back(php):
    before = php.podman.inspect("mpd-runtime-php")["State"]["StartedAt"]
    run("podman", "kill", "mpd-runtime-php")
    wait_until("php is another container's life", lambda: php.podman.inspect(
        "mpd-runtime-php")["State"]["StartedAt"] != before, timeout=20)
    php.wait_state("php", "RUNNING", timeout=20)
    wait_until("sshd greets", lambda: banner(PHP, timeout=2).startswith("SSH-2.0-"), timeout=10)


@pytest.mark.parametrize("name", ["Bad", "x", "1php", "a" * 41, "php-x", "php;reboot", "../php", ""])
def test_bad_names_are_refused_before_anything_happens(running, name):
    with running.api() as api, pytest.raises(ApiError) as refused:
        api.call(f"{CONTAINERS}/CreateRuntime", name=name)
    assert refused.value.code == "INVALID_ARGUMENT"
    assert (refused.value.reason, refused.value.domain) == ("INVALID_FIELD", "mpd.test")
    assert refused.value.metadata["field"] == "name"
    assert running.state_of(name) is None


def test_repeated_request_returns_the_first_success(running):
    with running.api() as api:
        first = api.call(f"{CONTAINERS}/CreateRuntime", name="twice", requestId="request-1")
        again = api.call(f"{CONTAINERS}/CreateRuntime", name="twice", requestId="request-1")
        with pytest.raises(ApiError) as refused:
            api.call(f"{CONTAINERS}/CreateRuntime", name="twice", requestId="request-2")
    try:
        assert again["name"] == first["name"] == "twice"
        assert (refused.value.code, refused.value.reason) == ("ALREADY_EXISTS", "WORKLOAD_EXISTS")
    finally:
        running.mpdctl("runtime", "delete", "twice")
