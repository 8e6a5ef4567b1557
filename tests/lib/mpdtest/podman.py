"""Podman as the suites use it: its API on a socket, and its command line to look at the result."""

import json
import os

from mpdtest.process import Background, run
from mpdtest.waiting import wait_until


class Podman:
    """A `podman system service` on `socket`."""

    def __init__(self, socket, log):
        self._socket = socket
        self._log = log
        self._service = None

    def start(self):
        os.makedirs(os.path.dirname(self._socket), exist_ok=True)
        # What one that was killed left.
        if os.path.exists(self._socket):
            os.unlink(self._socket)
        self._service = Background(
            ["podman", "system", "service", "--time=0", f"unix://{self._socket}"], self._log)
        wait_until("Podman's API answers", self._answers)

    def _answers(self):
        return run("podman", "--url", f"unix://{self._socket}", "version", check=False).code == 0

    def running(self):
        return self._service is not None and self._service.running()

    def socket_missing(self):
        return not os.path.exists(self._socket)

    def stop(self):
        if self._service:
            self._service.stop()
            self._service = None
        if os.path.exists(self._socket):
            os.unlink(self._socket)

    def kill(self):
        """The service alone: containers go on."""
        self._service.kill()

    def containers(self, *filters):
        """All containers, running or not, as `podman ps --format json` tells of them."""
        words = [word for given in filters for word in ("--filter", given)]
        return json.loads(run("podman", "ps", "--all", "--format", "json", *words).stdout or "[]")

    def names(self, *filters):
        return sorted(name for container in self.containers(*filters)
                      for name in container["Names"])

    def inspect(self, name):
        return json.loads(run("podman", "container", "inspect", name).stdout)[0]

    def address(self, name, network="mpd-internal"):
        return self.inspect(name)["NetworkSettings"]["Networks"][network]["IPAddress"]

    def clear(self):
        """Removes every container, volume and network; images stay."""
        run("podman", "rm", "--all", "--force", "--time", "0", timeout=60)
        run("podman", "volume", "prune", "--force")
        run("podman", "network", "prune", "--force")
