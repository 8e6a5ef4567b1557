#!/usr/bin/python3
"""main.py [SUITE [FILTER]]: the body of tests/run, once the packages are there."""

import sys
import time

from runner import suites
from runner.steps import Counts


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    names = suites.parts(name)
    if not names:
        print(f"tests/run: no suite '{name}': see tests/run --help", file=sys.stderr)
        return 2
    begin = time.monotonic()
    counts = Counts()
    suites.run(names, counts, wanted)
    minutes, seconds = divmod(round(time.monotonic() - begin), 60)
    print(f"\n{minutes} min {seconds} s")
    print(f"{counts.passed} passed, {counts.failed} failed")
    # Nothing run is no success: a filter that fits nothing is a mistake.
    return 0 if counts.passed and not counts.failed else 1


if __name__ == "__main__":
    sys.exit(main())
