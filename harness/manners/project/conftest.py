"""A project of somebody else: its options and fixtures have the names of the conformance suites."""

import pytest

OWN_OPTIONS = (
    *("target", "reader", "eid", "level", "pki", "personality", "card-fault", "curve", "seed"),
    *("report", "requirements", "case", "also", "kills", "matrix", "state"),
)
TAKEN = {"target": "pytest_embedded", "report": "reporter"}
"""Options of another plugin; where it is loaded, the project leaves them to it."""

NEEDS = {"test_async.py": "asyncio", "test_steps.py": "pytest-bdd"}
"""Tests that need a plugin."""


def pytest_addoption(parser, pluginmanager):
    """Registers the options, which fails when rsplab has one of them."""
    for name in OWN_OPTIONS:
        if not pluginmanager.hasplugin(TAKEN.get(name, "")):
            parser.addoption(f"--{name}", default=f"own {name}")


def pytest_ignore_collect(collection_path, config):
    """Leaves out the tests of a plugin that is not loaded."""
    needed = NEEDS.get(collection_path.name)
    return True if needed and not config.pluginmanager.hasplugin(needed) else None


def _own(name):
    @pytest.fixture(name=name)
    def fixture():
        return f"own {name}"

    return fixture


card, step, note, options, server, server2, smds, given = map(
    _own, ("card", "step", "note", "options", "server", "server2", "smds", "given")
)
declared, pki, curve, case_state, run_state, make_server, make_ota = map(
    _own, ("declared", "pki", "curve", "case_state", "run_state", "make_server", "make_ota")
)
target = _own("target")
"""Fixture of pytest-embedded and of labgrid, which need one of the project to stand each other."""
