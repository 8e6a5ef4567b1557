"""The zone and everything outside it, asked as clients ask."""

import subprocess
import time

import pytest

from mpdtest.dns import dig
from mpdtest.reading import DNSD, IPAM
from mpdtest.waiting import wait_until


TYPES = ("A", "AAAA", "PTR", "MX", "TXT", "SRV", "NS", "SOA", "DS", "HTTPS", "CAA", "TYPE999", "ANY")
PHP = "10.163.0.100"
PORTAL = "10.163.0.4"

# What the zone answers to type A; to any other, NOERROR becomes "no data", and ANY is one of both.
NAMES = {
    "php.runtime.mpd.test": [PHP],
    "PhP.RuNtImE.mPd.TEST": [PHP],
    "mpd.test": [PORTAL],
    "portal.service.mpd.test": [PORTAL],
    # Exists only because others end in it (RFC 8020).
    "runtime.mpd.test": [],
    "nobody.mpd.test": None,
    "nobody.runtime.mpd.test": None,
    "x.php.runtime.mpd.test": None,
    "_ssh._tcp.php.runtime.mpd.test": None,
    "*.mpd.test": None,
    "wpad.mpd.test": None,
}
# What is answered to type PTR; dnsmasq knows these names for that type only.
REVERSE = {
    "100.0.163.10.in-addr.arpa": ["php.runtime.mpd.test."],
    "4.0.163.10.in-addr.arpa": ["portal.service.mpd.test."],
    "200.0.163.10.in-addr.arpa": [],
    "1.0.163.10.in-addr.arpa": [],
}
OUTSIDE = ("xmpd.test", "mpd.test.example.org", "mpd.tests", "php.runtime.xmpd.test", "test")


@pytest.fixture
def apex(php):
    """The portal's lease, which has the zone itself among its names."""
    with php.api("ipam") as api:
        api.call(f"{IPAM}/AllocateAddress", owner="service/portal", pool="services",
                 address=PORTAL, hostnames=["portal.service", "@"])
        wait_until("the apex is served", lambda: dig("mpd.test").data == [PORTAL])
        yield php
        api.call(f"{IPAM}/ReleaseLease", owner="service/portal")


def zone_questions(outside):
    """What the upstream was asked that is nobody's business but ours."""
    return [q for q in outside.questions()
            if f".{q['name']}".endswith((".mpd.test", ".0.163.10.in-addr.arpa"))]


@pytest.mark.parametrize("via", ["+notcp", "+tcp"])
def test_authority_matrix(apex, outside, via, record_property):
    asked = 0
    for name, addresses in NAMES.items():
        for kind in TYPES:
            found, asked = dig(name, kind, options=[via]), asked + 1
            assert found.rcode == ("NXDOMAIN" if addresses is None else "NOERROR"), (name, kind, found)
            if kind == "ANY":
                assert set(found.data) <= set(addresses or [])
            else:
                assert found.data == (addresses if kind == "A" and addresses else []), (name, kind)
    for name, names in REVERSE.items():
        for kind in TYPES:
            found, asked = dig(name, kind, options=[via]), asked + 1
            expected = names if kind in ("PTR", "ANY") else []
            assert found.data == expected, (name, kind, found)
            assert found.rcode == ("NOERROR" if expected else "NXDOMAIN"), (name, kind, found)
    for name in OUTSIDE[:-1]:
        found, asked = dig(name, options=[via]), asked + 1
        assert found.data == [outside.answer], (name, found)
    seen = outside.questions()
    assert {q["name"] for q in seen} >= set(OUTSIDE[:-1])
    record_property("told", f"{asked} questions; the upstream saw {len(zone_questions(outside))} of "
                    "the zone")
    assert zone_questions(outside) == []


@pytest.mark.parametrize("size", [400, 900, 1800, 9000])
@pytest.mark.parametrize("options", [[], ["+noedns"], ["+bufsize=4096"], ["+tcp"]],
                         ids=["as usual", "no EDNS", "EDNS 4096", "TCP"])
def test_large_answers_come_whole(running, outside, size, options):
    """By TCP after a truncated answer, as dig and every resolver of a system do."""
    name = f"big{size}.x{len(options)}{''.join(options).strip('+=')}.example.org".replace("=", "")
    found = dig(name, "TXT", options=options)
    assert found.rcode == "NOERROR"
    assert "".join(found.data).count("x") == size
    assert "tc" not in found.flags


def test_what_does_not_fit_says_so(running, outside):
    found = dig("big900.example.org", "TXT", options=["+noedns", "+ignore"])
    assert "tc" in found.flags
    assert dig("big900.example.org", "TXT", options=["+bufsize=1232", "+ignore"]).flags.count(
        "tc") == 0


def test_many_clients_by_tcp(php):
    """More at once than dnsmasq has processes for: they wait, none is refused."""
    clients = [subprocess.Popen(["dig", "+tcp", "+short", "+tries=1", "+time=10", "@10.163.0.3",
                                 "php.runtime.mpd.test"], stdout=subprocess.PIPE, text=True)
               for _ in range(50)]
    assert [client.communicate(timeout=30)[0].strip() for client in clients] == [PHP] * 50


def test_resolver_has_a_name_itself(running):
    assert dig("dnsmasq.service.mpd.test").data == ["10.163.0.3"]


def test_vm_has_no_name_where_it_has_no_address(running):
    assert dig("vm.service.mpd.test").rcode == "NXDOMAIN"


def test_other_names_go_to_the_resolvers_of_the_vm(running, outside):
    wait_until("the upstream answers", lambda: dig("www.example.org").data == [outside.answer])
    assert "www.example.org" in outside.asked()


def write_platform(the_slice, text):
    path = the_slice.state_root / "conf" / "platform.env"
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def test_the_vms_own_name_follows_platform_env(running, record_property):
    """The only change for which the resolver is restarted, and it is for that alone."""
    def started():
        return running.podman.inspect("mpd-service-dnsmasq")["State"]["StartedAt"]

    path = running.state_root / "conf" / "platform.env"
    before, first = path.read_text(), started()
    try:
        write_platform(running, before + "LATER_KEY=1\n")
        write_platform(running, "MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.7\nMPD_VM_ID=testvm\n")
        begin = time.monotonic()
        wait_until("the name is there", lambda: dig("vm.service.mpd.test").data == ["192.168.64.7"])
        record_property("told", f"served after {(time.monotonic() - begin) * 1000:.0f} ms")
        second = started()
        assert second != first
        for kind, expected in (("AAAA", "NOERROR"), ("MX", "NOERROR"), ("A", "NOERROR")):
            assert dig("vm.service.mpd.test", kind).rcode == expected
        write_platform(running, path.read_text() + "LATER_KEY=2\n")
        with running.api() as api:
            wait_until("all is well", lambda: api.call(f"{DNSD}/GetStatus")["resolverState"] ==
                       "RESOLVER_STATE_SERVING")
            assert started() == second, "restarted for a key that means nothing here"
            records = api.call(f"{DNSD}/ListRecords", pageSize=1000)["records"]
        assert {"name": "vm.service.mpd.test", "type": "A", "value": "192.168.64.7"} in records
    finally:
        write_platform(running, before)
    wait_until("the name is gone", lambda: dig("vm.service.mpd.test").rcode == "NXDOMAIN")


def test_while_ipam_is_away_the_zone_stays_and_says_since_when(php, healthy):
    with php.api() as api:
        assert "staleSince" not in api.call(f"{DNSD}/GetStatus")
        healthy.kill("ipam")
        since = wait_until("it is told", lambda: api.call(f"{DNSD}/GetStatus").get("staleSince"))
        for _ in range(20):
            assert dig("php.runtime.mpd.test").data == [PHP]
        assert api.call(f"{DNSD}/GetStatus")["staleSince"] == since
        healthy.start("ipam")
        wait_until("it is up to date", lambda: "staleSince" not in api.call(f"{DNSD}/GetStatus"))
        lease = api.call(f"{IPAM}/AllocateAddress", owner="db/later", pool="databases",
                         hostnames=["later.db"])
        api.call(f"{DNSD}/WaitForRevision", revision=lease["revision"],
                 storeId=lease["storeId"])
        assert dig("later.db.mpd.test").data == [lease["address"]]
        gone = api.call(f"{IPAM}/ReleaseLease", owner="db/later")
        api.call(f"{DNSD}/WaitForRevision", **gone)
        assert dig("later.db.mpd.test").rcode == "NXDOMAIN"


def test_status_is_proved_up_to_the_newest_lease(php):
    newest = max(int(lease["revision"]) for lease in php.leases().values())
    with php.api() as api:
        # Outside of the zone is asked for anew after each restart of the resolver.
        wait_until("all is well", lambda: api.call(f"{DNSD}/GetStatus")["resolverState"] ==
                   "RESOLVER_STATE_SERVING")
        status = api.call(f"{DNSD}/GetStatus")
        records = api.call(f"{DNSD}/ListRecords", pageSize=1000)["records"]
        found = api.call(f"{DNSD}/Lookup", name="php.runtime.mpd.test", type="A")
    assert int(status["publishedRevision"]) >= newest
    assert any(r["name"].rstrip(".") == "php.runtime.mpd.test" and r["value"] == "10.163.0.100"
               for r in records)
    assert found["rcode"] == "NOERROR"
    assert [(answer["type"], answer["value"]) for answer in found["answers"]] == [("A", "10.163.0.100")]
