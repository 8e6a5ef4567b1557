"""How soon a lease is answered, beside other ways to a new name. Run by tests/bench, in a world."""

import pathlib
import sys
import tempfile
import time

from bench.load import RESOLVER, Load, p50, p99
from bench.peers import PlainDnsmasq, PodmanDns, pid_of, resident_kib
from bench.queries import dnsperf, write_queries
from mpdtest import slice as slices
from mpdtest.waiting import wait_until

# Changes measured at so many records, and what the 99th percentile may be, in ms.
SIZES = {10: (500, None), 1000: (1000, 5.0), 10000: (1000, 10.0)}
TIMES = {"restart": 4, "reload": 20, "podman": 4}
FASTER_THAN_RESTART = 50
CHURN = 100

POOLS = """
network { subnet: "10.163.0.0/16" }
pools { name: "services" first_offset: 3 last_offset: 29 fixed_only: true
        fixed { owner: "service/dnsmasq" offset: 3 } }
pools { name: "databases" first_offset: 30 last_offset: 99 }
pools { name: "runtimes" first_offset: 256 last_offset: 60000 }
"""


def row(what, times, limit=None):
    p50_ms, p99_ms, max_ms = times
    judged = ""
    if limit:
        judged = f"limit {limit:g}: {'within' if p99_ms <= limit else 'MISSED'}"
    print(f"  {what:<52} {p50_ms:9.2f} {p99_ms:9.2f} {max_ms:9.2f}  {judged}".rstrip(), flush=True)


def told(times):
    return times["p50"], times["p99"], times["max"]


def spread(values):
    return p50(values), p99(values), max(values)


def one_size(load, plain, podman, records):
    changes, limit = SIZES[records]
    filled = load.fill(records)
    print(f"\n{records} records (made and published in {filled['published_ms'] / 1000:.1f} s)\n"
          f"  {'milliseconds':<52} {'p50':>9} {'p99':>9} {'max':>9}")
    found = load.changes(changes)
    row("AllocateAddress sent, returned", told(found["returned"]))
    row("AllocateAddress sent, right answer seen", told(found["answered"]), limit)
    row("AllocateAddress sent, WaitForRevision returned", told(found["published"]))
    row("hosts file rewritten, SIGHUP", spread(plain.measure(
        load, "hosts", records, plain.reload, TIMES["reload"])))
    restarts = plain.measure(load, "records.conf", records, plain.restart, TIMES["restart"])
    row("host-record= file rewritten, podman restart", spread(restarts))
    podman.fill(records)
    names, start = podman.measure(load, TIMES["podman"])
    row("podman run, answered by Podman's DNS", spread(names))
    row("podman run alone, without DNS", spread(start))
    print(f"  Podman's DNS less the container's start: {p50(names) - p50(start):.0f} ms at the median "
          "(below 0: before the container runs)", flush=True)
    for quantile, ours, theirs in (("p50", found["answered"]["p50"], p50(restarts)),
                                   ("p99", found["answered"]["p99"], p99(restarts))):
        times = theirs / ours
        verdict = "within" if times >= FASTER_THAN_RESTART else "MISSED"
        print(f"  {quantile}: {times:.0f} times as fast as the restart  "
              f"limit {FASTER_THAN_RESTART}: {verdict}", flush=True)


def queries(load, folder, records):
    path = pathlib.Path(folder) / "queries"
    write_queries(path, records)
    print(f"\ndnsperf at {records} records", flush=True)
    for what, rate in (("nothing changes", 0), (f"{CHURN} records change per second", CHURN)):
        if rate:
            with load.churning(rate, 9):
                found = dnsperf(RESOLVER, path)
        else:
            found = dnsperf(RESOLVER, path)
        print(f"  {what:<40} {found[0]:8.0f} queries/s, p99 {found[1]:.2f} ms, {found[2]} lost",
              flush=True)


def start_up(the_slice, records):
    """The controller, started anew beside a resolver that runs."""
    def published():
        with the_slice.api("dnsd-controller") as api:
            status = api.call("mpd.dnsd.v1.DnsdControllerService/GetStatus", wait=True)
        return int(status.get("publishedRevision", 0)) >= revision

    with the_slice.api("dnsd-controller") as api:
        status = api.call("mpd.dnsd.v1.DnsdControllerService/GetStatus")
        revision = int(status["publishedRevision"])
    the_slice.kill("dnsd-controller")
    begin = time.monotonic()
    the_slice.start("dnsd-controller")
    serves = time.monotonic() - begin
    wait_until("everything is published", published, timeout=60, interval=0.01)
    print(f"\ndnsd-controller started anew at {records} records: serves after {serves:.2f} s, all "
          f"published after {time.monotonic() - begin:.2f} s\n"
          f"memory: dnsd-controller {resident_kib(the_slice.daemon('dnsd-controller').pid) / 1024:.1f}"
          f" MiB, dnsmasq {resident_kib(pid_of('mpd-service-dnsmasq')) / 1024:.1f} MiB", flush=True)


def main():
    binaries = pathlib.Path(sys.argv[1])
    # Short: a socket's name has room for about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="mpd-bench.") as folder:
        pathlib.Path(folder).chmod(0o755)
        the_slice = slices.Slice(folder, binaries)
        with open(the_slice.config, "a", encoding="ascii") as config:
            config.write(POOLS)
        pathlib.Path("/run/systemd/resolve").mkdir(parents=True)
        the_slice.podman.clear()
        the_slice.podman.start()
        the_slice.start()
        try:
            the_slice.mpdctl("up")
            load = Load(the_slice)
            plain, podman = PlainDnsmasq(f"{folder}/plain"), PodmanDns()
            for records in SIZES:
                one_size(load, plain, podman, records)
            for peer in (plain, podman):
                peer.remove()
            queries(load, folder, max(SIZES))
            start_up(the_slice, max(SIZES))
        finally:
            the_slice.close()


if __name__ == "__main__":
    main()
