"""The pytest plugin: options, fixtures, hooks, and what happens around each case."""
