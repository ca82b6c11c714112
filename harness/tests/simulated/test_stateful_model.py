"""The stateful model: the card is as the dictionary says, and faulty cards are not.

`tox -e model` drives more cards, and all the planted faults.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "stateful"))
from stateful import PLANTED, driven, main

pytestmark = pytest.mark.once


def test_card_is_as_the_dictionary_says():
    found = driven((), examples=10, steps=30)
    assert found is None, found


@pytest.mark.parametrize("fault", PLANTED[:6])
def test_faulty_card_is_found(fault):
    assert isinstance(driven((fault,), examples=600, steps=40), AssertionError)


def test_program_says_what_differs(capsys):
    assert main(["--examples", "5", "--fault", "notifications.number.falls"]) == 1
    assert "one differs" in capsys.readouterr().out
    assert main(["--examples", "1", "--fault", "no.such.fault"]) == 2
