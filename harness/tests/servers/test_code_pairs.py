"""The table of code pairs: each input provokes its pair, and the page says what was answered."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
import code_pairs  # beside the servers, in no package
from code_pair_rows import LATER, OTHER_ROLE, ROWS

_FOLDER = code_pairs.PAGE.parent
GENERATED = (
    *(_FOLDER / name for name in ("CODE_PAIRS.md", "fault-classes.md", "lpa-answers.md")),
    *sorted(_FOLDER.with_name("peers").glob("*.md")),
)


def test_each_input_provokes_its_pair_in_both_bindings():
    assert code_pairs.problems() == []


def test_page_is_what_the_servers_answer():
    assert code_pairs.PAGE.read_text(encoding="utf-8") == code_pairs.table(), (
        "run: python harness/servers/code_pairs.py --write"
    )


def test_a_row_without_an_input_has_one_of_two_reasons():
    assert {row.reason for row in ROWS} == {"", LATER, OTHER_ROLE}


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_no_cell_of_a_generated_table_is_empty(page):
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert rows
    assert [row for row in rows if not all(cell.strip() for cell in row[1:-1].split(" | "))] == []
