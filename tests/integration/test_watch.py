"""Watch streams, through the gateway as clients use them."""

import pytest

from mpdtest.reading import CONTAINERS, DNSD, GATEWAY, IPAM


def until_synced(stream):
    """The events of the current state, and the revision at which they are true."""
    events = []
    for message in stream:
        events += message.get("events", [])
        if message.get("synced"):
            return events, int(message["revision"])
    raise AssertionError(f"the stream ended before it was synced, after {events}")


def test_workloads_begin_with_what_there_is(php):
    with php.api() as api:
        events, _ = until_synced(api.stream(f"{CONTAINERS}/WatchWorkloads"))
    found = {event["workload"]["workload"]: event for event in events}
    assert {"runtime/php", "service/dnsmasq"} <= set(found)
    status = found["runtime/php"]["workload"]["runtime"]["status"]
    assert status["state"] == "STATE_RUNNING"


def events_of(stream, workload, last):
    """The workload's events up to and with the first for which `last` holds."""
    events = []
    for message in stream:
        for event in message.get("events", []):
            if event["workload"]["workload"] == workload:
                events.append(event)
                if last(event):
                    return events
    raise AssertionError(f"the stream ended early, after {events}")


def state(event):
    return event["workload"]["runtime"]["status"]["state"]


def test_each_change_of_a_runtime_is_told_in_order(running):
    with running.api() as api:
        stream = api.stream(f"{CONTAINERS}/WatchWorkloads", timeout=90)
        until_synced(stream)
        api.call(f"{CONTAINERS}/CreateRuntime", name="watched")
        told = events_of(stream, "runtime/watched",
                         lambda event: state(event) in ("STATE_RUNNING", "STATE_FAILED"))
        api.call(f"{CONTAINERS}/DeleteRuntime", name="watched")
        end = events_of(stream, "runtime/watched", lambda event: event["type"] == "TYPE_DELETE")
    assert state(told[-1]) == "STATE_RUNNING"
    revisions = [int(event["workload"]["runtime"]["status"]["revision"]) for event in told]
    assert revisions == sorted(set(revisions))
    assert end


def test_leases_are_told_from_a_revision_on(php):
    with php.api() as api:
        listed = api.call(f"{IPAM}/ListLeases", pageSize=1000)
        start = int(listed["leases"][0]["revision"])
        message = next(api.stream(f"{IPAM}/WatchLeases", startRevision=start,
                                  storeId=listed["storeId"]))
        assert message["storeId"] == listed["storeId"]
        assert int(message["revision"]) >= start


@pytest.mark.parametrize("method", [f"{CONTAINERS}/WatchWorkloads", f"{IPAM}/WatchLeases",
                                    f"{DNSD}/WatchStatus", f"{GATEWAY}/WatchStatus"])
def test_idle_streams_still_speak_within_ten_seconds(php, method):
    with php.api() as api:
        stream = api.stream(method, timeout=25)
        if "Status" in method:
            next(stream)
        else:
            until_synced(stream)
        assert next(stream, None) is not None
        # The next one has to come by itself.
        assert next(stream, None) is not None, "nothing came within the stream's 25 s"
