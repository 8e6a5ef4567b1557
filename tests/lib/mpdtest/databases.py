"""Databases as their clients see them: psql and mariadb, by the contract's passwords."""

import json

from mpdtest.process import run


class Engine:
    """One engine in the version that deploy/images built."""

    def __init__(self, name, client, recovery, images):
        self.name = name
        self._client = client
        # What the server prints when it was not shut down cleanly before.
        self.recovery = recovery
        prefix = f"localhost/mpd-{name}:"
        tags = [image for image in images if image.startswith(prefix)]
        assert len(tags) == 1, (name, images)
        self.version = tags[0].removeprefix(prefix)

    @property
    def id(self):
        return f"{self.name}-{self.version.replace('.', '-')}"

    @property
    def container(self):
        return f"mpd-db-{self.id}"

    @property
    def hostname(self):
        return f"{self.id}.db.mpd.test"

    def command(self, address, text):
        """The client that says `text` to the database."""
        return self._client(address, text)

    def sql(self, address, text, within=()):
        """What it answers, as lines of tab-separated fields."""
        return run(*within, *self._client(address, text), timeout=20).stdout.strip()


def _psql(address, text):
    return ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-c", text,
            f"postgresql://postgres:postgres@{address}/postgres?connect_timeout=5"]


def _mariadb(address, text):
    # Debian 13's client takes no server without TLS by itself.
    return ["mariadb", "--no-defaults", f"--host={address}", "--user=root", "--password=root",
            "--connect-timeout=5", "--batch", "--skip-column-names", "--skip-ssl", "-e", text, "mysql"]


def engines(podman=("podman",)):
    """Those that this machine has images of, by name."""
    listed = json.loads(run(*podman, "images", "--format", "json").stdout or "[]")
    images = [name for image in listed for name in image.get("Names") or []]
    return {engine.name: engine for engine in (
        Engine("postgres", _psql, "automatic recovery in progress", images),
        Engine("mariadb", _mariadb, "Starting crash recovery", images))}
