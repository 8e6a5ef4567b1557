#!/usr/bin/python3
"""upstream_dns.py ADDRESS ANSWER FILE: a resolver that answers every A question with ANSWER and any
other with no data, and appends {"name", "type"} of each to FILE. Prints a line once it listens."""

import json
import socket
import struct
import sys


def question(packet):
    """(name, type, end of the question)."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5


def reply(packet, answer):
    name, kind, end = question(packet)
    records = b""
    if kind == 1:
        records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(answer)
    header = packet[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if records else 0, 0, 0)
    return name, kind, header + packet[12:end] + records


def main():
    address, answer, seen = sys.argv[1:]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    with open(seen, "a", encoding="utf-8") as record:
        print("listening", flush=True)
        while True:
            packet, client = server.recvfrom(4096)
            name, kind, data = reply(packet, answer)
            print(json.dumps({"name": name, "type": kind}), file=record, flush=True)
            server.sendto(data, client)


if __name__ == "__main__":
    main()
