#!/usr/bin/python3
"""dns_loops.py JSON: query loops over UDP and TCP that ask till their input ends.

The argument holds: server; udp, tcp: how many loops of each; questions: [name, type] each, of type 1
(A) or 12 (PTR), of which every loop asks one by chance after the other; interval_ms: from one question
of a loop to its next, 0 = as soon as it is answered; patience_ms: after so long a loop asks its next
question, and the last one is lost unless its answer comes all the same; result: a file; at_least: so many answers are waited for though the input has ended; netns: a folder, where the loops shall run in the network namespace that
appears in it and has the server's address (optional).

Prints "answered" after the first answer of any kind. Every single question is in the result: a pickled
list of (index of the question, sent, ended, outcome, answers), times as time.monotonic() gives them.
The outcome is an rcode, or a text: "lost", or the error of the socket.
"""

import ctypes
import heapq
import json
import os
import pickle
import random
import select
import socket
import struct
import sys
import threading
import time

A, PTR = 1, 12
# What an error of the socket costs before the next question, where the loop has no interval.
AFTER_ERROR = 0.0005
# How long after a question was given up its answer is still waited for.
LATEST = 2.0


def encode(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(
        ">HH", kind, 1)


def read_name(packet, at):
    """(name, where what follows it begins)."""
    labels, end = [], None
    while packet[at]:
        if packet[at] & 0xC0 == 0xC0:
            end = end or at + 2
            at = (packet[at] & 0x3F) << 8 | packet[at + 1]
        else:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
            at += packet[at] + 1
    return ".".join(labels), end or at + 1


def decode(packet):
    """(rcode, answers in presentation form)."""
    _, flags, _, count, _, _ = struct.unpack(">HHHHHH", packet[:12])
    at = read_name(packet, 12)[1] + 4
    answers = []
    for _ in range(count):
        at = read_name(packet, at)[1]
        kind, _, _, length = struct.unpack(">HHIH", packet[at:at + 10])
        at += 10
        answers.append(socket.inet_ntoa(packet[at:at + 4]) if kind == A
                       else read_name(packet, at)[0] if kind == PTR else f"type {kind}")
        at += length
    return flags & 0xF, tuple(sorted(answers))


class Loops:
    def __init__(self, plan):
        self.plan = plan
        self.questions = plan["questions"]
        self.interval = plan["interval_ms"] / 1000
        self.patience = plan["patience_ms"] / 1000
        self.records = []
        self.ended = threading.Event()
        # For the count, and for the line of the first answer, which two threads would mix.
        self.lock = threading.Lock()
        self.left = plan["at_least"]
        self.input_ended = False

    def end_input(self):
        self.input_ended = True
        self.end_if_enough()

    def end_if_enough(self):
        if self.input_ended and self.left <= 0:
            self.ended.set()

    def add(self, index, sent, outcome, answers=()):
        record = [index, sent, time.monotonic(), outcome, answers]
        self.records.append(record)
        self.count(outcome)
        return record

    def count(self, outcome):
        if not isinstance(outcome, int):
            return
        with self.lock:
            if self.left == self.plan["at_least"]:
                print("answered", flush=True)
            self.left -= 1
        self.end_if_enough()

    def run(self):
        threads = [threading.Thread(target=self.ask_by_tcp) for _ in range(self.plan["tcp"])]
        for thread in threads:
            thread.start()
        UdpLoops(self).run()
        for thread in threads:
            thread.join()
        with open(self.plan["result"], "wb") as sink:
            pickle.dump(self.records, sink)

    def ask_by_tcp(self):
        while not self.ended.is_set():
            index = random.randrange(len(self.questions))
            sent = time.monotonic()
            try:
                with socket.create_connection((self.plan["server"], 53), self.patience) as stream:
                    packet = encode(1, *self.questions[index])
                    stream.sendall(struct.pack(">H", len(packet)) + packet)
                    with stream.makefile("rb") as source:
                        answer = source.read(struct.unpack(">H", source.read(2))[0])
                self.add(index, sent, *decode(answer))
            except TimeoutError:
                self.add(index, sent, "lost")
            except (OSError, struct.error, IndexError) as error:
                self.add(index, sent, str(error))
            self.ended.wait(max(sent + self.interval - time.monotonic(), AFTER_ERROR))


class UdpLoops:
    """All of them on one thread. Each has a socket, one question under way, and one entry in the heap:
    when it asks next, or when it gives up."""

    def __init__(self, loops):
        self.loops = loops
        self.poll = select.epoll()
        self.sockets = {}
        self.pending = {}
        # By the number of the question: what may still be answered.
        self.given_up = {}
        self.listen_until = 0.0
        self.due = []
        self.number = 0
        for _ in range(loops.plan["udp"]):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self.sockets[one.fileno()] = one
            self.poll.register(one.fileno(), select.EPOLLIN)
            self.plan(one.fileno(), time.monotonic())

    def plan(self, loop, when, number=0):
        """Its next question, or with a number the end of patience with that one."""
        heapq.heappush(self.due, (when, loop, number))

    def run(self):
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN)
        now = 0.0
        while self.pending or not self.loops.ended.is_set() or now < self.listen_until:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, loop, number = heapq.heappop(self.due)
                if not number:
                    self.ask(loop)
                elif self.pending.get(loop, (0,))[0] == number:
                    self.end(loop, "lost")
            wait = min(self.due[0][0] - time.monotonic(), 0.1) if self.due else 0.1
            for ready, _ in self.poll.poll(max(wait, 0)):
                if ready == sys.stdin.fileno():
                    self.loops.end_input()
                    self.poll.unregister(ready)
                else:
                    self.receive(ready)

    def ask(self, loop):
        if self.loops.ended.is_set():
            return
        self.number += 1
        index = random.randrange(len(self.loops.questions))
        now = time.monotonic()
        self.pending[loop] = (self.number, index, now)
        try:
            one = self.sockets[loop]
            # Each time: at first there may be no way there.
            one.connect((self.loops.plan["server"], 53))
            one.send(encode(self.number & 0xFFFF, *self.loops.questions[index]))
            self.plan(loop, now + self.loops.patience, self.number)
        except OSError as error:
            self.end(loop, str(error))

    def receive(self, loop):
        try:
            packet = self.sockets[loop].recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            if loop in self.pending:
                self.end(loop, str(error))
            return
        answered = struct.unpack(">H", packet[:2])[0]
        number = self.pending.get(loop, (0,))[0]
        if number and answered == number & 0xFFFF:
            self.end(loop, *decode(packet))
        elif answered in self.given_up:
            record = self.given_up.pop(answered)
            record[2:] = [time.monotonic(), *decode(packet)]
            self.loops.count(record[3])

    def end(self, loop, outcome, answers=()):
        number, index, sent = self.pending.pop(loop)
        record = self.loops.add(index, sent, outcome, answers)
        if outcome == "lost":
            self.given_up[number & 0xFFFF] = record
            self.listen_until = record[2] + LATEST
        pause = 0 if isinstance(outcome, int) else AFTER_ERROR
        self.plan(loop, max(sent + self.loops.interval, time.monotonic() + pause))


def enter_namespace(folder, address):
    """Waits for a new network namespace to have this address, and enters it."""
    known = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    libc = ctypes.CDLL(None, use_errno=True)
    while True:
        for name in set(os.listdir(folder) if os.path.isdir(folder) else ()) - known:
            with open(os.path.join(folder, name), "rb") as entry:
                # CLONE_NEWNET; a file that is not yet mounted over is refused.
                if libc.setns(entry.fileno(), 0x40000000) != 0:
                    continue
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
                    own.bind((address, 0))
                return
            except OSError:
                pass
        if select.select([sys.stdin], [], [], 0.0005)[0]:
            sys.exit("no such namespace came")


def main():
    plan = json.loads(sys.argv[1])
    if plan.get("netns"):
        enter_namespace(plan["netns"], plan["server"])
    Loops(plan).run()


if __name__ == "__main__":
    main()
