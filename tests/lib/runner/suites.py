"""The suites: what each builds, runs and counts."""

import re
import time

from runner import lint
from runner.steps import BUILD, LOGS, TREE, environment, execute, heading, line, log_of, step, tail

PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest"]
WORLD = TREE / "tests" / "lib" / "world"


def build(preset, *targets, told=""):
    """Configures where needed and builds; True when it did."""
    folder = BUILD / preset
    commands = []
    if not (folder / "build.ninja").exists():
        commands.append(["cmake", "--preset", preset])
    target = ["--target", *targets] if targets else []
    commands.append(["cmake", "--build", folder, "-j2", *target])
    return step(f"build {preset}{told}", *commands, timeout=2400)


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
                    "--no-tests=ignore", "-R", wanted, *label], log, 1500, told.on_line, env)
    if code != 0:
        tail(log, 60)
        # Ended by something else than a failed test: that must not pass for success.
        if code is None or not told.seen:
            counts.add(False)
    return told.seen


def suite_lint(counts, wanted):
    heading("Lint")
    # clang-tidy reads what protoc makes, and the compile commands.
    if counts_build(counts, build("release", told=" for lint")):
        lint.lint(counts, BUILD / "release", wanted)


def counts_build(counts, good):
    """A build that fails counts as one failure; one that succeeds is no test."""
    if not good:
        counts.add(False)
    return good


def unit(preset):
    def suite(counts, wanted):
        heading(f"Unit tests, {preset}")
        targets = () if preset == "release" else ("test_programs",)
        if counts_build(counts, build(preset, *targets)):
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


def suite_integration(counts, wanted, beside):
    heading("Integration tests")
    if not (beside.wait("images 12") and counts_build(counts, build("release"))):
        return
    store = BUILD / "tests" / "store"
    env = environment(MPD_WORLD_STORE=str(store))
    if not counts_build(counts, step("images into Podman", [WORLD, TREE / "deploy/images/load"],
                                     env=env)):
        return
    ctest(counts, "release", wanted, "-L", "integration", within=[WORLD], env=env)
    pytest(counts, "integration", "integration", wanted, within=[WORLD],
           MPD_WORLD_STORE=str(store), MPD_BINARIES=str(BUILD / "release" / "bin"))


def e2e(release):
    def suite(counts, wanted, beside):
        heading(f"End to end, Debian {release}")
        if not beside.wait(f"root {release}"):
            counts.add(False)
            return
        pytest(counts, f"e2e-{release}", "e2e", wanted, timeout=2400, MPD_E2E_RELEASE=release)
        begin = time.monotonic()
        log = log_of(f"e2e-{release} down")
        good = execute([TREE / "deploy" / "sandbox", "down"], log, 180) == 0
        line("deploy/sandbox down", "ok" if counts.add(good) else "FAILED",
             time.monotonic() - begin)

    return suite


def prepare(beside, names):
    """What comes from the network is fetched beside the builds, in the order of its use."""
    releases = [name[-2:] for name in names if name.startswith("e2e-")]
    if "integration" in names or "12" in releases:
        beside.add("images 12", [TREE / "deploy/images/build", "--release", "12"])
    for release in releases:
        if release != "12":
            beside.add(f"images {release}", [TREE / "deploy/images/build", "--release", release])
        beside.add(f"root {release}",
                   [TREE / "deploy/sandbox", "root", "--release", release, "true"])
    beside.start()


def parts(name):
    """The parts of a suite, in their order."""
    known = {
        "lint": ["lint"],
        "unit": ["unit-release", "unit-asan", "unit-tsan"],
        "integration": ["integration"],
        "e2e": ["e2e-12", "e2e-13"],
    }
    if not name:
        # The release build serves lint, integration and, by the compiler's cache, the sandbox.
        return ["lint", "unit-release", "integration", "unit-asan", "unit-tsan", "e2e-12", "e2e-13"]
    return known.get(name) or [part for some in known.values() for part in some if part == name]


def run_part(name, counts, wanted, beside):
    if name == "lint":
        suite_lint(counts, wanted)
    elif name.startswith("unit-"):
        unit(name.removeprefix("unit-"))(counts, wanted)
    elif name == "integration":
        suite_integration(counts, wanted, beside)
    else:
        e2e(name.removeprefix("e2e-"))(counts, wanted, beside)
