"""The suites: what each builds, runs and counts."""

import functools
import re
import sys
import time
import traceback

from runner import fuzz, lint
from runner.steps import (BUILD, LOGS, TREE, Queue, environment, execute, heading, line, log_of, step,
                          tail)

PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest"]
WORLD = TREE / "tests" / "lib" / "world"


# Beside a suite a build takes what that leaves of the cores.
NICE = ["nice", "-n", "10"]


def add_build(cores, preset, *targets):
    """Queues configuring and building."""
    target = ["--target", *targets] if targets else []
    cores.add(f"build {preset}", ["cmake", "--preset", preset],
              [*NICE, "cmake", "--build", BUILD / preset, "-j2", *target], timeout=2400)


class Ctest:
    """ctest's lines, told as ours."""

    LINE = re.compile(r"\s*\d+/\d+ Test +#\d+: (\S+) \.+\s*(\**[A-Za-z ]+?)\s+([\d.]+) sec")

    def __init__(self, counts, part):
        self.counts = counts
        self.part = part
        self.seen = 0

    def on_line(self, text):
        match = self.LINE.match(text)
        if match:
            self.seen += 1
            good = self.counts.add(match.group(2) == "Passed")
            line(f"{match.group(1)} ({self.part})", "ok" if good else "FAILED",
                 float(match.group(3)), "" if good else match.group(2).strip("* "))


def ctest(counts, preset, wanted, *label, within=(), env=None):
    """Runs the programs whose name contains `wanted`, two at a time."""
    told = Ctest(counts, preset)
    log = log_of(f"ctest {preset} {' '.join(label)}")
    log.write_text("")
    code = execute([*within, "ctest", "--test-dir", BUILD / preset, "-j2", "--output-on-failure",
                    "--no-tests=ignore", *(["-R", wanted] if wanted else []), *label], log, 1500, told.on_line, env)
    if code != 0:
        tail(log, 60)
        # Ended by something else than a failed test: that must not pass for success.
        if code is None or not told.seen:
            counts.add(False)
    return told.seen


def ready(counts, queue, name):
    """Waits for what a suite needs; that it failed counts as one failure."""
    return queue.wait(name) or counts.add(False)


def suite_lint(counts, wanted, cores, _):
    heading("Lint")
    if not lint.needs_build(wanted) or ready(counts, cores, "build release"):
        lint.lint(counts, BUILD / "release", wanted)


def suite_fuzz(counts, wanted, cores, _):
    if ready(counts, cores, "build fuzz"):
        heading("Fuzzers")
        fuzz.fuzz(counts, wanted)


def unit(preset):
    def suite(counts, wanted, cores, _):
        if ready(counts, cores, f"build {preset}"):
            heading(f"Unit tests, {preset}")
            ctest(counts, preset, wanted, "-LE", "integration")

    return suite


def pytest(counts, name, folder, wanted, within=(), timeout=1500, **env):
    """Runs a folder of pytest tests, which report by themselves."""
    log = log_of(name)
    log.write_text("")
    numbers = LOGS / f"{name}.counts"
    numbers.unlink(missing_ok=True)
    chosen = ["-k", wanted] if wanted else []
    code = execute([*within, *PYTEST, f"tests/{folder}", *chosen], log, timeout,
                   lambda text: print(text, flush=True),
                   environment(MPD_TEST_COUNTS=str(numbers), PYTHONDONTWRITEBYTECODE="1", **env))
    try:
        passed, failed = (int(number) for number in numbers.read_text().split())
    except (OSError, ValueError):
        passed, failed = 0, 0
    counts.passed += passed
    counts.failed += failed
    # 5: no test bears the wanted name.
    if code not in (0, 5) and not failed:
        print(f"      the suite itself failed, exit code {code}: {log}", flush=True)
        counts.add(False)


def suite_integration(counts, wanted, cores, network):
    if not (ready(counts, network, "images 12") and ready(counts, cores, "build release")):
        return
    heading("Integration tests")
    store = BUILD / "tests" / "store"
    env = environment(MPD_WORLD_STORE=str(store))
    if not step("images into Podman", [WORLD, TREE / "deploy/images/load"], env=env):
        counts.add(False)
        return
    ctest(counts, "release", wanted, "-L", "integration", within=[WORLD], env=env)
    pytest(counts, "integration", "integration", wanted, within=[WORLD],
           MPD_WORLD_STORE=str(store), MPD_BINARIES=str(BUILD / "release" / "bin"),
           MPD_BUF=str(lint.buf_program()))


def e2e(release):
    def suite(counts, wanted, cores, network):
        if not ready(counts, cores, f"build for Debian {release}"):
            return
        heading(f"End to end, Debian {release}")
        pytest(counts, f"e2e-{release}", "e2e", wanted, timeout=2400, MPD_E2E_RELEASE=release)
        begin = time.monotonic()
        log = log_of(f"e2e-{release} down")
        good = execute([TREE / "deploy" / "sandbox", "down"], log, 180) == 0
        line("deploy/sandbox down", "ok" if counts.add(good) else "FAILED",
             time.monotonic() - begin)

    return suite


# In the order in which all of them are run: what needs no build of its own comes between those
# that do, so that a test that waits and a build that computes share the time.
SUITES = {
    "unit-release": unit("release"),
    "integration": suite_integration,
    "unit-asan": unit("asan"),
    "e2e-12": e2e("12"),
    "unit-tsan": unit("tsan"),
    "lint": suite_lint,
    "fuzz": suite_fuzz,
    "e2e-13": e2e("13"),
}


def parts(name):
    """The parts that a word of the command line stands for, in their order."""
    return [part for part in SUITES if part == name or part.startswith(f"{name}-") or not name]


def queue_builds(names, wanted, network):
    """What computes, in the order of its use."""
    cores = Queue()
    if {"unit-release", "integration"} & set(names) or (
            "lint" in names and lint.needs_build(wanted)):
        add_build(cores, "release")
    for name in names:
        if name in ("unit-asan", "unit-tsan"):
            add_build(cores, name.removeprefix("unit-"), "test_programs")
        elif name == "fuzz":
            add_build(cores, "fuzz", "fuzzers")
        elif name.startswith("e2e-"):
            release = name.removeprefix("e2e-")
            cores.add(f"build for Debian {release}",
                      [*NICE, TREE / "deploy/sandbox", "root", "--release", release,
                       TREE / "deploy/up", "--stage", "prepare"],
                      after=functools.partial(prepared, network, release), timeout=2400,
                      env=environment(MPD_LOG_DIR=str(LOGS / f"prepare-{release}")))
    return cores


def prepared(network, release):
    return network.wait(f"root {release}") and network.wait(f"images {release}")


def queue_downloads(names):
    """What comes from the network, in the order of its use."""
    network = Queue()
    releases = [name.removeprefix("e2e-") for name in names if name.startswith("e2e-")]
    if "integration" in names or "12" in releases:
        network.add("images 12", [TREE / "deploy/images/build", "--release", "12"])
    for release in releases:
        network.add(f"root {release}",
                    [TREE / "deploy/sandbox", "root", "--release", release, "true"])
        if release != "12":
            network.add(f"images {release}",
                        [TREE / "deploy/images/build", "--release", release])
    return network


def run(names, counts, wanted):
    network = queue_downloads(names)
    cores = queue_builds(names, wanted, network)
    network.start()
    cores.start()
    for name in names:
        try:
            SUITES[name](counts, wanted, cores, network)
        except Exception:  # pylint: disable=broad-except
            # The other suites are run all the same, and the last line is told.
            traceback.print_exc(file=sys.stdout)
            counts.add(False)
