"""What the person at the laptop sees, through the tunnel and by no other way."""

import pytest

from mpdtest.dns import dig
from mpdtest.sandbox import DEVELOPER
from mpdtest.ssh import banner, ssh
from mpdtest.waiting import wait_until

PHP = "10.163.0.100"
NAME = "php.runtime.mpd.test"


def test_runtime_resolves(php):
    answer = dig(NAME, within=php.within)
    assert (answer.rcode, answer.data) == ("NOERROR", [PHP])
    assert "aa" in answer.flags


def test_unknown_name_does_not_exist(php):
    assert dig("nobody.runtime.mpd.test", within=php.within).rcode == "NXDOMAIN"


def test_name_has_no_ipv6_address(php):
    answer = dig(NAME, "AAAA", within=php.within)
    assert (answer.rcode, answer.data) == ("NOERROR", [])


def test_address_resolves_back(php):
    answer = dig("100.0.163.10.in-addr.arpa", "PTR", within=php.within)
    assert answer.data == [f"{NAME}."]


def test_sshd_greets(php):
    assert banner(PHP, within=php.within).startswith("SSH-2.0-")


def test_key_opens_a_shell(php):
    shown = ssh(DEVELOPER, PHP, php.key, "echo $0; id -un; sudo -n id -un", within=php.within).stdout
    assert shown.split()[1:] == [DEVELOPER, "root"]


def test_no_key_opens_nothing(php, tmp_path):
    (tmp_path / "none").write_text("")
    assert ssh(DEVELOPER, PHP, tmp_path / "none", "true", within=php.within, check=False).code == 255


@pytest.mark.parametrize("address", ["10.163.0.3", PHP, "10.164.0.2"])
def test_way_leads_through_the_tunnel(php, address):
    shown = php.laptop("ip", "-4", "route", "get", address).stdout
    assert " dev mpd0 " in shown


def test_without_the_tunnel_there_is_no_way(php):
    php.laptop("ip", "link", "set", "mpd0", "down")
    try:
        assert dig(NAME, within=php.within).rcode == "NO ANSWER"
        assert banner(PHP, within=php.within, timeout=3) == ""
    finally:
        php.laptop("ip", "link", "set", "mpd0", "up")
        php.laptop("ip", "route", "replace", "10.163.0.0/24", "dev", "mpd0")
    wait_until("the tunnel is back", lambda: dig(NAME, within=php.within).data == [PHP])
