"""Commands with a time-out, and long-running processes that are ended by their own id."""

import os
import shlex
import signal
import subprocess


class CommandFailed(AssertionError):
    """A command that was to succeed did not; the text holds all that it said."""


class Result:
    """What a command left behind: exit code, output, error output."""

    def __init__(self, command, code, stdout, stderr):
        self.command = command
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    @property
    def text(self):
        return self.stdout + self.stderr

    def __repr__(self):
        return (f"`{self.command}` ended with {self.code}\n"
                f"--- output\n{self.stdout}--- error output\n{self.stderr}")


def run(*command, timeout=30.0, check=True, env=None, stdin=None, cwd=None):
    """Runs a command to its end; with `check` anything but exit code 0 raises CommandFailed."""
    shown = shlex.join(str(word) for word in command)
    process = subprocess.Popen(
        [str(word) for word in command], text=True, env=env, cwd=cwd, errors="replace",
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise CommandFailed(f"no end within {timeout:g} s: "
                            f"{Result(shown, None, out, err)}") from None
    result = Result(shown, process.returncode, out, err)
    if check and result.code != 0:
        raise CommandFailed(repr(result))
    return result


class Background:
    """A process that runs beside the test, its output in a file."""

    def __init__(self, command, log, env=None):
        self.command = [str(word) for word in command]
        self.log = log
        with open(log, "ab") as sink:
            self._offset = sink.tell()
            self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=sink,
                                             stderr=subprocess.STDOUT, env=env)

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def output(self):
        """What it has printed since this start."""
        with open(self.log, encoding="utf-8", errors="replace") as source:
            source.seek(self._offset)
            return source.read()

    def signal(self, number):
        if self.running():
            self._process.send_signal(number)

    def wait(self, timeout=10.0):
        """Its exit code."""
        return self._process.wait(timeout)

    def stop(self, timeout=10.0):
        """Ends it by SIGTERM, and by SIGKILL when that does not do."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()
