"""environment_load: what it measures, in which order."""

import argparse
import pathlib
import tempfile

from load import mixed, resources, start
from mpdtest import upstream
from mpdtest.slice import ONLY_THE_RESOLVER, Slice, make_developer

PARTS = {"start": start.measure, "databases": mixed.databases_alone, "mixed": mixed.measure,
         "resources": resources.measure, "growth": resources.growth}


def parse(words):
    """The options; a wrong word, or --help, ends the program."""
    parser = argparse.ArgumentParser(prog="environment_load", allow_abbrev=False)
    parser.add_argument("part", nargs="*", help=" ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3, help="of each start; the median is told")
    parser.add_argument("--cycles", type=int, default=100, help="runtimes created and deleted")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds of idleness looked at")
    options = parser.parse_args(words)
    unknown = set(options.part) - set(PARTS)
    if unknown or options.rounds < 1 or options.cycles < 1:
        parser.error(f"no such part: {' '.join(unknown)}" if unknown else
                     "--rounds and --cycles are at least 1")
    return options


def main(tree, words):
    options = parse(words)
    make_developer()
    with tempfile.TemporaryDirectory(prefix="mpd-load-") as folder:
        folder = pathlib.Path(folder)
        outside = upstream.Upstream("outside", "192.0.2.2", "192.0.2.1", "198.51.100.7", folder)
        outside.start()
        upstream.use(outside.address)
        try:
            for name, measure in PARTS.items():
                if not options.part or name in options.part:
                    (folder / name).mkdir()
                    measure(lambda images, at=folder / name: Slice(
                        at, tree / "build" / "release" / "bin", images=images,
                        pools=ONLY_THE_RESOLVER), options)
        finally:
            outside.stop()
    return 0
