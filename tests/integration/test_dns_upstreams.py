"""The VM goes from network to network, or has none: names outside follow, the zone does not care."""

import itertools
import socket
import time

import pytest

from dns_loops import decode, encode
from mpdtest import upstream
from mpdtest.process import run
from mpdtest.reading import DNSD
from mpdtest.waiting import wait_until

RESOLVER = "10.163.0.3"
REPLACEMENTS = 100
LIMIT_MS = 1000
NOERROR, NXDOMAIN, REFUSED = 0, 3, 5


def ask(name, patience=0.1):
    """One query; (rcode, answers), or None without a response."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(patience)
        client.connect((RESOLVER, 53))
        client.send(encode(7, name, 1))
        try:
            return decode(client.recv(4096))
        except OSError:
            return None


@pytest.fixture
def elsewhere(outside, tmp_path):
    """A second network's resolver; afterwards the VM is in the first one again."""
    server = upstream.Upstream("elsewhere", "192.0.2.6", "192.0.2.5", "198.51.100.8", tmp_path)
    server.start()
    yield server
    upstream.use(outside.address)
    server.stop()


def status(the_slice):
    with the_slice.api() as api:
        return api.call(f"{DNSD}/GetStatus")


def wait_for(the_slice, what, holds, timeout=20):
    def probe():
        found = status(the_slice)
        assert holds(found), found
        return found

    return wait_until(what, probe, timeout)


def degraded(found):
    return found["resolverState"] == "RESOLVER_STATE_DEGRADED"


def assert_zone_is_served(the_slice):
    for _ in range(50):
        assert ask("dnsmasq.service.mpd.test", 2) == (NOERROR, (RESOLVER,))
        assert ask("nobody.mpd.test", 2) == (NXDOMAIN, ())
    assert status(the_slice)["zone"]["answered"]


def test_a_hundred_changes_of_the_network(running, outside, elsewhere, record_property):
    started = running.podman.inspect("mpd-service-dnsmasq")["State"]["StartedAt"]
    numbers = itertools.count()
    took = []
    for server in itertools.islice(itertools.cycle([elsewhere, outside]), REPLACEMENTS):
        upstream.use(server.address)
        begin = time.monotonic()
        # A name that nobody has asked for: no cache knows it.
        wait_until(f"{server.name} answers", timeout=10, interval=0.001,
                   probe=lambda: ask(f"n{next(numbers)}.example.org") == (NOERROR, (server.answer,)))
        took.append((time.monotonic() - begin) * 1000)
    in_time = sum(ms <= LIMIT_MS for ms in took)
    record_property("told", f"{len(took)} replacements, slowest {max(took):.0f} ms, {in_time} of "
                    f"them within {LIMIT_MS} ms")
    assert running.podman.inspect("mpd-service-dnsmasq")["State"]["StartedAt"] == started
    found = wait_for(running, "forwarding is answered",
                     lambda s: s.get("forwarding", {}).get("answered"))
    assert found["upstreamServers"] == [outside.address]
    assert "error" not in found["forwarding"]


def test_without_a_network_the_zone_goes_on(running, outside):
    upstream.use_none()
    try:
        found = wait_for(running, "the missing server is told", degraded)
        assert "names none" in found["lastError"]
        assert_zone_is_served(running)
    finally:
        upstream.use(outside.address)
    wait_for(running, "all is well again",
             lambda s: s["resolverState"] == "RESOLVER_STATE_SERVING")


def test_a_server_that_is_away_is_told_and_missed_only_outside(running, outside):
    # An address where nobody is.
    upstream.use("192.0.2.9")
    try:
        found = wait_for(running, "forwarding fails",
                         lambda s: s.get("forwarding", {}).get("error"))
        assert not found["forwarding"].get("answered") and found["forwarding"]["since"]
        assert degraded(found) and "192.0.2.9" in found["lastError"]
        assert_zone_is_served(running)
        shown = running.mpdctl("status", check=False).text
        assert "zone answered since" in shown
        assert "upstream 192.0.2.9 NOT ANSWERED since" in shown
    finally:
        upstream.use(outside.address)
    found = wait_for(running, "forwarding works again",
                     lambda s: s.get("forwarding", {}).get("answered"))
    assert found["resolverState"] == "RESOLVER_STATE_SERVING"


def datagrams_sent(the_slice):
    pid = the_slice.podman.inspect("mpd-service-dnsmasq")["State"]["Pid"]
    lines = [line.split() for line in run("cat", f"/proc/{pid}/net/snmp").stdout.splitlines()
             if line.startswith("Udp:")]
    return int(dict(zip(*lines))["OutDatagrams"])


def test_a_resolver_that_is_its_own_only_server_is_reported(running, outside, record_property):
    upstream.use(RESOLVER)
    try:
        found = wait_for(running, "it is told", degraded)
        assert found["droppedServers"] == [RESOLVER] and "upstreamServers" not in found
        assert RESOLVER in found["lastError"]
        wait_for(running, "forwarding fails", lambda s: s.get("forwarding", {}).get("error"))
        before, begin = datagrams_sent(running), time.monotonic()
        for number in range(100):
            assert ask(f"n{number}.example.org", 2) == (REFUSED, ())
        sent, seconds = datagrams_sent(running) - before, time.monotonic() - begin
        record_property("told", f"100 questions, {sent} datagrams sent in {seconds:.1f} s")
        # Each question has one answer; the controller's own are a few each second.
        assert 100 <= sent < 120 + 20 * seconds
        assert_zone_is_served(running)
    finally:
        upstream.use(outside.address)


def test_a_server_that_asks_back_is_not_asked(running, outside, tmp_path, record_property):
    """A laptop whose only resolver is the VM's, and which is the VM's own."""
    laptop = upstream.Upstream("laptop", "192.0.2.6", "192.0.2.5", "198.51.100.8", tmp_path,
                               back=RESOLVER)
    laptop.start()
    try:
        upstream.use(laptop.address)
        wait_for(running, "forwarding fails", lambda s: s.get("forwarding", {}).get("error"))
        wait_until("the way round is closed", lambda: ask("first.example.org") == (REFUSED, ()))
        for number in range(20):
            assert ask(f"n{number}.example.org", 2) == (REFUSED, ())
        seen = [name for name in laptop.asked() if name.startswith("n")]
        record_property("told", f"20 questions, {len(seen)} of them went round")
        assert seen == []
        assert_zone_is_served(running)
    finally:
        upstream.use(outside.address)
        laptop.stop()
