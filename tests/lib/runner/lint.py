"""Lint: what can be judged by reading the tree."""

import concurrent.futures
import importlib
import importlib.util
import subprocess
import time

from runner.steps import BUILD, TREE, environment, line, log_of, tail
from runner.tidy import Tidy, compiled

CLANG_FORMAT = "clang-format-19"


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


def clang_tidy(counts, build, wanted):
    begin = time.monotonic()
    tidy = Tidy(build, tracked("*.h", "*.proto"))
    files = [name for name in compiled(build, tracked("*.cc"))
             if wanted in "clang-tidy" or wanted in name]
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


READS_ONLY = ("clang-format", "shellcheck", "pyflakes", "buf lint", "buf breaking",
              "runner tests", *OWN_CHECKS)


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
    if wanted in "buf breaking":
        check(counts, "buf breaking", "/usr/bin/python3", "-B", "tests/lib/runner/api_image.py")
    if needs_build(wanted):
        clang_tidy(counts, build, wanted)
