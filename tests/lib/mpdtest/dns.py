"""Asking a resolver as people do, with dig, and continuously, with a probe."""

import json
import pathlib
import re
import signal
import subprocess

from mpdtest.process import run

PROBE = pathlib.Path(__file__).resolve().parent.parent / "dns_probe.py"


class Answer:
    """rcode, the answers' data, and the flags, as dig shows them."""

    def __init__(self, text):
        status = re.search(r"status: (\w+)", text)
        flags = re.search(r"flags: ([a-z ]+);", text)
        self.text = text
        self.rcode = status.group(1) if status else "NO ANSWER"
        self.flags = flags.group(1).split() if flags else []
        lines = [line for line in text.splitlines() if line and not line.startswith(";")]
        self.data = [line.split(None, 4)[4] for line in lines]

    def __repr__(self):
        return f"{self.rcode} {self.data}"


def dig(name, kind="A", server="10.163.0.3", within=(), options=()):
    """One query, no retry. `within` is put before dig: the way into another namespace."""
    return Answer(run(*within, "dig", "+tries=1", "+time=2", "+noall", "+comments", "+answer",
                      *options, f"@{server}", name, kind, check=False, timeout=10).stdout)


class DnsLoop:
    """Asks every 10 ms while the block runs; `failures` and `asked` are known after it."""

    def __init__(self, name, address, server="10.163.0.3", within=(), interval_ms=10):
        self._command = [*within, "/usr/bin/python3", str(PROBE), server, name, address,
                         str(interval_ms)]
        self.asked = 0
        self.failures = []
        self.slowest_ms = 0.0

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        first = self._process.stdout.readline()
        assert first == "answered\n", f"the loop got no first answer: {first!r}"
        return self

    def __exit__(self, *_):
        try:
            # End of input is its sign to finish: what is under way is still waited for.
            out, _ = self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            raise
        report = json.loads(out.splitlines()[-1])
        self.asked = report["asked"]
        self.failures = report["failures"]
        self.slowest_ms = report["slowest_ms"]
