"""The zone and everything outside it, asked as clients ask."""

import pytest

from mpdtest import upstream
from mpdtest.dns import dig
from mpdtest.reading import DNSD
from mpdtest.waiting import wait_until


def test_name_without_the_asked_type_has_no_data(php):
    answer = dig("php.runtime.mpd.test", "AAAA")
    assert (answer.rcode, answer.data) == ("NOERROR", [])


@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize("name", ["nobody.runtime.mpd.test", "x.php.runtime.mpd.test", "nobody.mpd.test"])
def test_unknown_names_do_not_exist(php, name, kind):
    assert dig(name, kind).rcode == "NXDOMAIN"


def test_resolver_has_a_name_itself(running):
    assert dig("dnsmasq.service.mpd.test").data == ["10.163.0.3"]


def test_vm_has_no_name_where_it_has_no_address(running):
    assert dig("vm.service.mpd.test").rcode == "NXDOMAIN"


def test_other_names_go_to_the_resolvers_of_the_vm(running, outside):
    wait_until("the upstream answers", lambda: dig("www.example.org").data == [outside.answer])
    assert "www.example.org" in outside.asked()


def test_nothing_of_the_zone_goes_outside(php, outside):
    for name in ("php.runtime.mpd.test", "nobody.mpd.test", "mpd.test", "a.b.c.mpd.test"):
        for kind in ("A", "AAAA", "TXT", "SRV"):
            dig(name, kind)
    # What was asked after those has arrived, so they would have too.
    assert dig("later.example.org").data == [outside.answer]
    asked = outside.asked()
    assert "later.example.org" in asked
    assert [name for name in asked if name.endswith("mpd.test")] == []


def test_another_network_is_followed_without_a_restart(running, outside, tmp_path):
    container = running.podman.inspect("mpd-service-dnsmasq")
    other = upstream.Upstream("elsewhere", "192.0.2.6", "192.0.2.5", "198.51.100.8", tmp_path)
    other.start()
    try:
        upstream.use(other.address)
        wait_until("answers come from the other network",
                   lambda: dig("www.example.net").data == [other.answer])
        with running.api() as api:
            wait_until("the status names the other network's resolver", lambda: other.address in
                       api.call(f"{DNSD}/GetStatus").get("upstreamServers", []))
    finally:
        upstream.use(outside.address)
        other.stop()
    wait_until("answers come from the first network again",
               lambda: dig("www.example.com").data == [outside.answer])
    now = running.podman.inspect("mpd-service-dnsmasq")
    assert (now["Id"], now["State"]["StartedAt"]) == (container["Id"],
                                                      container["State"]["StartedAt"])


def test_status_is_proved_up_to_the_newest_lease(php):
    newest = max(int(lease["revision"]) for lease in php.leases().values())
    with php.api() as api:
        status = api.call(f"{DNSD}/GetStatus")
        records = api.call(f"{DNSD}/ListRecords", pageSize=1000)["records"]
        found = api.call(f"{DNSD}/Lookup", name="php.runtime.mpd.test", type="A")
    assert int(status["publishedRevision"]) >= newest
    assert status["resolverState"] == "RESOLVER_STATE_SERVING"
    assert any(r["name"].rstrip(".") == "php.runtime.mpd.test" and r["value"] == "10.163.0.100"
               for r in records)
    assert (found["rcode"], found["answers"]) == ("NOERROR", ["10.163.0.100"])
