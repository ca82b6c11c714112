"""A plugin of pytest: every case runs behind the guard of real cards, at the level of its own mark.

The level holds while the case itself runs. Before that, initial conditions that a fixture makes are
those of a simulated card, for which a case of level read-only installs a Profile; they are guarded
at level profiles.
"""

import pytest

from rspharness.record.testcase import Level
from rspharness.run.run import Run
from rspharness.run.stash import case_of
from rspharness.targets.guard import GuardedLink
from rspharness.targets.own_profile import OwnProfile, WatchedLink, is_of_suites

_plain = Run._link
_guards: list[GuardedLink] = []
_now = [Level.PROFILES]


def _link(run, trace, timings):
    own = OwnProfile(is_of_suites)
    watched = WatchedLink(_plain(run, trace, timings), own)
    guard = GuardedLink(watched, _now[0], own.is_enabled, foreign=own.objection)
    _guards.append(guard)
    return guard


def pytest_configure() -> None:
    """Puts the guard in front of simulated cards too."""
    Run._link = _link


def _guarded_at(level: Level) -> None:
    _now[0] = level
    for guard in _guards:
        guard.level = level


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begins with the level of initial conditions."""
    _guards.clear()
    case = case_of(item)
    reading = case is None or case.level is Level.READ_ONLY
    _guarded_at(Level.PROFILES if reading else case.level)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Goes on at the level of the case."""
    case = case_of(item)
    if case is not None:
        _guarded_at(case.level)
