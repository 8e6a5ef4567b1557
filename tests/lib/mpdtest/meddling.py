"""What the tests share that break something of the environment and look how it is put right."""

import contextlib

from mpdtest.soundness import assert_sound, wishes
from mpdtest.waiting import wait_until

CONTAINER = "mpd-runtime-light"


@contextlib.contextmanager
def sound_after(the_slice):
    """Whatever happens in the block: soon after it everything is as it was wanted before."""
    wanted = wishes(the_slice)
    yield
    assert_sound(the_slice, wanted)


def lines_with(the_slice, *words):
    """Those of the manager's log, since the test began, that hold all the words."""
    text = the_slice.log("container-manager").read_bytes()[the_slice.log_seen:]
    return [line for line in text.decode(errors="replace").splitlines()
            if all(word in line for word in words)]


def logged(the_slice, *words):
    """Waits for such a line."""
    return wait_until(f"the manager says {words}", lambda: lines_with(the_slice, *words))


def started_at(the_slice, container=CONTAINER):
    return the_slice.podman.inspect(container)["State"]["StartedAt"]
