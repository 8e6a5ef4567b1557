"""What the daemons take: memory with 50 workloads, processor when nothing happens, growth."""

import concurrent.futures
import pathlib
import threading

from load import environment, told
from mpdtest import light
from mpdtest.reading import CONTAINERS, IPAM
from mpdtest.slice import COMPONENTS

WORKLOADS = 50
LIMIT_PSS_MIB, LIMIT_IDLE_PERCENT = 60, 0.2
# Over the last half of the cycles, all daemons together; fewer cycles are too few to tell.
LIMIT_GROWTH_KIB = 1.0
CYCLES_TO_JUDGE = 2000
# So many leases fill what has a bound in mpd-ipam: 4,096 recent events, 2 MiB of SQLite's pages. What
# has one in the manager is full after half as many cycles as are then looked at.
FILLING_LEASES = 8000
AT_ONCE = 4
IMAGES = f'runtime: "{light.image("serve")}"\n'


def _rollup_mib(pid, what):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def pss_mib(pid):
    return _rollup_mib(pid, "Pss")


def own_mib(pid):
    """Without what comes from files, whose share depends on who else has them open."""
    return _rollup_mib(pid, "Anonymous")


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
    print(f"memory and processor of the daemons with {WORKLOADS} workloads", flush=True)
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


def fill(the_slice):
    """Takes leases and gives them back."""
    with the_slice.api("ipam") as api:
        for number in range(FILLING_LEASES):
            owner = f"runtime/filling{number}"
            api.call(f"{IPAM}/AllocateAddress", owner=owner, pool="runtimes",
                     hostnames=[f"filling{number}.runtime"])
            api.call(f"{IPAM}/ReleaseLease", owner=owner)


def own(the_slice, what):
    each = of_each(the_slice, own_mib)
    print(f"  {what:<46} {sum(each.values()):6.1f} MiB of their own  ({shown(each, 1)})", flush=True)
    return each


def told_growth(what, before, after, count):
    grown = {component: 1024 * (after[component] - before[component]) / count
             for component in COMPONENTS}
    print(f"  {what:<46} {sum(grown.values()):6.2f} KiB a cycle  ({shown(grown, 2)})", flush=True)
    return sum(grown.values())


def growth(make_slice, options):
    quarter = max(options.cycles // 4, AT_ONCE)
    warm_up = 2 * quarter
    judged = options.cycles >= CYCLES_TO_JUDGE
    print(f"{4 * quarter} runtimes created, usable, deleted and gone, {AT_ONCE} at a time, after "
          f"{warm_up} others", flush=True)
    the_slice = make_slice(IMAGES)
    with environment.running(the_slice):
        environment.up(the_slice, [environment.RESOLVER])
        own(the_slice, "fresh")
        if judged:
            fill(the_slice)
            own(the_slice, f"after {FILLING_LEASES} leases")
        cycles(the_slice, 0, warm_up)
        seen = [own(the_slice, f"after {warm_up} cycles")]
        for done in range(0, 4 * quarter, quarter):
            cycles(the_slice, warm_up + done, quarter)
            seen.append(own(the_slice, f"after {done + quarter} more"))
    told_growth("growth over all of them", seen[0], seen[4], 4 * quarter)
    total = told_growth("growth over the last half", seen[2], seen[4], 2 * quarter)
    print(f"  growth, KiB a cycle             {told.verdict(total, LIMIT_GROWTH_KIB)}" if judged else
          f"  growth is judged from {CYCLES_TO_JUDGE} cycles on", flush=True)
