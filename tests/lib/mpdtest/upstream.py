"""The world outside: a network namespace with a resolver that knows every name but the zone's."""

import json
import pathlib

from mpdtest.process import Background, run
from mpdtest.waiting import wait_until

SERVER = pathlib.Path(__file__).resolve().parent.parent / "upstream_dns.py"
RESOLV_CONF = pathlib.Path("/run/systemd/resolve/resolv.conf")


class Upstream:
    """A resolver at `address`, one cable away, that answers every A question with `answer`, or with
    `back` hands all questions on to the resolver at that address."""

    def __init__(self, name, address, own, answer, folder, back=None):
        self.name, self.address, self.answer = name, address, answer
        self._back = [back] if back else []
        self._own = own
        self._seen = pathlib.Path(folder) / f"{name}.asked"
        self._log = pathlib.Path(folder) / f"{name}.log"
        self._server = None

    def start(self):
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "up0", "netns", self.name)
        run("ip", "address", "add", f"{self._own}/30", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        inside = ("ip", "-n", self.name)
        run(*inside, "address", "add", f"{self.address}/30", "dev", "up0")
        run(*inside, "link", "set", "up0", "up")
        run(*inside, "route", "add", "default", "via", self._own)
        self._server = Background(
            ["nsenter", f"--net=/run/netns/{self.name}", "/usr/bin/python3", SERVER, self.address,
             self.answer, self._seen, *self._back], self._log)
        wait_until("the upstream resolver listens", self._log.read_text)

    def questions(self):
        """What it was asked: name, type, and whether via udp or tcp."""
        return [json.loads(text) for text in self._seen.read_text().splitlines()]

    def asked(self):
        """The names that it was asked for."""
        return [question["name"] for question in self.questions()]

    def stop(self):
        if self._server:
            self._server.stop()
        run("ip", "netns", "delete", self.name, check=False)


def use_none():
    """As where nothing tells the VM of a resolver."""
    RESOLV_CONF.unlink(missing_ok=True)


def use(*addresses):
    """Writes the VM's resolv.conf as systemd-resolved does: a new file, renamed over the old one."""
    RESOLV_CONF.parent.mkdir(parents=True, exist_ok=True)
    new = RESOLV_CONF.with_suffix(".new")
    new.write_text("".join(f"nameserver {address}\n" for address in addresses))
    new.rename(RESOLV_CONF)
