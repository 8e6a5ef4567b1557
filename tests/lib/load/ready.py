"""When a container is usable, by the rules of the manager: sshd's banner, systemd's word, a name that
resolves. And the few lines of HTTP that it takes to ask Podman."""

import asyncio
import json
import struct
import time

from load.specs import network_of

FIRST_DELAY, LAST_DELAY, TIMEOUT = 0.005, 0.1, 60


async def call(socket, method, path, body=None):
    """Podman's answer: its body, without chunks' borders."""
    reader, writer = await asyncio.open_unix_connection(socket)
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


async def _until(what, attempt):
    delay = FIRST_DELAY
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            if await asyncio.wait_for(attempt(), 2):
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


async def _booted(socket, name):
    made = json.loads(await call(socket, "POST", f"/containers/{name}/exec", {
        "Cmd": ["systemctl", "is-system-running"], "AttachStdout": True, "AttachStderr": True}))
    said = await call(socket, "POST", f"/exec/{made['Id']}/start", {"Detach": False, "Tty": False})
    return b"running" in said or b"degraded" in said


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


async def usable(socket, spec, address, resolver):
    """Returns once it is. `resolver`: the address of the environment's."""
    kind, name = spec["labels"]["mpd.type"], spec["labels"]["mpd.name"]
    if kind == "runtime":
        await _until(f"banner of {name}", lambda: _banner(address))
        await _until(f"systemd of {name}", lambda: _booted(socket, spec["name"]))
    await _until(f"name of {name}", lambda: _resolves(resolver, f"{name}.{kind}.mpd.test"))


async def all_usable(socket, specs):
    """Each where its specification puts it."""
    resolver = network_of(specs[0])[1]
    await asyncio.gather(*(usable(socket, spec, network_of(spec)[1], resolver) for spec in specs))
