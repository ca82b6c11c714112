"""The keys under which the plugin keeps values on the objects of pytest."""

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from rspharness.run.case_state import CaseState
    from rspharness.run.collection import Collected
    from rspharness.run.run import Run

__all__ = ["CASE", "COLLECTED", "QUIET", "RUN", "WRONG_USE", "RunStoppedError", "case_of"]

WRONG_USE: Final = "rsplab_wrong_use"
"""Under this name a worker hands over why the command line is wrong."""

RUN: "Final[pytest.StashKey[Run]]" = pytest.StashKey()
COLLECTED: "Final[pytest.StashKey[Collected]]" = pytest.StashKey()
CASE: "Final[pytest.StashKey[CaseState]]" = pytest.StashKey()
QUIET: Final = pytest.StashKey[bool]()
"""Of the configuration: True while a case runs whose report nobody gets."""


class RunStoppedError(pytest.exit.Exception):  # type: ignore[name-defined,misc]  # unknown to mypy
    """Ends the run, with a reason that the user has to know. pytest shows it by its name."""


# Without a module pytest shows "stopped: the reason" and not a name of its own modules.
RunStoppedError.__module__ = "builtins"
RunStoppedError.__qualname__ = "stopped"


def case_of(item: pytest.Item) -> "CaseState | None":
    """Returns the state of a case, or None for a test that is not a case."""
    return item.stash.get(CASE, None)
