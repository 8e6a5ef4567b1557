"""When a container is usable, by the rules of the manager: sshd's banner, systemd's word, a name that
resolves. And the few lines of HTTP that it takes to ask Podman."""

import asyncio
import json
import os
import socket
import struct
import time

FIRST_DELAY, LAST_DELAY, TIMEOUT = 0.005, 0.1, 60


async def call(podman, method, path, body=None):
    """Podman's answer: its body, without chunks' borders."""
    reader, writer = await asyncio.open_unix_connection(podman)
    data = json.dumps(body).encode() if body is not None else b""
    writer.write(f"{method} /v4.0.0/libpod{path} HTTP/1.0\r\nHost: podman\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                 + data)
    answer = await reader.read()
    writer.close()
    head, _, found = answer.partition(b"\r\n\r\n")
    if int(head.split(b" ", 2)[1]) >= 300:
        raise RuntimeError(f"{method} {path}: {answer!r}")
    return found


async def _until(what, attempt, patience=2.0):
    delay = FIRST_DELAY
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            if await asyncio.wait_for(attempt(), patience):
                return
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(delay)
        delay = min(delay * 2, LAST_DELAY)
    raise TimeoutError(what)


async def _banner(address):
    reader, writer = await asyncio.open_connection(address, 22)
    data = await reader.readexactly(4)
    writer.close()
    return data == b"SSH-"


class Boot:
    """Listens, from before its start on, for what process 1 of a container says when it is up."""

    def __init__(self, spec):
        folder = next(mount["source"] for mount in spec["mounts"]
                      if spec["env"]["NOTIFY_SOCKET"].startswith(mount["destination"] + "/"))
        self._path = os.path.join(folder, os.path.basename(spec["env"]["NOTIFY_SOCKET"]))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if os.path.exists(self._path):
            os.unlink(self._path)
        self._socket.bind(self._path)
        self._socket.setblocking(False)

    async def told(self):
        said = b""
        while b"READY=1" not in said.split(b"\n"):
            said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 4096),
                                          TIMEOUT)
        self._socket.close()
        os.unlink(self._path)


def listen(spec):
    return Boot(spec) if spec["labels"]["mpd.type"] == "runtime" else None


class _Question(asyncio.DatagramProtocol):
    def __init__(self):
        self.answer = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, addr):
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc):
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _resolves(server, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    loop = asyncio.get_running_loop()
    transport, question = await loop.create_datagram_endpoint(_Question, remote_addr=(server, 53))
    try:
        transport.sendto(struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels
                         + struct.pack(">BHH", 0, 1, 1))
        answer = await question.answer
    finally:
        transport.close()
    flags, _, answers = struct.unpack(">3H", answer[2:8])
    return flags & 0xF == 0 and answers == 1


async def usable(spec, boot, address, resolver):
    """Returns once it is. `boot`: what listens for it; `resolver`: the address of the environment's."""
    kind, name = spec["labels"]["mpd.type"], spec["labels"]["mpd.name"]
    if boot:
        await _until(f"banner of {name}", lambda: _banner(address))
        await boot.told()
    # A question that came too early is lost, and nobody tells: another one is soon sent.
    await _until(f"name of {name}", lambda: _resolves(resolver, f"{name}.{kind}.mpd.test"),
                 patience=0.05)

