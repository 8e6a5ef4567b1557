"""The zone changes under load, and nobody is ever told anything wrong."""

from mpdtest.churn import Churn
from mpdtest.loops import Loops
from mpdtest.reading import DNSD

CHANGES = 1000


def process_of(podman):
    state = podman.inspect("mpd-service-dnsmasq")["State"]
    return state["Pid"], state["StartedAt"]


def requests_of(the_slice):
    with the_slice.api() as api:
        status = api.call(f"{DNSD}/GetStatus")
    return status.get("reloadRequest", 0), status.get("restartRequest", 0)


def test_a_thousand_changes_under_fifty_query_loops(running, tmp_path, record_property):
    process, requests = process_of(running.podman), requests_of(running)
    with Churn(running) as churn:
        with Loops(churn.questions(), tmp_path, udp=48, tcp=2) as loops:
            loops.wait_answered()
            churn.run(CHANGES)
    wrong, both = churn.history.judge(loops)
    record_property("told", f"{churn.told()}; {len(loops.records):,} queries of 50 loops: "
                    f"{sum(loops.unanswered().values())} lost, {len(wrong)} wrong, {both} with old "
                    f"and new; slowest {loops.slowest_ms():.0f} ms")
    assert wrong[:10] == []
    assert not loops.unanswered()
    assert len(loops.records) > 10 * CHANGES
    assert process_of(running.podman) == process
    assert requests_of(running) == requests, "the resolver did not follow by itself"
