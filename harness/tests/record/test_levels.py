"""Levels: which cases a run at each of them runs."""

import pytest

from rspharness.record.testcase import Level

ALLOWED = {
    "read-only": {"read-only"},
    "profiles": {"read-only", "profiles"},
    "destructive": {"read-only", "profiles", "destructive"},
    "irreversible": {"irreversible"},
}


@pytest.mark.parametrize("level", ALLOWED)
def test_what_nothing_can_undo_is_part_of_no_other_level(level):
    allowed = {str(one) for one in Level if Level(level).allows(one)}
    assert allowed == ALLOWED[level]
