"""Images of a few hundred kilobytes that are to mpd what a runtime is."""

import io
import tarfile

from mpdtest.process import run

# What each does: see lib/light_runtime.cc.
MODES = ("serve", "exit", "mute")


def image(mode):
    return f"localhost/mpd-light-{mode}:latest"


def load(binaries, folder):
    """Puts them into Podman's storage."""
    program = (binaries / "light_runtime").read_bytes()
    tarball = folder / "light.tar"
    with tarfile.open(tarball, "w") as tar:
        for name in ("sbin/init", "usr/bin/systemctl"):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(program), 0o755
            tar.addfile(entry, io.BytesIO(program))
    for mode in MODES:
        run("podman", "import", "--change", f'CMD ["/sbin/init", "{mode}"]', tarball, image(mode),
            timeout=60)


def configuration(runtimes):
    """What gives each runtime its image, in the configuration's `images`: {name: mode}."""
    return "".join(f'runtimes {{ name: "{name}" image: "{image(mode)}" }}\n'
                   for name, mode in runtimes.items())
