#!/usr/bin/python3
"""dns_probe.py SERVER NAME ADDRESS INTERVAL_MS: asks for NAME at that interval till its input ends.

Each query is sent once, whether or not earlier ones were answered, and counts as failed when its
answer is not ADDRESS or has not come within 2 s. Prints "answered" after the first good answer, and
at the end one line of JSON: asked, failures (the first few, each with the second in which it was
asked and what came), failed, slowest_ms.
"""

import json
import select
import socket
import struct
import sys
import time

PATIENCE = 2.0
# It goes on asking for so long after its input has ended: what comes just after counts too.
AFTER = 0.5


def query(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def verdict(answer, address):
    """None for the right answer, else what is wrong with it."""
    _, flags, _, count, _, _ = struct.unpack(">HHHHHH", answer[:12])
    if flags & 0xF:
        return f"rcode {flags & 0xF}"
    if count != 1 or answer[-4:] != socket.inet_aton(address):
        return f"{count} answers, the last {socket.inet_ntoa(answer[-4:])}"
    return None


class Probe:
    def __init__(self, server, name, address, interval):
        self.name, self.address, self.interval = name, address, interval
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((server, 53))
        self.pending = {}
        self.asked = 0
        self.answered = False
        self.failures = []
        self.slowest = 0.0
        self.begin = time.monotonic()

    def fail(self, sent, why):
        self.failures.append({"at_s": round(sent - self.begin, 3), "what": why})

    def send(self):
        number = self.asked & 0xFFFF
        self.asked += 1
        self.pending[number] = time.monotonic()
        try:
            self.socket.send(query(number, self.name))
        except OSError as error:
            self.fail(self.pending.pop(number), str(error))

    def receive(self):
        try:
            answer = self.socket.recv(2048)
        except OSError as error:
            # "Connection refused" tells of some earlier query; which one is not known, so the
            # query stays pending and is counted when its patience is over.
            print(error, file=sys.stderr)
            return
        sent = self.pending.pop(struct.unpack(">H", answer[:2])[0], None)
        if sent is None:
            return
        self.slowest = max(self.slowest, time.monotonic() - sent)
        wrong = verdict(answer, self.address)
        if wrong:
            self.fail(sent, wrong)
        elif not self.answered:
            self.answered = True
            print("answered", flush=True)

    def expire(self):
        limit = time.monotonic() - PATIENCE
        for number in [n for n, sent in self.pending.items() if sent < limit]:
            self.fail(self.pending.pop(number), "no answer")

    def run(self):
        due = time.monotonic()
        wanted, end = True, float("inf")
        while self.pending or time.monotonic() < end:
            now = time.monotonic()
            if end > now >= due:
                self.send()
                due = max(due + self.interval, now)
            self.expire()
            watched = [self.socket] + ([sys.stdin] if wanted else [])
            patience = max(0.0, min(due - now, 0.01)) if now < end else 0.01
            ready, _, _ = select.select(watched, [], [], patience)
            if self.socket in ready:
                self.receive()
            if sys.stdin in ready and not sys.stdin.readline():
                wanted, end = False, time.monotonic() + AFTER


def main():
    server, name, address, interval_ms = sys.argv[1:]
    probe = Probe(server, name, address, int(interval_ms) / 1000)
    probe.run()
    print(json.dumps({"asked": probe.asked, "failed": len(probe.failures),
                      "failures": probe.failures[:20],
                      "slowest_ms": round(probe.slowest * 1000, 1)}))


if __name__ == "__main__":
    main()
