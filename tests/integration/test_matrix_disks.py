"""Full disks: what does not fit is told, nothing is lost, and all goes on when there is room again."""

import contextlib
import pathlib
import shutil

from mpdtest.api import ApiError
from mpdtest.full_disk import fill
from mpdtest.meddling import sound_after, started_at
from mpdtest.process import run
from mpdtest.reading import CONTAINERS
from mpdtest.soundness import workloads
from mpdtest.waiting import wait_until


@contextlib.contextmanager
def small_disk(the_slice):
    """The manager's state on a file system of 4 MiB; back on the big one afterwards."""
    folder = the_slice.state_root / "container-manager"
    kept = the_slice.folder / "kept"
    the_slice.stop("container-manager")
    shutil.copytree(folder, kept)
    run("mount", "-t", "tmpfs", "-o", "size=4m,mode=0750", "tmpfs", folder)
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    the_slice.start("container-manager")
    try:
        yield folder
    finally:
        if the_slice.daemon("container-manager").running():
            the_slice.stop("container-manager")
        shutil.rmtree(kept)
        shutil.copytree(folder, kept)
        run("umount", folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        the_slice.start("container-manager")


def test_out_of_disk(lit):
    """A call that cannot be stored is refused; what was stored is kept, and what runs runs."""
    with small_disk(lit) as folder, sound_after(lit):
        before = started_at(lit)
        filler = fill(folder)
        refused = None
        with lit.api() as api:
            for number in range(200):
                try:
                    api.call(f"{CONTAINERS}/StopRuntime", name="lighter", requestId=f"r{number}",
                             timeout=10)
                except ApiError as error:
                    refused = error
                    break
        assert refused is not None
        assert refused.code in ("RESOURCE_EXHAUSTED", "UNAVAILABLE"), refused
        assert started_at(lit) == before
        filler.unlink()
        if not lit.daemon("container-manager").running():
            lit.start("container-manager")
        lit.mpdctl("runtime", "start", "lighter")
        lit.mpdctl("runtime", "stop", "lighter")


@contextlib.contextmanager
def small_disk_of_podman(the_slice):
    """What Podman keeps of each container on a file system of 8 MiB."""
    folder = pathlib.Path("/var/lib/containers/storage/overlay-containers")
    kept = the_slice.folder / "kept"
    kept.mkdir()

    def copy(source, target):
        # There are pipes and sockets among it.
        run("cp", "--archive", f"{source}/.", target)

    @contextlib.contextmanager
    def nothing_runs():
        # Podman too has files open in it.
        the_slice.mpdctl("down")
        the_slice.podman.stop()
        yield
        the_slice.podman.start()
        the_slice.mpdctl("up")

    with nothing_runs():
        copy(folder, kept)
        run("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder)
        copy(kept, folder)
    try:
        yield folder
    finally:
        with nothing_runs():
            copy(folder, kept)
            run("umount", folder)
            copy(kept, folder)
        shutil.rmtree(kept)


def test_podman_out_of_disk(lit):
    """What cannot be made says why, keeps its wish and its lease, and is made once there is room; what
    runs runs."""
    with sound_after(lit), small_disk_of_podman(lit) as folder:
        before = started_at(lit)
        filler = fill(folder)
        lit.mpdctl("runtime", "create", "lightest", "--no-wait")

        def refused():
            status = workloads(lit)["runtime/lightest"]
            return status["state"] == "STATE_FAILED" and status

        status = wait_until("it cannot be made", refused)
        assert "no space left on device" in status["statusMessage"], status
        assert lit.leases()["runtime/lightest"]["address"] == status["address"]
        assert started_at(lit) == before
        filler.unlink()
        lit.wait_state("lightest", "RUNNING")
        lit.mpdctl("runtime", "delete", "lightest")
