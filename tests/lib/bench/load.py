"""dns_load as the benchmark uses it."""

import contextlib
import json
import subprocess
import time

from mpdtest.process import run

ZONE = "mpd.test"
RESOLVER = "10.163.0.3"


class Load:
    """The load program, pointed at the daemons of one slice."""

    def __init__(self, the_slice):
        self._program = the_slice.binaries / "dns_load"
        self._sockets = (the_slice.socket("ipam"), the_slice.socket("dnsd-controller"))

    def _tell(self, verb, *words, timeout=90):
        out = run(self._program, verb, *self._sockets, *words, timeout=timeout).stdout
        return json.loads(out.splitlines()[-1])

    def fill(self, records):
        return self._tell("fill", records)

    def changes(self, count):
        return self._tell("changes", RESOLVER, ZONE, count)

    @contextlib.contextmanager
    def churning(self, rate, seconds):
        """While the block runs so many records per second come and go."""
        with subprocess.Popen([self._program, "churn", *self._sockets, str(rate), str(seconds)],
                              stdout=subprocess.PIPE, text=True) as process:
            yield
            out, _ = process.communicate(timeout=seconds + 30)
            assert process.returncode == 0 and json.loads(out)["changes"] >= rate * seconds * 0.9

    def until_answered(self, resolver, name, change):
        """Milliseconds from the call of `change` until `name` has an address, asked all the time."""
        with subprocess.Popen([self._program, "await", resolver, name], stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                assert process.stdout.readline() == "asking\n", f"{name} can't be asked for"
                begin = time.monotonic_ns()
                change()
                out, _ = process.communicate(timeout=30)
            finally:
                process.kill()
        return (json.loads(out)["nanos"] - begin) / 1e6


def p99(values):
    return sorted(values)[round(0.99 * (len(values) - 1))]


def p50(values):
    return sorted(values)[len(values) // 2]
