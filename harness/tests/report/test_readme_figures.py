"""The figures of the README: the run it shows, held against the catalogue and against itself."""

import re
from collections import Counter
from pathlib import Path

import pytest

from rspharness.record.catalogue import Catalogue

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^(\S+(?: areas)?) +(\d+) +(\d+) +(\d+) +(\d+)%  (.+)$", re.MULTILINE)
ROWS = {one[1]: one for one in ROW.finditer(README)}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "fixtures/requirements")


def sums(text: str) -> Counter[str]:
    return Counter({word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+)", text)})


def test_rows_are_those_of_the_catalogue(catalogue: Catalogue) -> None:
    counted = Counter(one.area for one in catalogue)
    shown = {area: int(one[2]) for area, one in ROWS.items() if area != "all areas"}
    assert shown == counted


def test_behaviours_are_the_rows_without_stories(catalogue: Catalogue) -> None:
    shown = re.search(r"holds ([\d,]+) behaviours", README)
    assert shown
    assert int(shown[1].replace(",", "")) == sum(one.area != "Story" for one in catalogue)


@pytest.mark.parametrize("column", [2, 3, 4])
def test_columns_add_up(column: int) -> None:
    parts = sum(int(one[column]) for area, one in ROWS.items() if area != "all areas")
    assert int(ROWS["all areas"][column]) == parts


def test_verdicts_of_all_areas_add_up() -> None:
    parts = sum((sums(one[6]) for area, one in ROWS.items() if area != "all areas"), Counter())
    assert sums(ROWS["all areas"][6]) == parts


def test_cases_that_ended_are_those_collected() -> None:
    collected = re.search(r"collected (\d+) items", README)
    ended = re.search(r"^=+ (\d+ passed.*) in [\d.]+s", README, re.MULTILINE)
    assert collected
    assert ended
    assert sums(ended[1]).total() == int(collected[1])
