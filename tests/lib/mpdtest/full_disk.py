"""A disk without room."""

import contextlib


def fill(folder):
    """A file that takes all the space there is; without it there is room again."""
    ballast = folder / "ballast"
    # Unbuffered: what is closed has nothing left to write.
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    return ballast
