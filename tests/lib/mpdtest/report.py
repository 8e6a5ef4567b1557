"""pytest's output: one line per test with its seconds, details of failures after the test.

With MPD_TEST_COUNTS the numbers "PASSED FAILED" are also written to the file that it names.
"""

import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--quiet-lines", action="store_true", help="no lines, pytest's own output")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    if config.getoption("--quiet-lines"):
        return
    config.pluginmanager.unregister(config.pluginmanager.getplugin("terminalreporter"))
    config.pluginmanager.register(Lines(), "mpd-lines")


class Lines:
    def __init__(self):
        self.passed = self.failed = 0
        self.seconds = {}

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed += 1
            print(f"  {report.nodeid:<64} FAILED to load\n{report.longreprtext}", flush=True)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed += 1
            self._line(report, "FAILED" if report.when == "call" else f"FAILED in {report.when}")
            for part in [report.longreprtext] + [f"{t}:\n{c}" for t, c in report.sections]:
                print("\n".join("      " + line for line in part.splitlines()), flush=True)
        elif report.when == "call" and report.passed:
            self.passed += 1
            told = dict(report.user_properties).get("told", "")
            self._line(report, "ok", told)

    def pytest_sessionfinish(self):
        counts = os.environ.get("MPD_TEST_COUNTS")
        if counts:
            with open(counts, "w", encoding="ascii") as sink:
                print(self.passed, self.failed, file=sink)

    def _line(self, report, verdict, told=""):
        name = report.nodeid.split("/")[-1].replace(".py::", " ")
        print(f"  {name:<64} {verdict:<8} {self.seconds[report.nodeid]:6.1f} s  {told}".rstrip(),
              flush=True)
