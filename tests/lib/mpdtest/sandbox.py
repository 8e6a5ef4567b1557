"""A sandbox of deploy/: a Debian machine with systemd, and the laptop beside it."""

import json
import pathlib
import re
import time

from mpdtest.api import Api
from mpdtest.process import run
from mpdtest.reading import Reader

TREE = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = TREE / "deploy" / "sandbox"
DEVELOPER = "dev"
UNITS = ("mpd-ipam", "mpd-dnsd-controller", "mpd-container-manager", "mpd-ca", "mpd-gateway")


class Sandbox(Reader):
    """Commands in the machine and on the laptop; the gateway's socket as seen from here.

    `name` is what MPD_SANDBOX says: sandboxes of different names run side by side. `logs` is the
    folder for what the scripts of deploy/ and the machine itself say.
    """

    def __init__(self, release, name, logs):
        self.release = release
        self.name = name
        self.logs = pathlib.Path(logs)
        self._named = ("env", f"MPD_SANDBOX={name}", f"MPD_LOG_DIR={logs}")
        self._script = (*self._named, str(SCRIPT))
        # Put before a command, they run it on the laptop, and in the machine.
        self.within = (*self._script, "laptop")
        self.inside = (*self._script, "exec")

    @property
    def folder(self):
        """Where its files are on this host."""
        return pathlib.Path(f"/var/lib/mpd-sandbox-{self.name}")

    @property
    def key(self):
        """The private key that opens the runtimes and the machine."""
        return self.folder / "laptop" / "id_ed25519"

    def script(self, *arguments, timeout=300.0):
        """deploy/sandbox itself."""
        return run(*self._script, *arguments, timeout=timeout)

    def up(self, timeout):
        """deploy/up; its seconds and what it printed."""
        begin = time.monotonic()
        result = run(*self._named, TREE / "deploy" / "up", "--sandbox", "--release", self.release,
                     timeout=timeout)
        return time.monotonic() - begin, result.stdout

    def machine(self, *command, check=True, timeout=60.0, stdin=None):
        return run(*self.inside, *command, check=check, timeout=timeout, stdin=stdin)

    def laptop(self, *command, check=True, timeout=60.0):
        return run(*self.within, *command, check=check, timeout=timeout)

    def mpdctl(self, *arguments, check=True, timeout=150.0):
        return self.machine("mpdctl", *arguments, check=check, timeout=timeout)

    def pid(self):
        """The machine's process 1 as numbered here."""
        return re.search(r"^pid +(\d+)$", self.script("status").stdout, re.MULTILINE).group(1)

    def api(self, **options):
        return Api(f"/proc/{self.pid()}/root/run/mpd/gateway.sock", **options)

    def restart_ms(self, *units):
        """Milliseconds until systemd has had READY of all of them."""
        shown = self.machine("bash", "-c", 'begin=$EPOCHREALTIME; systemctl restart "$@"; '
                             'printf "%s %s" "$begin" "$EPOCHREALTIME"', "restart", *units).stdout
        begin, end = (float(number.replace(",", ".")) for number in shown.split())
        return (end - begin) * 1000

    def active(self, unit):
        return self.machine("systemctl", "is-active", unit, check=False).stdout.strip() == "active"

    def containers(self, *filters):
        words = [word for given in filters for word in ("--filter", given)]
        return json.loads(self.machine("podman", "ps", "--all", "--format", "json", *words).stdout)

    def journal(self, unit, since):
        """The unit's own lines since a moment (seconds since 1970)."""
        return self.machine("journalctl", "--no-pager", "--output=cat", f"--unit={unit}",
                            f"--since=@{since:.3f}").stdout
