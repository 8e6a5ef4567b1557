"""Steps: commands with a name, a log, a time-out and one line of result."""

import atexit
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
BUILD = TREE / "build"
LOGS = BUILD / "test-logs"
CACHE = pathlib.Path(os.environ.get("MPD_CACHE_DIR", "/var/cache/mpd"))


class Counts:
    """What the last line tells."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def add(self, good):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        return good


def environment(**more):
    """With the compiler's cache that the sandboxes use too, and other clones in other folders."""
    # A test must not find this machine's own mpd by a variable of whoever runs it.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MPD_")}
    return dict(kept, CCACHE_DIR=os.environ.get("CCACHE_DIR", str(CACHE / "ccache")),
                CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1", MPD_CACHE_DIR=str(CACHE), **more)


def line(name, verdict, seconds, told=""):
    print(f"  {name:<64} {verdict:<8} {seconds:6.1f} s  {told}".rstrip(), flush=True)


def heading(text):
    print(f"\n{text}", flush=True)


def tail(log, count=40):
    for text in log.read_text(errors="replace").splitlines()[-count:]:
        print(f"      {text}", flush=True)


def log_of(name):
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".log")


_running = set()


@atexit.register
def _end_all():
    """What still runs when the run is broken off."""
    for process in list(_running):
        os.killpg(process.pid, signal.SIGTERM)


def execute(command, log, timeout, on_line=None, env=None):
    """Runs the command with its output in the log and line by line to `on_line`; its exit code,
    or None when the time ran out and it was killed."""
    expired = threading.Event()
    with open(log, "a", encoding="utf-8") as sink:
        sink.write(f"$ {' '.join(str(word) for word in command)}\n")
        sink.flush()
        process = subprocess.Popen([str(word) for word in command], cwd=TREE,
                                   env=env or environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", start_new_session=True)

        def expire():
            expired.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout, expire)
        timer.start()
        _running.add(process)
        try:
            for text in process.stdout:
                sink.write(text)
                sink.flush()
                if on_line:
                    on_line(text.rstrip("\n"))
            process.wait()
        finally:
            timer.cancel()
            _running.discard(process)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        if expired.is_set():
            sink.write(f"killed: no end within {timeout} s\n")
            return None
    return process.returncode


def step(name, *commands, timeout=1800, env=None):
    """Runs commands one after the other; True when all ended well. The log's end is shown when one
    did not."""
    begin = time.monotonic()
    log = log_of(name)
    log.write_text("")
    good = all(execute(command, log, timeout, env=env) == 0 for command in commands)
    line(name, "ok" if good else "FAILED", time.monotonic() - begin)
    if not good:
        tail(log)
        print(f"      all of it: {log}", flush=True)
    return good


class Queue:
    """Steps that run one after the other beside the suites, which wait for those that they need."""

    def __init__(self):
        self._steps = []
        self._results = {}
        self._done = {}
        self._seconds = {}

    def add(self, name, *commands, after=None, **options):
        """`after` says, when its turn has come, whether it can be done; it may wait for that."""
        self._steps.append((name, commands, after, options))
        self._done[name] = threading.Event()

    def start(self):
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        for name, commands, after, options in self._steps:
            try:
                if not after or after():
                    begin = time.monotonic()
                    self._results[name] = step(name, *commands, **options)
                    self._seconds[name] = time.monotonic() - begin
            finally:
                self._done[name].set()

    def wait(self, name):
        """True when that step ended well."""
        self._done[name].wait()
        return self._results.get(name, False)

    def seconds(self):
        """{step that was done: how long it took}"""
        return dict(self._seconds)
