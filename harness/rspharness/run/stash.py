"""What the plugin keeps on the objects of pytest, and under which keys."""

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from rspharness.run.case_state import CaseState
    from rspharness.run.collection import Collected
    from rspharness.run.run import Run

__all__ = ["CASE", "COLLECTED", "RUN", "case_of"]

RUN: "Final[pytest.StashKey[Run]]" = pytest.StashKey()
COLLECTED: "Final[pytest.StashKey[Collected]]" = pytest.StashKey()
CASE: "Final[pytest.StashKey[CaseState]]" = pytest.StashKey()


def case_of(item: pytest.Item) -> "CaseState | None":
    """Return the state of a case, None of a test that is no case."""
    return item.stash.get(CASE, None)
