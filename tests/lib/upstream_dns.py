#!/usr/bin/python3
"""upstream_dns.py ADDRESS ANSWER FILE [BACK]: a resolver, over UDP and TCP, that answers every A
question with ANSWER, a TXT question for big<N>.… with N bytes of text, and any other with no data. It
appends {"name", "type", "via"} of each question to FILE. Over UDP an answer that is longer than the
client takes (RFC 6891, else 512 bytes) is cut to its header and question, and marked as truncated.

With BACK, a resolver's address, it hands every question on to that one, as a laptop does whose only
resolver is the VM's. Prints a line once it listens.
"""

import json
import re
import socket
import struct
import sys
import threading

A, TXT, OPT = 1, 16, 41
TRUNCATED = 0x0200


def question(packet):
    """(name, type, end of the question)."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5


def room(packet, end):
    """How long an answer over UDP may be."""
    extra = struct.unpack(">H", packet[10:12])[0]
    # The client's OPT record comes first where there is one: root, type, size.
    if extra and packet[end] == 0 and struct.unpack(">H", packet[end + 1:end + 3])[0] == OPT:
        return max(512, struct.unpack(">H", packet[end + 3:end + 5])[0])
    return 512


def record(kind, data):
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def records(name, kind, answer):
    if kind == A:
        return record(A, socket.inet_aton(answer))
    big = re.match(r"big(\d+)\.", name)
    if kind == TXT and big:
        text = b"x" * int(big.group(1))
        pieces = [text[at:at + 250] for at in range(0, len(text), 250)]
        return record(TXT, b"".join(bytes([len(piece)]) + piece for piece in pieces))
    return b""


def reply(packet, answer, limit=None):
    name, kind, end = question(packet)
    data = records(name, kind, answer)
    flags = 0x8180
    if limit is not None and end + len(data) > (limit or room(packet, end)):
        data, flags = b"", flags | TRUNCATED
    header = packet[:2] + struct.pack(">HHHHH", flags, 1, 1 if data else 0, 0, 0)
    return header + packet[12:end] + data


class Server:
    def __init__(self, address, answer, seen, back):
        self.answer, self.seen, self.back = answer, seen, back
        self.lock = threading.Lock()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.tcp = socket.create_server((address, 53), backlog=64)

    def note(self, packet, via):
        name, kind, _ = question(packet)
        with self.lock:
            print(json.dumps({"name": name, "type": kind, "via": via}), file=self.seen, flush=True)

    def serve_udp(self):
        while True:
            packet, client = self.udp.recvfrom(4096)
            self.note(packet, "udp")
            if self.back:
                threading.Thread(target=self.hand_on, args=(packet, client), daemon=True).start()
            else:
                self.udp.sendto(reply(packet, self.answer, 0), client)

    def hand_on(self, packet, client):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
            onward.settimeout(2)
            onward.connect((self.back, 53))
            onward.send(packet)
            try:
                self.udp.sendto(onward.recv(4096), client)
            except OSError:
                pass

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rb") as source:
            while len(length := source.read(2)) == 2:
                packet = source.read(struct.unpack(">H", length)[0])
                self.note(packet, "tcp")
                data = reply(packet, self.answer)
                connection.sendall(struct.pack(">H", len(data)) + data)


def main():
    address, answer, seen, *back = sys.argv[1:]
    with open(seen, "a", encoding="utf-8") as sink:
        server = Server(address, answer, sink, back[0] if back else None)
        threading.Thread(target=server.serve_tcp, daemon=True).start()
        print("listening", flush=True)
        server.serve_udp()


if __name__ == "__main__":
    main()
