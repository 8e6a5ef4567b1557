"""From the very first instant that the resolver answers, it knows every name that there is."""

import shutil
import socket
from collections import Counter

import pytest

from dns_loops import encode
from mpdtest.loops import A, Loops
from mpdtest.process import run
from mpdtest.reading import CONTAINERS, DNSD, IPAM
from mpdtest.waiting import wait_until

LEASES, NAMES_EACH = 50, 4
# Of each kind of loops, so that every name is asked many times.
ANSWERS = 5000


@pytest.fixture
def known(running):
    """200 names with their addresses."""
    names = {}
    with running.api("ipam") as api:
        for number in range(LEASES):
            hostnames = [f"n{index}.known-{number}" for index in range(NAMES_EACH)]
            lease = api.call(f"{IPAM}/AllocateAddress", owner=f"db/known-{number}",
                             pool="databases", hostnames=hostnames)
            names.update({f"{name}.mpd.test": lease["address"] for name in hostnames})
    yield names
    with running.api("ipam") as api:
        for number in range(LEASES):
            api.call(f"{IPAM}/ReleaseLease", owner=f"db/known-{number}", wait=True)


def serving(the_slice):
    with the_slice.api() as api:
        return api.call(f"{DNSD}/GetStatus", wait=True)["resolverState"] == "RESOLVER_STATE_SERVING"


def end_everything(the_slice, forget):
    the_slice.kill()
    the_slice.podman.stop()
    run("podman", "rm", "--all", "--force", "--time", "0", timeout=60)
    run("podman", "network", "prune", "--force")
    if forget:
        shutil.rmtree(the_slice.state_root / "dnsd-controller")


def first_answer(loops):
    """When the first question that was answered was sent."""
    return min(record[1] for record in loops.records if isinstance(record[3], int))


@pytest.mark.parametrize("forget", [False, True], ids=["as after a power cut", "its files lost"])
def test_no_known_name_is_unknown_at_a_cold_start(running, healthy, known, tmp_path, forget,
                                                  record_property):
    questions = [[name, A] for name in known]
    running.mpdctl("up")
    end_everything(healthy, forget)
    # From outside as clients ask, and in the resolver's own namespace, where nothing is between the
    # question and the first instant at which it can be answered.
    with Loops(questions, tmp_path, udp=20, tcp=0, interval_ms=1, patience_ms=100,
               at_least=ANSWERS, name="outside") as outside, \
         Loops(questions, tmp_path, udp=4, tcp=0, interval_ms=0, patience_ms=100,
               netns="/run/netns", at_least=ANSWERS, name="inside") as inside:
        healthy.podman.start()
        healthy.start()
        outside.wait_answered()
        inside.wait_answered()
        wait_until("the resolver serves", lambda: serving(running), 60)
    told = []
    for loops in (outside, inside):
        wrong = [(loops.questions[index][0], outcome, answers)
                 for index, _, _, outcome, answers in loops.records if isinstance(outcome, int)
                 and (outcome, answers) != (0, (known[loops.questions[index][0]],))]
        outcomes = Counter(record[3] for record in loops.records if isinstance(record[3], int))
        early = first_answer(loops) - min(record[1] for record in loops.records)
        assert early > 0, "it was answered before it was asked for the first time"
        told.append(f"asked from {early * 1000:.0f} ms before the first answer, "
                    f"{sum(outcomes.values()):,} answers, NXDOMAIN {outcomes[3]}")
        assert wrong == []
        asked = {index for index, _, _, outcome, _ in loops.records if outcome == 0}
        assert len(asked) == len(known), "not every name was asked"
    record_property("told", f"{len(known)} names: outside {told[0]}; inside {told[1]}")
    running.mpdctl("up")


def answers_at_once(name):
    """One question by a socket that hears of a port at which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        asking.connect(("10.163.0.3", 53))
        asking.send(encode(1, name, A))
        return asking.recv(512)[:2] == b"\0\1"


def resolver_states(api):
    """Those told from now on, each when it is told."""
    for message in api.stream(f"{CONTAINERS}/WatchWorkloads", timeout=60):
        for event in message.get("events", []):
            workload = event["workload"]
            if workload["workload"] == "service/dnsmasq":
                yield workload["service"]["status"]["state"]


def test_running_means_that_it_answers_however_shortly_it_was_away(running, healthy):
    """What it answered before it was started again is no reason to call it usable."""
    running.mpdctl("up")
    with healthy.api("container-manager") as api:
        api.methods(CONTAINERS)
        for _ in range(5):
            states = resolver_states(api)
            assert next(states) == "STATE_RUNNING"
            run("podman", "kill", "mpd-service-dnsmasq")
            assert next(state for state in states if state != "STATE_RUNNING")
            assert next(state for state in states if state == "STATE_RUNNING")
            assert answers_at_once("dnsmasq.service.mpd.test")
