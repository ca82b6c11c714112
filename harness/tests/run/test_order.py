"""The order of the cases: that of the files, or one drawn from a seed."""

from types import SimpleNamespace

from rspharness.record.testcase import Level
from rspharness.run.collection import ordered

ITEMS = [SimpleNamespace(nodeid=f"case {number}") for number in range(20)]
COLLECTED = SimpleNamespace(
    cases={
        one.nodeid: SimpleNamespace(level=Level.IRREVERSIBLE if one is ITEMS[3] else Level.PROFILES)
        for one in ITEMS
    }
)


def test_without_a_seed_the_order_of_the_files_with_irreversible_cases_last():
    assert ordered(ITEMS, COLLECTED) == [*ITEMS[:3], *ITEMS[4:], ITEMS[3]]


def test_seed_draws_another_order_and_always_the_same():
    drawn = ordered(ITEMS, COLLECTED, "7")
    assert drawn == ordered(list(reversed(ITEMS)), COLLECTED, "7")
    assert drawn != ordered(ITEMS, COLLECTED)
    assert drawn != ordered(ITEMS, COLLECTED, "8")
    assert drawn[-1] is ITEMS[3]
    assert sorted(one.nodeid for one in drawn) == sorted(one.nodeid for one in ITEMS)
