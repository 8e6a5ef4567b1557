"""What the four daemons take: memory with 50 workloads, processor when nothing happens, growth."""

import concurrent.futures
import pathlib
import threading

from load import environment, told
from mpdtest import light
from mpdtest.reading import CONTAINERS
from mpdtest.slice import COMPONENTS

WORKLOADS = 50
LIMIT_PSS_MIB, LIMIT_IDLE_PERCENT = 60, 0.2
AT_ONCE = 4
IMAGES = f'runtime: "{light.image("serve")}"\n'


def pss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError("Pss")


def cpu_seconds(pid):
    """Of all its threads, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def of_each(the_slice, value):
    return {component: value(the_slice.daemon(component).pid) for component in COMPONENTS}


def shown(each, digits):
    return ", ".join(f"{component} {value:.{digits}f}" for component, value in each.items())


def memory(the_slice, what):
    each = of_each(the_slice, pss_mib)
    print(f"  {what:<46} {sum(each.values()):6.1f} MiB PSS  ({shown(each, 1)})", flush=True)
    return each


def idleness(the_slice, seconds):
    before = of_each(the_slice, cpu_seconds)
    threading.Event().wait(seconds)
    after = of_each(the_slice, cpu_seconds)
    each = {component: 100 * (after[component] - before[component]) / seconds for component in after}
    print(f"  {f'processor over {seconds:.0f} s of nothing':<46} {sum(each.values()):6.3f} % of a core"
          f"  ({shown(each, 3)})", flush=True)
    return sum(each.values())


def measure(make_slice, options):
    print(f"memory and processor of the four daemons with {WORKLOADS} workloads", flush=True)
    the_slice = make_slice(IMAGES)
    with environment.running(the_slice):
        memory(the_slice, "fresh, no workload")
        owners = environment.create_runtimes(
            the_slice, [f"load{number}" for number in range(WORKLOADS - 1)])
        took = environment.up(the_slice, owners)
        print(f"  {f'StartEnvironment of {WORKLOADS} containers':<46} {took:6.2f} s", flush=True)
        memory(the_slice, f"{WORKLOADS} workloads, just started")
        idle = idleness(the_slice, options.idle)
        total = sum(memory(the_slice, f"{WORKLOADS} workloads, after that").values())
    print(f"  memory, MiB                     {told.verdict(total, LIMIT_PSS_MIB)}\n"
          f"  idle processor, % of a core     {told.verdict(idle, LIMIT_IDLE_PERCENT)}", flush=True)


def cycle(api, name):
    """A runtime created, usable, deleted, gone."""
    owner = f"runtime/{name}"
    api.call(f"{CONTAINERS}/CreateRuntime", name=name)
    environment.await_states(api, {owner: ("STATE_RUNNING",)})
    api.call(f"{CONTAINERS}/DeleteRuntime", name=name)
    environment.await_gone(api, [owner])


def cycles(the_slice, first, count):
    def some(worker):
        with the_slice.api("container-manager") as api:
            for number in range(first + worker, first + count, AT_ONCE):
                cycle(api, f"cycle{number}")

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(some, range(AT_ONCE)))


def growth(make_slice, options):
    print(f"{options.cycles} runtimes created, usable, deleted and gone, {AT_ONCE} at a time",
          flush=True)
    the_slice = make_slice(IMAGES)
    with environment.running(the_slice):
        environment.up(the_slice, [environment.RESOLVER])
        memory(the_slice, "fresh")
        # What grows to its size once (pools, the recent events) has, after some.
        warm_up = max(options.cycles // 4, 20)
        cycles(the_slice, 0, warm_up)
        before = memory(the_slice, f"after {warm_up} cycles")
        quarter = max(options.cycles // 4, AT_ONCE)
        after = before
        for done in range(quarter, options.cycles + 1, quarter):
            cycles(the_slice, warm_up + done - quarter, quarter)
            after = memory(the_slice, f"after {done} more")
        grown = {component: 1024 * (after[component] - before[component]) / options.cycles
                 for component in after}
        print(f"  {'growth, KiB a cycle':<46} {sum(grown.values()):6.2f}  ({shown(grown, 2)})",
              flush=True)
