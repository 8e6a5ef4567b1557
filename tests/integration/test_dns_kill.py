"""Controller, ipam and resolver die at any moment while the zone changes and is asked."""

import os
import random
import signal
import threading
import time

from mpdtest.churn import Churn
from mpdtest.dns import dig
from mpdtest.loops import Loops
from mpdtest.reading import DNSD
from mpdtest.waiting import wait_until

# Longer by hand: DNS_KILL_SECONDS=600 tests/run integration test_dns_kill
SECONDS = float(os.environ.get("DNS_KILL_SECONDS", "30"))
PATIENCE_MS = 250
RESOLVER = "mpd-service-dnsmasq"


def kill_resolver(the_slice):
    """From its death to the moment when the next one is seen to serve."""
    before = the_slice.podman.inspect(RESOLVER)["State"]
    begin = time.monotonic()
    os.kill(before["Pid"], signal.SIGKILL)
    wait_until("another process serves", timeout=60, probe=lambda: dig(
        "dnsmasq.service.mpd.test", options=["+time=1"]).data and
        the_slice.podman.inspect(RESOLVER)["State"]["StartedAt"] != before["StartedAt"])
    return begin, time.monotonic()


def kill_daemon(the_slice, component):
    the_slice.kill(component)
    # As long as systemd may take.
    threading.Event().wait(random.uniform(0, 0.5))
    the_slice.start(component)


def converged(the_slice):
    with the_slice.api() as api:
        status = api.call(f"{DNSD}/GetStatus", wait=True)
    assert status["resolverState"] == "RESOLVER_STATE_SERVING" and "staleSince" not in status, status
    return int(status["publishedRevision"]) == int(status["renderedRevision"])


def one_death(the_slice, victim, deaths):
    deaths[victim] = deaths.get(victim, 0) + 1
    if victim == "dnsmasq":
        return [kill_resolver(the_slice)]
    before = the_slice.podman.inspect(RESOLVER)["State"]["StartedAt"]
    kill_daemon(the_slice, victim)
    wait_until("it has converged", lambda: converged(the_slice), 60)
    assert the_slice.podman.inspect(RESOLVER)["State"]["StartedAt"] == before, victim
    return []


def test_deaths_at_random_under_load(running, healthy, tmp_path, record_property):
    deaths, away = {}, []
    with Churn(running) as churn:
        with Loops(churn.questions(), tmp_path, udp=20, tcp=0, interval_ms=2,
                   patience_ms=PATIENCE_MS) as loops:
            loops.wait_answered()
            work = threading.Thread(target=churn.run)
            work.start()
            victims = ["dnsd-controller", "ipam", "dnsmasq"]
            deadline = time.monotonic() + SECONDS
            try:
                # Each of them at least once, then by chance.
                while victims or time.monotonic() < deadline:
                    victim = victims.pop() if victims else random.choice(
                        ["dnsd-controller", "ipam", "dnsmasq"])
                    threading.Event().wait(random.uniform(0, 1))
                    away += one_death(healthy, victim, deaths)
                    wait_until("it has converged", lambda: converged(running), 60)
            finally:
                churn.stop()
                work.join()
            wait_until("it has converged", lambda: converged(running), 60)
    wrong, _ = churn.history.judge(loops)
    patience = PATIENCE_MS / 1000
    # Unanswered while the resolver was alive.
    lost = [(sent, outcome) for _, sent, ended, outcome, _ in loops.records
            if not isinstance(outcome, int)
            and not any(begin - patience <= sent and ended <= end + patience
                        for begin, end in away)]
    gaps = sorted(seconds for seconds, _, _ in loops.gaps())
    told = ", ".join(f"{count} times {victim}" for victim, count in sorted(deaths.items()))
    spans = f"{gaps[0]:.2f} to {gaps[-1]:.2f} s" if gaps else "never"
    record_property("told", f"killed {told}; {churn.told()}, {len(loops.records):,} queries: "
                    f"{len(wrong)} wrong; unanswered {spans} after a death of dnsmasq, "
                    f"{len(lost)} queries otherwise")
    assert wrong[:10] == []
    assert lost == []
    assert sum(churn.counts.values()) > 50
