"""dnsperf: how many queries the resolver answers, and how soon."""

import re

from bench.load import p99
from mpdtest.process import run

SECONDS = 8


def write_queries(path, records):
    """Each known name, and an unknown one for ten of them."""
    with open(path, "w", encoding="ascii") as queries:
        for i in range(records):
            # Not in the order in which they were made.
            queries.write(f"n{i * 7919 % records}.runtime.mpd.test A\n")
            if i % 10 == 0:
                queries.write(f"unknown{i}.runtime.mpd.test A\n")


def dnsperf(server, queries):
    """Queries per second, the 99th percentile in ms, and how many were lost; four at a time."""
    out = run("dnsperf", "-s", server, "-d", queries, "-l", SECONDS, "-c", 4, "-q", 4, "-t", 2,
              "-v", timeout=60).text
    rate = float(re.search(r"Queries per second: +([\d.]+)", out).group(1))
    lost = int(re.search(r"Queries lost: +(\d+)", out).group(1))
    return rate, p99(latencies(out)) * 1000, lost


def latencies(text):
    """From lines like "> NOERROR n1.runtime.mpd.test A 0.000123", in seconds."""
    return [float(last) for last in re.findall(r"^> [A-Z]+ \S+ \S+ ([\d.]+)$", text, re.MULTILINE)]
