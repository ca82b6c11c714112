"""The table of code pairs: each input provokes its pair, and the page says what was answered."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
import code_pairs  # beside the servers, in no package
from code_pair_rows import LATER, OTHER_ROLE, ROWS


def test_each_input_provokes_its_pair_in_both_bindings():
    assert code_pairs.problems() == []


def test_page_is_what_the_servers_answer():
    assert code_pairs.PAGE.read_text(encoding="utf-8") == code_pairs.table(), (
        "run: python harness/servers/code_pairs.py --write"
    )


def test_a_row_without_an_input_has_one_of_two_reasons():
    assert {row.reason for row in ROWS} == {"", LATER, OTHER_ROLE}
