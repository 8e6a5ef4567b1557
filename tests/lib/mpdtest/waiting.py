"""Waiting for an event, never for a span of time."""

import time


class TimedOut(AssertionError):
    """What was waited for did not come in time."""


def wait_until(what, probe, timeout=30.0, interval=0.02):
    """Calls `probe` until it returns something true, and returns that.

    A probe that raises OSError, LookupError or AssertionError is not there yet; the last such error
    is told when the time is up, and so is the last false value, so that a failure explains itself.
    """
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except (OSError, LookupError, AssertionError) as error:
            last = error
        if time.monotonic() > deadline:
            raise TimedOut(f"not within {timeout:g} s: {what}; last seen: {last!r}")
        time.sleep(interval)
