"""Logging in to a runtime: the banner, a command, a session that stays open."""

import subprocess
import threading

from mpdtest.process import run


def options(key, known_hosts="/dev/null"):
    return ["-i", key, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
            "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={known_hosts}",
            "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10"]


def banner(address, within=(), timeout=10):
    """What comes first from port 22; no more than its line is read."""
    return run(*within, "timeout", str(timeout), "bash", "-c",
               'exec 3<>"/dev/tcp/$0/22"; IFS= read -r line <&3; printf "%s" "$line"', address,
               check=False, timeout=timeout + 5).stdout.strip()


def ssh(user, address, key, *command, within=(), check=True, timeout=30):
    return run(*within, "ssh", *options(key), f"{user}@{address}", *command, check=check,
               timeout=timeout)


class Session:
    """An open session whose far end sends back each line."""

    def __init__(self, user, address, key, within=()):
        self._process = subprocess.Popen(
            [*within, "ssh", *options(key), f"{user}@{address}", "cat"], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def echo(self, word, timeout=10.0):
        """True when the far end sends `word` back in time; a session that hangs is ended."""
        timer = threading.Timer(timeout, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(f"{word}\n")
            return self._process.stdout.readline().strip() == word
        except (BrokenPipeError, OSError):
            return False
        finally:
            timer.cancel()

    def close(self):
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
