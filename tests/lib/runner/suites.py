"""The suites: what each builds, runs and counts."""

import contextlib
import functools
import hashlib
import os
import re
import subprocess
import sys
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


def ctest(counts, preset, wanted, *options, within=(), env=None, timeout=1500):
    """Runs the programs whose name contains `wanted`, two at a time."""
    told = Ctest(counts, preset)
    log = log_of(f"ctest {preset} {' '.join(options)}")
    log.write_text("")
    code = execute([*within, "ctest", "--test-dir", BUILD / preset, "-j2", "--output-on-failure",
                    "--no-tests=ignore", *(["-R", wanted] if wanted else []), *options],
                   log, timeout, told.on_line, env)
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


STORE = BUILD / "tests" / "store"


def images_loaded(counts, cores, network):
    """Whether all that the integration tests need is there; if not, that is one failure."""
    if not (ready(counts, network, "images 12") and ready(counts, cores, "build release")):
        return False
    return step("images into Podman", [WORLD, TREE / "deploy/images/load"],
                env=environment(MPD_WORLD_STORE=str(STORE))) or counts.add(False)


def pytest_in_world(counts, name, wanted, **options):
    pytest(counts, name, "integration", wanted, within=[WORLD], MPD_WORLD_STORE=str(STORE),
           MPD_BINARIES=str(BUILD / "release" / "bin"), MPD_BUF=str(lint.buf_program()), **options)


def suite_integration(counts, wanted, cores, network):
    if images_loaded(counts, cores, network):
        heading("Integration tests")
        ctest(counts, "release", wanted, "-L", "integration", within=[WORLD],
              env=environment(MPD_WORLD_STORE=str(STORE)))
        pytest_in_world(counts, "integration", wanted)


SANDBOX = TREE / "deploy" / "sandbox"


def sandbox_of(release):
    """The variables that give a release's suite a sandbox of this clone's own, with its own logs."""
    clone = hashlib.sha256(str(TREE).encode()).hexdigest()[:6]
    return {"MPD_SANDBOX": f"t{clone}-{release}", "MPD_LOG_DIR": str(LOGS / f"sandbox-{release}")}


def e2e(release):
    def suite(counts, wanted, cores, _):
        own = sandbox_of(release)
        try:
            if ready(counts, cores, f"build for Debian {release}"):
                heading(f"End to end, Debian {release}")
                pytest(counts, f"e2e-{release}", "e2e", wanted, timeout=2400,
                       MPD_E2E_RELEASE=release, **own)
        finally:
            counts.add(step(f"sandbox {release} down", [SANDBOX, "down", "--purge"],
                            env=environment(**own)))

    return suite


# What takes too long for every run: tests/run long.

KILLS = 300
KILL_SECONDS = 600
REPEATS = 20
HOURS = 3600


@contextlib.contextmanager
def busy_cores():
    """Each core has somebody else to serve while the block runs."""
    loops = [subprocess.Popen(["/usr/bin/python3", "-c", "while True: pass"])
             for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def long_units(preset):
    """A race that one run in a hundred loses is seldom seen in one run."""
    def suite(counts, wanted, cores, _):
        if ready(counts, cores, f"build {preset}"):
            heading(f"Unit tests, {preset}, {REPEATS} times beside busy processors")
            with busy_cores():
                ctest(counts, preset, wanted, "-LE", "integration", "--repeat",
                      f"until-fail:{REPEATS}", timeout=6 * HOURS)

    return suite


def long_kills(counts, wanted, cores, network):
    if not images_loaded(counts, cores, network):
        return
    heading("Kills")
    if wanted in "ipam_kill_history":
        counts.add(step("ipam_kill_history", [BUILD / "release/bin/ipam_kill_history",
                                              f"--kills={KILLS}"], timeout=HOURS))
    if wanted in "test_dns_kill":
        pytest_in_world(counts, "long-kills", "test_dns_kill", timeout=HOURS,
                        DNS_KILL_SECONDS=str(KILL_SECONDS))


def long_build(counts, _, cores, network):
    """How long a clean build of the release preset takes, without the compiler's cache."""
    if not ready(counts, network, "root 13"):
        return
    heading("Clean build, Debian 13")
    folder = BUILD / "clean"
    counts.add(step("clean build", [SANDBOX, "root", "--release", "13", "bash", "-c",
                                    'trap \'rm -rf "$0"\' EXIT; export CCACHE_DISABLE=1; '
                                    'cmake -S "$1" -B "$0" -G Ninja -DCMAKE_BUILD_TYPE=Release && '
                                    'cmake --build "$0" -j2', folder, TREE],
                    timeout=HOURS, env=environment(**sandbox_of("13"))))
    counts.add(step("deploy/sandbox down --purge", [SANDBOX, "down", "--purge"],
                    env=environment(**sandbox_of("13"))))


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
LONG = {
    "long-build": long_build,
    "long-kills": long_kills,
    "long-units-release": long_units("release"),
    "long-units-asan": long_units("asan"),
    "long-units-tsan": long_units("tsan"),
}


def parts(name):
    """The parts that a word of the command line stands for, in their order; without a word all but
    the long ones."""
    return [part for part in (*SUITES, *(LONG if name else ()))
            if part == name or part.startswith(f"{name}-") or not name]


def queue_builds(names, wanted, network):
    """What computes, in the order of its use."""
    cores = Queue()
    if {"unit-release", "integration", "long-kills", "long-units-release"} & set(names) or (
            "lint" in names and lint.needs_build(wanted)):
        add_build(cores, "release")
    for name in names:
        if name.endswith(("-asan", "-tsan")):
            add_build(cores, name.rpartition("-")[2], "test_programs")
        elif name == "fuzz":
            add_build(cores, "fuzz", "fuzzers")
        elif name.startswith("e2e-"):
            release = name.removeprefix("e2e-")
            within = [*NICE, SANDBOX, "root", "--release", release]
            # Images are loaded into Podman here, beside other suites, which takes half a minute off
            # the suite's own deploy/up.
            cores.add(f"build for Debian {release}",
                      [*within, TREE / "deploy/up", "--stage", "prepare"],
                      [*within, TREE / "deploy/images/load", "--release", release],
                      after=functools.partial(prepared, network, release), timeout=2400,
                      env=environment(**sandbox_of(release)))
    return cores


def prepared(network, release):
    return network.wait(f"root {release}") and network.wait(f"images {release}")


def queue_downloads(names):
    """What comes from the network, in the order of its use."""
    network = Queue()
    releases = [name.removeprefix("e2e-") for name in names if name.startswith("e2e-")]
    if {"integration", "long-kills"} & set(names) or "12" in releases:
        network.add("images 12", [TREE / "deploy/images/build", "--release", "12"])
    for release in releases + (["13"] if "long-build" in names else []):
        # What a run that was broken off has left goes first.
        network.add(f"root {release}", [SANDBOX, "down", "--purge"],
                    [SANDBOX, "root", "--release", release, "true"],
                    env=environment(**sandbox_of(release)))
        if release in releases and release != "12":
            network.add(f"images {release}",
                        [TREE / "deploy/images/build", "--release", release])
    return network


def run(names, counts, wanted):
    """Runs the parts; {build: seconds}."""
    network = queue_downloads(names)
    cores = queue_builds(names, wanted, network)
    network.start()
    cores.start()
    for name in names:
        try:
            (SUITES | LONG)[name](counts, wanted, cores, network)
        except Exception:  # pylint: disable=broad-except
            # The other suites are run all the same, and the last line is told.
            traceback.print_exc(file=sys.stdout)
            counts.add(False)
    return cores.seconds()
