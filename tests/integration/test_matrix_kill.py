"""The manager is killed, and Podman is, at each request of one to the other: deterministic, and as
real as a power switch."""

import threading
import time

import pytest

from mpdtest.api import ApiError
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.soundness import assert_sound, wishes
from mpdtest.waiting import wait_until

# No operation on one runtime makes more requests than this.
MOST = 25


def changes_something(method, _):
    return method != "GET"


def anything(_, __):
    return True


class Operation:
    """A call on the runtime `light`, how to get to where it can be made, and what it is to lead to."""

    def __init__(self, method, before, settled):
        self.method = method
        self.before = before
        self.settled = settled

    def call(self, the_slice, request):
        """Repeated with the same request it happens once; False: it may not have been heard."""
        with the_slice.api("container-manager") as api:
            try:
                api.call(f"{CONTAINERS}/{self.method}", name="light", requestId=request)
            except ApiError as error:
                assert error.code == "UNAVAILABLE", error
                return False
        return True

    def prepare(self, the_slice):
        """From whatever the operation before led to."""
        there = the_slice.state_of("light")
        if self.before is None:
            if there:
                the_slice.mpdctl("runtime", "delete", "light")
            return
        if not there:
            the_slice.mpdctl("runtime", "create", "light")
        the_slice.mpdctl("runtime", "start" if self.before == "RUNNING" else "stop", "light")

    def is_settled(self, the_slice):
        """Asked of the manager itself: the gateway would wait for one that is dead."""
        with the_slice.api("container-manager") as api:
            runtimes = api.call(f"{CONTAINERS}/ListRuntimes").get("runtimes", [])
        found = next((runtime for runtime in runtimes if runtime["name"] == "light"), None)
        if self.settled is None:
            return found is None
        return found is not None and found["status"]["state"] == f"STATE_{self.settled}"


OPERATIONS = {
    "create": Operation("CreateRuntime", None, "RUNNING"),
    "start": Operation("StartRuntime", "STOPPED", "RUNNING"),
    "stop": Operation("StopRuntime", "RUNNING", "STOPPED"),
    "delete": Operation("DeleteRuntime", "RUNNING", None),
}

MOMENTS = {
    "before": dict(matches=anything),
    "answered": dict(matches=changes_something, answered=True),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_manager_killed(proxied, proxy, name, moment, record_property):
    operation = OPERATIONS[name]
    kills = 0
    for nth in range(1, MOST):
        operation.prepare(proxied)
        proxy.arm(nth, lambda: proxied.kill("container-manager"), **MOMENTS[moment])
        request = f"{name}-{moment}-{nth}-{time.monotonic_ns()}"
        heard = operation.call(proxied, request)
        wait_until("the operation is done, or killed",
                   lambda: proxy.fired.is_set() or operation.is_settled(proxied))
        proxy.disarm()
        if not proxy.fired.is_set():
            break
        kills += 1
        proxied.start("container-manager")
        if not heard:
            operation.call(proxied, request)
        wait_until("the operation is done", lambda: operation.is_settled(proxied))
        assert_sound(proxied, wishes(proxied))
    record_property("told", f"killed {kills} times")
    assert 0 < kills < MOST - 1


@pytest.mark.parametrize("name", ["create", "stop", "delete"])
def test_podman_killed(proxied, proxy, name, record_property):
    """Podman's service dies with the request in its hands, and is started again."""
    operation = OPERATIONS[name]
    kills = 0
    for nth in range(1, MOST):
        operation.prepare(proxied)
        proxy.arm(nth, proxied.podman.kill, matches=changes_something)
        operation.call(proxied, f"{name}-podman-{nth}")
        wait_until("the operation is done, or Podman killed",
                   lambda: proxy.fired.is_set() or operation.is_settled(proxied))
        proxy.disarm()
        if not proxy.fired.is_set():
            break
        kills += 1
        proxied.podman.start()
        wait_until("the operation is done", lambda: operation.is_settled(proxied))
        assert_sound(proxied, wishes(proxied))
    record_property("told", f"killed {kills} times")
    assert kills > 0


@pytest.mark.parametrize("milliseconds", [5, 20, 40, 70, 110])
def test_podman_killed_while_it_starts_a_container(proxied, proxy, milliseconds):
    """Somewhere in its work: the container may be half made, its address in the table or not."""
    OPERATIONS["start"].prepare(proxied)
    killer = threading.Timer(milliseconds / 1000, proxied.podman.kill)
    proxy.watch(lambda method, path: method == "POST" and path.endswith("/start")
                and "/containers/" in path, killer.start)
    OPERATIONS["start"].call(proxied, f"start-{milliseconds}")
    killer.finished.wait(10)
    killer.join()
    proxied.podman.start()
    wait_until("the operation is done", lambda: OPERATIONS["start"].is_settled(proxied))
    assert_sound(proxied, wishes(proxied))


@pytest.mark.parametrize("wanted", ["RUNNING", "STOPPED"])
def test_start_that_podman_was_cut_off_in(proxied, wanted, tmp_path):
    """As left by a Podman that is killed after the start and before its record of it: the container
    runs, and Podman refuses to start it. It is ended, and runs again where it is to; what was
    written in it is kept."""
    container = "mpd-runtime-light"
    OPERATIONS["start"].prepare(proxied)
    before = proxied.podman.inspect(container)["Id"]
    (tmp_path / "kept").write_text("by the developer", encoding="utf-8")
    run("podman", "cp", tmp_path / "kept", f"{container}:/kept")
    if wanted == "RUNNING":
        proxied.podman.kill()
        OPERATIONS["start"].call(proxied, "cut-off")
    proxied.stop("container-manager")
    run("podman", "init", container)
    run("runc", "start", before)
    if wanted == "RUNNING":
        proxied.podman.start()
    process = proxied.podman.inspect(container)["State"]["Pid"]
    assert proxied.podman.inspect(container)["State"]["Status"] == "initialized"
    proxied.start("container-manager")
    wait_until("its first process has ended",
               lambda: proxied.podman.inspect(container)["State"]["Pid"] != process)
    assert_sound(proxied, wishes(proxied))
    found = proxied.podman.inspect(container)
    assert found["Id"] == before
    assert found["State"]["Status"] == ("running" if wanted == "RUNNING" else "exited")
    run("podman", "cp", f"{container}:/kept", tmp_path / "again")
    assert (tmp_path / "again").read_text(encoding="utf-8") == "by the developer"
