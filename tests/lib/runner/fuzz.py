"""Fuzzers: each runs for a while on what its corpus begins with; a finding is a failure."""

import concurrent.futures
import os
import pathlib
import re
import time

from runner.steps import BUILD, LOGS, environment, execute, line, log_of, tail

SECONDS = int(os.environ.get("MPD_FUZZ_SECONDS", "60"))
# What libFuzzer calls a hang.
INPUT_SECONDS = 10
# They end by the clock: a build beside them goes first.
NICE = ["nice", "-n", "15"]


def fuzzers(wanted):
    """(name, its corpus in the tree), as cmake/Fuzz.cmake wrote them down."""
    folder = BUILD / "fuzz" / "fuzzers"
    return [(path.name, pathlib.Path(path.read_text().strip()))
            for path in sorted(folder.iterdir()) if wanted in path.name]


def run_one(name, corpus):
    """(name, ended well, seconds, inputs tried, log). What it finds worth keeping goes to build/, so
    that the next run goes on from there; an input that breaks something goes to the logs."""
    begin = time.monotonic()
    log = log_of(f"fuzz {name}")
    log.write_text("")
    found = BUILD / "fuzz" / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    tried = 0

    def on_line(text):
        nonlocal tried
        match = re.match(r"stat::number_of_executed_units: (\d+)", text)
        if match:
            tried = int(match.group(1))

    code = execute([*NICE, BUILD / "fuzz" / "bin" / name, f"-max_total_time={SECONDS}",
                    f"-timeout={INPUT_SECONDS}", f"-artifact_prefix={LOGS}/{name}-",
                    "-print_final_stats=1", found, corpus],
                   log, SECONDS + 120, on_line, environment())
    return name, code == 0 and tried > 0, time.monotonic() - begin, tried, log


def fuzz(counts, wanted):
    """Two at a time; all whose name contains `wanted`."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for name, good, seconds, tried, log in pool.map(lambda one: run_one(*one),
                                                        fuzzers(wanted)):
            line(name, "ok" if counts.add(good) else "FAILED", seconds, f"{tried:,} inputs")
            if not good:
                tail(log)
                print(f"      all of it: {log}; the input lies beside it", flush=True)
