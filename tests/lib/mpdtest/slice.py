"""The daemons with a Podman of their own, started, stopped and killed one by one.

Only for use inside tests/lib/world.
"""

import os
import pathlib
import signal

import grpc

from mpdtest import light
from mpdtest.api import Api
from mpdtest.podman import Podman
from mpdtest.process import Background, run
from mpdtest.reading import Reader
from mpdtest.waiting import wait_until

COMPONENTS = ("ipam", "dnsd-controller", "container-manager", "ca", "gateway")

# Where images come from that are not built here; see mpdtest.registry.
REGISTRY = "127.0.0.1:5000"

# Runtimes of these names have an image of next to nothing; what each does: see light.py.
LIGHT_RUNTIMES = {"light": "serve", "lighter": "serve", "lightest": "serve", "exits": "exit",
                  "mute": "mute"}

# A runtime of its own, whose image a test replaces.
RENEWED_IMAGE = "localhost/mpdtest-renewed:latest"

# In a configuration: of all services the resolver alone.
ONLY_THE_RESOLVER = """
pools { name: "services" first_offset: 3 last_offset: 29 fixed_only: true
        fixed { owner: "service/dnsmasq" offset: 3 } }
pools { name: "databases" first_offset: 30 last_offset: 99 }
pools { name: "runtimes" first_offset: 100 last_offset: 254 fixed { owner: "runtime/php" offset: 100 }
        fixed { owner: "runtime/node" offset: 101 } fixed { owner: "runtime/util" offset: 102 } }
"""

DEVELOPER = "mpdtest"
DEVELOPER_UID = 1777
DEVELOPER_HOME = pathlib.Path("/run/mpdtest")


def make_developer():
    """The key with which the tests log in to runtimes; its path."""
    key = DEVELOPER_HOME / ".ssh" / "id_ed25519"
    if not key.exists():
        key.parent.mkdir(parents=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        (key.parent / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    return key


def healthy(socket):
    """Whether grpc.health.v1 on the socket says SERVING for the server as a whole."""
    with grpc.insecure_channel(f"unix:{socket}",
                               options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            return check(b"", timeout=1) == b"\x08\x01"
        except grpc.RpcError:
            return False


class Slice(Reader):
    """Everything below one folder: configuration, state, sockets, logs."""

    def __init__(self, folder, binaries, podman=True, images=None, pools=""):
        self.folder = pathlib.Path(folder)
        self.binaries = pathlib.Path(binaries)
        self.state_root = self.folder / "state"
        self.run_root = self.folder / "run"
        self.config = self.folder / "mpd.textproto"
        self.podman_socket = self.folder / "podman.sock"
        # Where the daemons look for Podman, if not there.
        self.podman_seen_at = None
        for path in (self.state_root / "conf", self.run_root):
            path.mkdir(parents=True, exist_ok=True)
        (self.state_root / "conf" / "platform.env").write_text(
            "MPD_PLATFORM=sandbox\nMPD_VM_IP=\nMPD_VM_ID=testvm\n")
        if images is None:
            images = (f'databases {{ engine: "mariadb" image: "{REGISTRY}/mariadb:{{version}}" }}\n'
                      + light.configuration(LIGHT_RUNTIMES)
                      + f'runtimes {{ name: "renewed" image: "{RENEWED_IMAGE}" }}\n')
        # No rest for released addresses, so that which one is the lowest free is known.
        self.config.write_text(f'developer {{ user: "{DEVELOPER}" }}\nrelease_cooldown {{ }}\n'
                               f'images {{\n{images}}}\n{pools}')
        self.podman = Podman(self.podman_socket, self.folder / "podman.log") if podman else None
        self._daemons = {}

    @property
    def env(self):
        return dict(os.environ, NO_COLOR="1", MPD_STATE_ROOT=str(self.state_root),
                    MPD_RUN_ROOT=str(self.run_root), MPD_CONFIG=str(self.config),
                    MPD_PODMAN_SOCKET=str(self.podman_seen_at or self.podman_socket))

    def socket(self, component):
        return self.run_root / f"{component}.sock"

    def log(self, component):
        return self.folder / f"{component}.log"

    def start(self, *components, wait=True):
        """Starts what is not running; all of them by default, at the same time."""
        components = components or COMPONENTS
        for component in components:
            if component not in self._daemons or not self._daemons[component].running():
                self._daemons[component] = Background(
                    [self.binaries / f"mpd-{component}"], self.log(component), self.env)
        if wait:
            for component in components:
                self.wait_healthy(component)

    def wait_healthy(self, component):
        def probe():
            daemon = self._daemons[component]
            assert daemon.running(), f"mpd-{component} ended: {daemon.output()}"
            return healthy(self.socket(component))

        wait_until(f"mpd-{component} serves", probe, timeout=20)

    def daemon(self, component):
        return self._daemons[component]

    def stop(self, *components):
        """SIGTERM; the exit codes, in order."""
        components = components or COMPONENTS[::-1]
        for component in components:
            self._daemons[component].signal(signal.SIGTERM)
        return [self._daemons[component].wait(10) for component in components]

    def kill(self, *components):
        """SIGKILL to all of them before the first is waited for."""
        components = components or COMPONENTS
        for component in components:
            self._daemons[component].signal(signal.SIGKILL)
        for component in components:
            self._daemons[component].wait()

    def mpdctl(self, *arguments, check=True, timeout=150.0):
        return run(self.binaries / "mpdctl", *arguments, check=check, timeout=timeout, env=self.env)

    def api(self, component="gateway", **options):
        return Api(self.socket(component), **options)

    def close(self):
        for daemon in reversed(self._daemons.values()):
            daemon.stop()
        if self.podman:
            self.podman.clear()
            self.podman.stop()
