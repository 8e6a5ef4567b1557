"""Lint: what can be judged by reading the tree."""

import concurrent.futures
import hashlib
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


class Tidy:
    """clang-tidy over every source file that is compiled, two at a time.

    A file that was found good is remembered by the text of everything that could change the
    verdict: itself, all headers and protos of the tree, the list of checks, the tool.
    """

    def __init__(self, build):
        self._build = build
        self._memory = BUILD / "lint" / "tidy-good"
        self._memory.mkdir(parents=True, exist_ok=True)
        common = hashlib.sha256(subprocess.run([CLANG_TIDY, "--version"], check=True,
                                               capture_output=True).stdout)
        for name in [".clang-tidy"] + tracked("*.h", "*.proto"):
            common.update((TREE / name).read_bytes())
        self._common = common.digest()

    def files(self, wanted):
        """Sources in the tree that the build compiles; generated ones are elsewhere. Tests are
        judged when they are asked for by name: all of them would take as long as all the rest."""
        database = json.loads((self._build / "compile_commands.json").read_text())
        known = set(tracked("*.cc"))
        names = sorted(known & {os.path.relpath(entry["file"], TREE) for entry in database})
        if wanted in "clang-tidy":
            return [name for name in names if not name.endswith("_test.cc")]
        return [name for name in names if wanted in name]

    def judge(self, name):
        """(name, was remembered, what is wrong with it or nothing)."""
        key = hashlib.sha256(self._common + (TREE / name).read_bytes()).hexdigest()
        if (self._memory / key).exists():
            return name, True, ""
        done = subprocess.run(
            [CLANG_TIDY, "-p", str(self._build), "--quiet", "--extra-arg=-Wthread-safety",
             # Boost 1.74 looks for clang's coroutines where clang had them before C++20.
             "--extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT=1",
             "--extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE=1",
             # Meant for g++, which compiles this: clang need not know its options, and takes an
             # enumerator of a class for one that hides another.
             "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-shadow", name],
            cwd=TREE, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
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


READS_ONLY = ("clang-format", "shellcheck", "pyflakes", "buf lint")


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
    if wanted in "buf lint":
        check(counts, "buf lint", str(buf_program()), "lint", "proto")
    if needs_build(wanted):
        clang_tidy(counts, build, wanted)
