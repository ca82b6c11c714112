"""The stateful model: the card is as the dictionary says, and faulty cards are not."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "stateful"))
from stateful import driven, main

pytestmark = pytest.mark.once

PLANTED = (
    "es10b.remove-notification.back-at-reset",
    "es10b.remove-notification.number-rewound",
    "es10c.delete-profile.refusal-notified",
    "es10c.memory-reset.ppr2-kept",
    "es10c.set-nickname.lost-at-reset",
    "es10c.switch.lost-at-reset",
    "es10c.switch.torn",
    "es8p.load-profile-elements.others-disabled",
    "memory.leaking",
    "notifications.number.falls",
    "pin.reset-restores-puks",
    "pin.unblocked-stays-disabled",
    "second-hand.from-number-on",
    "transport.channel.closed-accepted",
)
"""Card faults that a state has to go through several acts to show."""


def test_card_is_as_the_dictionary_says():
    found = driven((), examples=25, steps=30)
    assert found is None, found


@pytest.mark.parametrize("fault", PLANTED)
def test_faulty_card_is_found(fault):
    assert isinstance(driven((fault,), examples=60, steps=40), AssertionError)


def test_program_says_what_differs(capsys):
    assert main(["--examples", "5", "--fault", "notifications.number.falls"]) == 1
    assert "one differs" in capsys.readouterr().out
    assert main(["--examples", "1", "--fault", "no.such.fault"]) == 2
