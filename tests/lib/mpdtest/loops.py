"""Query loops beside a test, and the judgement of every answer that they got."""

import json
import pathlib
import pickle
import subprocess
import threading
import time
from collections import Counter

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "dns_loops.py"
A, PTR = 1, 12
NXDOMAIN = 3


def reverse(address):
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


class Loops:
    """dns_loops.py while the block runs; `records` after it."""

    def __init__(self, questions, folder, udp=48, tcp=2, interval_ms=4, patience_ms=5000,
                 server="10.163.0.3", netns=None, at_least=1, name="loops"):
        self.questions = questions
        self._result = pathlib.Path(folder) / f"{name}.pickle"
        self._plan = {"server": server, "udp": udp, "tcp": tcp, "questions": questions,
                      "interval_ms": interval_ms, "patience_ms": patience_ms,
                      "result": str(self._result), "netns": netns, "at_least": at_least}
        self.records = []
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(
            ["/usr/bin/python3", str(PROGRAM), json.dumps(self._plan)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        return self

    def wait_answered(self, timeout=60):
        """Returns once any loop has had any answer."""
        timer = threading.Timer(timeout, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout.readline() == "answered\n", "no answer to any loop"
        finally:
            timer.cancel()

    def __exit__(self, *_):
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        assert self._process.returncode == 0, "the loops ended with an error"
        with open(self._result, "rb") as source:
            # Our own program's, just written.
            self.records = pickle.load(source)

    def unanswered(self):
        """The outcomes that are no answer."""
        return Counter(r[3] for r in self.records if not isinstance(r[3], int))

    def slowest_ms(self):
        return max(ended - sent for _, sent, ended, outcome, _ in self.records
                   if isinstance(outcome, int)) * 1000

    def gaps(self):
        """Spans in which some questions were sent and none of these was answered:
        (seconds, from, to)."""
        spans, begin, last = [], None, 0.0
        for _, sent, ended, outcome, _ in sorted(self.records, key=lambda r: r[2]):
            if isinstance(outcome, int):
                if begin is not None and sent >= begin:
                    spans.append((ended - begin, begin, ended))
                    begin = None
                last = max(last, ended)
            elif begin is None and sent >= last:
                begin = sent
        if begin is not None:
            spans.append((float("inf"), begin, float("inf")))
        return spans


class History:
    """What each question was to be answered with, and when. Thread-safe.

    A change is open from just before its call until it is known to be published. Within that time
    both what was and what comes are right; before it only the one is, after it only the other.
    """

    def __init__(self):
        self._changes = {}
        self._lock = threading.Lock()

    def change(self, question, revision, value, begin, end):
        """From `begin` to `end` it became `value` (None: there is no such name), at this revision.
        Changes may be told in any order; revisions say how they follow each other."""
        with self._lock:
            self._changes.setdefault(tuple(question), []).append((revision, begin, end, value))

    def allowed(self, question, sent, ended):
        """All that may be answered to a question that was under way from `sent` to `ended`."""
        changes = [(0, 0.0, 0.0, None)] + sorted(self._changes.get(tuple(question), []))
        values = set()
        for number, (_, begin, _, value) in enumerate(changes):
            gone = changes[number + 1][2] if number + 1 < len(changes) else float("inf")
            if begin <= ended and gone >= sent:
                values.add(value)
        return values

    def judge(self, loops):
        """(wrong answers with why, how many gave the old and the new value together)."""
        wrong, both = [], 0
        for index, sent, ended, outcome, answers in loops.records:
            if not isinstance(outcome, int):
                continue
            question = loops.questions[index]
            allowed = self.allowed(question, sent, ended)
            if outcome == 0 and answers and set(answers) <= allowed:
                both += len(answers) > 1
            # No data: a name that only others end in (RFC 8020).
            elif not (None in allowed and (outcome == NXDOMAIN or (outcome == 0 and not answers))):
                wrong.append(f"{question}: {outcome} {answers}, not one of {allowed}, asked "
                             f"{time.monotonic() - sent:.3f} s ago")
        return wrong, both
