"""tests/run: the order of the suites, their builds, and what is told of them."""
