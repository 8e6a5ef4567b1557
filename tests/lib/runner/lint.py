"""Lint: what can be judged by reading the tree."""

import collections
import concurrent.futures
import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import time

from runner.steps import BUILD, TREE, environment, line, log_of, tail

CLANG_FORMAT = "clang-format-19"
CLANG_TIDY = "clang-tidy-19"


def tracked(*patterns):
    """Files of the tree that git knows or would add, so that a new one is judged too."""
    out = subprocess.run(["git", "-c", f"safe.directory={TREE}", "ls-files", "--cached", "--others",
                          "--exclude-standard", "-z", "--", *patterns],
                         cwd=TREE, check=True, capture_output=True).stdout.decode()
    return sorted({name for name in out.split("\0") if name and (TREE / name).is_file()})


def shell_scripts():
    """By their name, or by their first line where they have no suffix."""
    scripts = []
    for name in tracked():
        path = TREE / name
        if path.suffix == ".sh":
            scripts.append(name)
        elif not path.suffix:
            with open(path, "rb") as source:
                first = source.readline(80)
            if first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"sh")):
                scripts.append(name)
    return scripts


def check(counts, name, *command, told=""):
    begin = time.monotonic()
    done = subprocess.run(command, cwd=TREE, env=environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", check=False,
                          timeout=600)
    log = log_of(f"lint {name}")
    log.write_text(done.stdout + done.stderr)
    good = counts.add(done.returncode == 0)
    line(name, "ok" if good else "FAILED", time.monotonic() - begin, told)
    if done.returncode:
        tail(log)


# Checks of the tree that are modules here: each has check(), which returns sentences.
OWN_CHECKS = ("documents", "rooms", "reasons")


def own_check(counts, name):
    begin = time.monotonic()
    found = importlib.import_module(f"runner.{name}").check()
    log = log_of(f"lint {name}")
    log.write_text("".join(f"{sentence}\n" for sentence in found))
    line(name, "ok" if counts.add(not found) else "FAILED", time.monotonic() - begin,
         f"{len(found)} broken rules" if found else "")
    if found:
        tail(log, 60)


def included_files(build):
    """{source: all files that it includes, as the compiler told ninja}; empty where nothing has been
    compiled. Paths are relative to the tree; what is outside of it is left out."""
    out = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True,
                         check=False).stdout
    found = collections.defaultdict(set)
    for entry in out.split("\n\n"):
        paths = [os.path.relpath(os.path.join(build, text.strip()), TREE)
                 for text in entry.splitlines()[1:]]
        found[paths[0] if paths else ""].update(path for path in paths[1:]
                                                if not path.startswith(".."))
    return found


class Tidy:
    """clang-tidy over every source file that is compiled, tests included, two at a time.

    A file that was found good is remembered by the text of everything that could change the
    verdict: itself, the headers of the tree and the generated ones that it includes, the list of
    checks, the tool. So a changed header costs as many verdicts as files include it.
    """

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

    def __init__(self, build):
        self._build = build
        self._memory = BUILD / "lint" / "tidy-good"
        self._memory.mkdir(parents=True, exist_ok=True)
        common = hashlib.sha256(subprocess.run([CLANG_TIDY, "--version"], check=True,
                                               capture_output=True).stdout)
        common.update(" ".join(self.COMMAND + [self.TEST_CHECKS]).encode())
        common.update((TREE / ".clang-tidy").read_bytes())
        self._common = common.digest()
        self._included = included_files(build)
        self._digests = {}

    def files(self, wanted):
        """Sources in the tree that the build compiles; generated ones are elsewhere."""
        database = json.loads((self._build / "compile_commands.json").read_text())
        known = set(tracked("*.cc"))
        names = sorted(known & {os.path.relpath(entry["file"], TREE) for entry in database})
        return [name for name in names if wanted in "clang-tidy" or wanted in name]

    def _digest(self, name):
        if name not in self._digests:
            path = TREE / name
            self._digests[name] = hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest()
        return self._digests[name]

    def _key(self, name):
        # One that has not been compiled yet may include any header.
        included = self._included.get(name) or tracked("*.h", "*.proto")
        key = hashlib.sha256(self._common)
        for part in [name, *sorted(included)]:
            key.update(part.encode() + b"\0" + self._digest(part))
        return key.hexdigest()

    def judge(self, name):
        """(name, was remembered, what is wrong with it or nothing)."""
        key = self._key(name)
        if (self._memory / key).exists():
            return name, True, ""
        is_test = name.endswith("_test.cc") or "/testing/" in name or "/contract/" in name
        done = subprocess.run([*self.COMMAND, *([self.TEST_CHECKS] if is_test else []), "-p",
                               str(self._build), name], cwd=TREE, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            (self._memory / key).touch()
            return name, False, ""
        return name, False, done.stdout + done.stderr


def clang_tidy(counts, build, wanted):
    begin = time.monotonic()
    tidy = Tidy(build)
    files = tidy.files(wanted)
    bad, remembered = [], 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for name, known, wrong in pool.map(tidy.judge, files):
            remembered += known
            if wrong:
                bad.append(f"{name}\n{wrong}")
    log = log_of("lint clang-tidy")
    log.write_text("\n".join(bad))
    line("clang-tidy and thread safety", "ok" if counts.add(not bad) else "FAILED",
         time.monotonic() - begin, f"{len(files)} files, {remembered} unchanged since found good")
    if bad:
        tail(log, 80)


def buf_program():
    """buf, from npm, in the version that package-lock.json pins; its path. RuntimeError says why
    there is none."""
    folder = BUILD / "lint"
    folder.mkdir(parents=True, exist_ok=True)
    stale = False
    for name in ("package.json", "package-lock.json"):
        wanted, target = (TREE / "tests" / name).read_text(), folder / name
        if not target.exists() or target.read_text() != wanted:
            target.write_text(wanted)
            stale = True

    def program():
        return next(folder.glob("node_modules/@bufbuild/buf-linux-*/bin/buf"), None)

    if stale or not program():
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                              cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=300)
        if done.returncode or not program():
            raise RuntimeError(f"npm ci: {done.stdout}{done.stderr}")
    return program()


READS_ONLY = ("clang-format", "shellcheck", "pyflakes", "buf lint", "runner tests", *OWN_CHECKS)


def needs_build(wanted):
    """clang-tidy reads what protoc makes, and the compile commands."""
    return not wanted or not any(wanted in name for name in READS_ONLY)


def lint(counts, build, wanted):
    """All checks whose name contains `wanted`; clang-tidy takes file names too."""
    cpp = tracked("*.cc", "*.h")
    scripts = shell_scripts()
    if wanted in "clang-format":
        check(counts, "clang-format", CLANG_FORMAT, "--dry-run", "-Werror", *cpp,
              told=f"{len(cpp)} files")
    if wanted in "shellcheck":
        check(counts, "shellcheck", "shellcheck", "--external-sources", "--source-path=SCRIPTDIR",
              *scripts, told=f"{len(scripts)} files")
    if wanted in "pyflakes":
        check(counts, "pyflakes", "pyflakes3", *tracked("*.py"))
    if wanted in "runner tests":
        check(counts, "runner tests", "/usr/bin/python3", "-B", "-m", "unittest", "discover",
              "--start-directory", "tests/lib/runner", "--top-level-directory", "tests/lib",
              "--pattern", "*_test.py")
    for name in OWN_CHECKS:
        if wanted in name and importlib.util.find_spec(f"runner.{name}"):
            own_check(counts, name)
    if wanted in "buf lint":
        check(counts, "buf lint", str(buf_program()), "lint", "proto")
    if needs_build(wanted):
        clang_tidy(counts, build, wanted)
