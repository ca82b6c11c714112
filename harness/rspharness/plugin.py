"""The pytest plugin: options, fixtures and hooks of the conformance suites."""
