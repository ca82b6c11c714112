"""The pytest plugin: options, fixtures, hooks, and the life of a case between them."""
