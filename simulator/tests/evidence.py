"""Evidence from outside: material made elsewhere that the code is held against.

`fixtures/evidence.toml` lists it with hashes and origins. Vectors are in the repository;
certificates and profile packages lie beside it, in `shared/data`, or in the folder that
`RSPLAB_DATA` names. A test that asks for an absent file is skipped; with `RSPLAB_REQUIRE_DATA=1`
it fails. The conftests of both trees take the hooks below, which write down which tests rest on
evidence; the launcher counts them.
"""

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from evidence_list import (
    DATA,
    ROOT,
    digest_of,
    found,
    groups,
    listed,
)

__all__ = ["DATA", "ROOT", "digest_of", "found", "groups", "listed", "place", "required"]

PROPERTY = "evidence"
"""Property of a test case in the JUnit files, as the launcher looks for it."""

_asked: list[str] = []
"""What the test or fixture that runs now asked for."""
_fixtures: dict[str, str] = {}
"""Fixtures that asked for evidence, which later tests get without asking again."""


def required() -> bool:
    """Returns whether absent evidence is a failure."""
    return os.environ.get("RSPLAB_REQUIRE_DATA") == "1"


def place(name: str) -> Path:
    """Returns a listed file or folder; skips the test without it, or fails where it is required.

    Args:
        name: As in the list, for example `ts48/TS48v1_A.der`; or a folder of it.
    """
    _asked.append(name)
    path = found(name)
    if path.exists():
        return path
    reason = f"evidence is absent: {name}; python harness/evidence/evidence.py FOLDER imports it"
    if required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Remembers which fixtures of a module or session rest on evidence."""
    before = len(_asked)
    try:
        return (yield)
    finally:
        if len(_asked) > before and fixturedef.scope != "function":
            _fixtures[fixturedef.argname] = _asked[-1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Begins a test with nothing asked for."""
    _asked.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Writes down that a test rests on evidence: marked, asked for, or by one of its fixtures."""
    names = set(getattr(item, "fixturenames", ())) & set(_fixtures)
    rests = bool(_asked or names or item.get_closest_marker("evidence"))
    if rests and (PROPERTY, "outside") not in item.user_properties:
        item.user_properties.append((PROPERTY, "outside"))
    return (yield)
