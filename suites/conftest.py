"""Loads the plugin of the conformance suites: their options, fixtures and hooks."""

pytest_plugins = ["rspharness.plugin.hooks"]
