"""Both suites report alike."""

pytest_plugins = ["mpdtest.report"]
