"""clang-tidy, with a memory of what it found good."""

import collections
import hashlib
import json
import os
import subprocess

from runner.steps import BUILD, TREE

CLANG_TIDY = "clang-tidy-19"


def compiled(build, sources):
    """Those of the sources that the build compiles, in order."""
    database = json.loads((build / "compile_commands.json").read_text())
    return sorted(set(sources) & {os.path.relpath(entry["file"], TREE) for entry in database})


def included_files(told, build, tree=TREE):
    """{source: all files that it includes}, of what `ninja -t deps` has told. Paths are relative to
    the tree; what is outside of it is left out."""
    found = collections.defaultdict(set)
    for entry in told.split("\n\n"):
        # A line about the object, then the source, then what it includes.
        paths = [os.path.relpath(os.path.join(build, text.strip()), tree)
                 for text in entry.strip().splitlines()[1:]]
        if paths:
            found[paths[0]].update(path for path in paths[1:] if not path.startswith(".."))
    return dict(found)


class Verdicts:
    """Which files were found good, remembered by the text of everything that could change the verdict:
    `common` (the tool and its checks), the file, and the files of the tree that it includes. So a
    changed header costs as many verdicts as files include it.

    `included` is as included_files() returns it. A file that is not in it has not been compiled yet: it
    may include any of `headers`.
    """

    def __init__(self, folder, common, included, headers, tree=TREE):
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._common = common
        self._included = included
        self._headers = headers
        self._tree = tree
        self._digests = {}

    def is_good(self, name):
        return self._mark(name).exists()

    def remember_good(self, name):
        self._mark(name).touch()

    def _mark(self, name):
        key = hashlib.sha256(self._common)
        for part in [name, *sorted(self._included.get(name) or self._headers)]:
            key.update(part.encode() + b"\0" + self._digest(part))
        return self._folder / key.hexdigest()

    def _digest(self, name):
        if name not in self._digests:
            path = self._tree / name
            self._digests[name] = hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest()
        return self._digests[name]


class Tidy:
    """Judges source files, tests included."""

    COMMAND = [
        # Beside a build, that goes first.
        "nice", "-n", "5", CLANG_TIDY, "--quiet", "--extra-arg=-Wthread-safety",
        # Boost 1.74 looks for clang's coroutines where clang had them before C++20.
        "--extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT=1", "--extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE=1",
        # Meant for g++, which compiles this: clang need not know its options, and takes an
        # enumerator of a class for one that hides another.
        "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-shadow"]
    # A test that fills a vector of five need not reserve it.
    TEST_CHECKS = "--checks=-performance-inefficient-vector-operation"

    def __init__(self, build, headers):
        self._build = build
        version = subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True).stdout
        told = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True,
                              text=True, check=False).stdout
        common = version + " ".join([*self.COMMAND, self.TEST_CHECKS]).encode()
        self._verdicts = Verdicts(BUILD / "lint" / "tidy-good",
                                  common + (TREE / ".clang-tidy").read_bytes(),
                                  included_files(told, build), headers)

    def judge(self, name):
        """(name, was remembered, what is wrong with it or nothing)."""
        if self._verdicts.is_good(name):
            return name, True, ""
        is_test = name.endswith("_test.cc") or "/testing/" in name
        done = subprocess.run([*self.COMMAND, *([self.TEST_CHECKS] if is_test else []), "-p",
                               str(self._build), name], cwd=TREE, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            self._verdicts.remember_good(name)
            return name, False, ""
        return name, False, done.stdout + done.stderr
