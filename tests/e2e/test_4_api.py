"""/run/mpd/gateway.sock and a client that has never seen our protos."""

from mpdtest.reading import CONTAINERS, DNSD, GATEWAY, IPAM


def test_every_service_is_listed_and_called(php):
    with php.api() as api:
        assert {IPAM, DNSD, CONTAINERS, GATEWAY} <= set(api.services())
        assert api.call(f"{IPAM}/GetLease", owner="runtime/php")["address"] == "10.163.0.100"
        assert api.call(f"{DNSD}/Lookup", name="php.runtime.mpd.test",
                        type="A")["answers"][0]["value"] == "10.163.0.100"
        assert api.call(f"{CONTAINERS}/GetRuntime", name="php")["name"] == "php"
        assert api.call(f"{GATEWAY}/GetStatus")["zone"] == "mpd.test"


def test_group_mpd_and_nobody_else_may_call(php):
    shown = php.machine("stat", "--format=%G %a", "/run/mpd/gateway.sock").stdout.split()
    assert shown == ["mpd", "660"]
    assert php.machine("runuser", "-u", "dev", "--", "mpdctl", "status").code == 0
    assert php.machine("runuser", "-u", "nobody", "--", "mpdctl", "status", check=False).code == 4


def test_key_of_the_vm_is_for_mpd_ca_alone(php):
    shown = php.machine("stat", "--dereference", "--format=%U %a",
                        "/var/lib/mpd/conf/caroot/vmCA-key.pem").stdout
    assert shown.split() == ["mpd-ca", "600"]
