"""What the suites that span processes share."""
