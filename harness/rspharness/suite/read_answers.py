"""What every ES10 function that reads answers, for cases that ask twice and compare."""

from typing import Final

from rspcore.messages.es10b import GetEuiccInfo1Request, GetRatRequest
from rspcore.messages.es10c import GetEuiccDataRequest
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.card.snapshot import Snapshot

__all__ = ["READING", "Answers", "answers", "unchanged"]

READING: Final = {
    "GetEUICCInfo1": GetEuiccInfo1Request().encode(),
    "GetEID": GetEuiccDataRequest().encode(),
    "GetRAT": GetRatRequest().encode(),
}
"""Requests of functions that read and are in no snapshot, by the name of the function."""

Answers = tuple[Snapshot, dict[str, bytes]]
"""A snapshot, and the answer to each of `READING`."""


def answers(card: Card) -> Answers:
    """Returns what the functions that read answer on the channel in use, those of a list too."""
    return card.observe(), {name: card.answered(octets).data for name, octets in READING.items()}


def unchanged(before: Answers, after: Answers) -> None:
    """Requires the same answers twice.

    Raises:
        ExpectationError: one differs.
    """
    expect.unchanged(before[0], after[0])
    for name in READING:
        expect.equal(after[1][name], before[1][name], f"answer to {name}")
