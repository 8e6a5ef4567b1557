#!/usr/bin/python3
"""main.py [SUITE [FILTER]]: the body of tests/run, once the packages are there."""

import sys
import time

from runner import suites
from runner.steps import Counts


def duration(seconds):
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    names = suites.parts(name)
    if not names:
        print(f"tests/run: no suite '{name}': see tests/run --help", file=sys.stderr)
        return 2
    begin = time.monotonic()
    counts = Counts()
    builds = suites.run(names, counts, wanted)
    whole = time.monotonic() - begin
    print()
    if builds:
        print(f"builds  {duration(sum(builds.values()))} of work beside the suites: "
              + ", ".join(f"{what.removeprefix('build ')} {seconds:.0f} s"
                          for what, seconds in builds.items()))
    print(f"whole   {duration(whole)}")
    print(f"{counts.passed} passed, {counts.failed} failed")
    # Nothing run is no success: a filter that fits nothing is a mistake.
    return 0 if counts.passed and not counts.failed else 1


if __name__ == "__main__":
    sys.exit(main())
