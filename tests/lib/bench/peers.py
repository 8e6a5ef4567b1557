"""Other ways to a new name: a configuration file and a restart, a hosts file and SIGHUP, and
Podman's own DNS. With as many records as the zone that they are compared with."""

import json
import os
import pathlib
import signal
import time

from mpdtest.dns import dig
from mpdtest.process import run
from mpdtest.waiting import wait_until

IMAGE = "localhost/mpd-dnsmasq:latest"
ADDRESS = "10.163.255.3"

CONFIG = f"""keep-in-foreground
pid-file=
log-facility=-
user=dnsmasq
listen-address={ADDRESS}
bind-interfaces
no-hosts
no-resolv
local=/mpd.test/
cache-size=5000
conf-file=/etc/mpd/dnsmasq/records.conf
addn-hosts=/etc/mpd/dnsmasq/hosts
"""


def address(number):
    return f"10.163.{1 + number // 200}.{1 + number % 200}"


class PlainDnsmasq:
    """The same image, configured by hand, in a container of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "dnsmasq.conf").write_text(CONFIG)
        self._changes = 0
        self._pid = 0
        self._records = {"records.conf": [], "hosts": []}
        self._write("records.conf")
        self._write("hosts")
        # One hardware address for good, as our own has: or the restart would be blamed for half a
        # minute in which the old one is still believed.
        run("podman", "run", "--detach", "--name", "plain-dnsmasq", "--network", "mpd-internal",
            "--ip", ADDRESS, "--mac-address", "02:6d:70:64:ff:03", "--cap-add",
            "NET_ADMIN,NET_RAW", "--volume", f"{self.folder}:/etc/mpd/dnsmasq:ro", IMAGE)
        self._settled()

    def _write(self, name):
        new = self.folder / f".{name}"
        new.write_text("".join(self._records[name]))
        new.rename(self.folder / name)

    def _line(self, name, host, to):
        return f"host-record={host},{to}\n" if name == "records.conf" else f"{to} {host}\n"

    def _settled(self):
        wait_until("the plain dnsmasq answers",
                   lambda: dig("nothing.mpd.test", server=ADDRESS).rcode == "NXDOMAIN")

    def use(self, name, records):
        """All records are in that file."""
        self._records = {"records.conf": [], "hosts": []}
        self._records[name] = [self._line(name, f"n{i}.runtime.mpd.test", address(i))
                               for i in range(records)]
        self._write("records.conf")
        self._write("hosts")
        self.restart()
        self._settled()
        self._pid = pid_of("plain-dnsmasq")

    @staticmethod
    def restart():
        run("podman", "restart", "plain-dnsmasq")

    def reload(self):
        os.kill(self._pid, signal.SIGHUP)

    def measure(self, load, name, records, then, times):
        """Milliseconds from the file's rewriting to the answer."""
        self.use(name, records)
        found = []
        for _ in range(times):
            self._changes += 1
            host = f"x{self._changes}.runtime.mpd.test"
            self._records[name].append(self._line(name, host, "10.163.254.9"))

            def change():
                self._write(name)
                then()

            found.append(load.until_answered(ADDRESS, host, change))
        return found

    @staticmethod
    def remove():
        run("podman", "rm", "--force", "--time", "0", "plain-dnsmasq")


class PodmanDns:
    """aardvark-dns, beside a network without it to know what a container's start takes."""

    SERVER = "10.99.7.1"
    CONFIG = pathlib.Path("/run/containers/networks/aardvark-dns/bench-dns")

    def __init__(self):
        run("podman", "network", "create", "--subnet", "10.99.7.0/24", "bench-dns")
        run("podman", "network", "create", "--subnet", "10.99.8.0/24", "--disable-dns",
            "bench-plain")
        # The first container starts the server.
        self._run("bench-dns", "bench-first")
        wait_until("Podman's DNS answers", lambda: self._knows("bench-first.dns.podman"))
        self._started = 0

    def _knows(self, name):
        return dig(name, server=self.SERVER).data

    @staticmethod
    def _run(network, name):
        run("podman", "run", "--detach", "--name", name, "--network", network, "--entrypoint",
            '["sleep", "300"]', IMAGE)

    def fill(self, records):
        """As many entries as that, in the file that the server reads."""
        have = len(self.CONFIG.read_text().splitlines()) - 1
        with open(self.CONFIG, "a", encoding="ascii") as config:
            for i in range(have, records):
                config.write(f"{i:064x} 10.99.{1 + i // 200}.{1 + i % 200}  n{i}\n")

    def measure(self, load, times):
        """Milliseconds from `podman run` to the answer, and to its end where there is no DNS."""
        found, plain = [], []
        for _ in range(times):
            self._started += 1
            begin = time.monotonic_ns()
            self._run("bench-plain", f"bench-p{self._started}")
            plain.append((time.monotonic_ns() - begin) / 1e6)
            name = f"bench-d{self._started}"
            found.append(load.until_answered(self.SERVER, f"{name}.dns.podman",
                                             lambda who=name: self._run("bench-dns", who)))
            for kind in ("p", "d"):
                run("podman", "rm", "--force", "--time", "0", f"bench-{kind}{self._started}")
        return found, plain

    @staticmethod
    def remove():
        run("podman", "rm", "--force", "--time", "0", "bench-first")
        run("podman", "network", "rm", "--force", "bench-dns", "bench-plain")


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError(pid)


def pid_of(container):
    return json.loads(run("podman", "inspect", container).stdout)[0]["State"]["Pid"]
