"""The suites themselves under test: every case against cards with faults."""
