"""REFRESH as a case sees it: announced by 91XX, fetched, and carried out by the terminal.

Initial conditions use `rspharness.lpa.proactive.settle_refresh`, which accepts any; here
each part is required, because a case checks it (SGP.22 v2, 3.2 and 5.7.16 to 5.7.19).
"""

from typing import Final

from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.lpa.proactive import ProactiveCommand, Refresh, fetch, terminal_response

__all__ = [
    "PERFORMED",
    "STATE_CHANGE_PROFILE",
    "UNABLE",
    "WITHOUT_EFFECT",
    "carry_out",
    "required",
]

STATE_CHANGE_PROFILE: Final = b"\xff" * 40
"""TERMINAL PROFILE of a terminal that also knows REFRESH "eUICC Profile State Change"."""

PERFORMED: Final = 0x00
"""General result: command performed successfully (TS 102 223, 8.12)."""
WITHOUT_EFFECT: Final = 0x02
"""General result: command performed with missing information."""
UNABLE: Final = 0x20
"""General result: terminal currently unable to process the command."""

_REFRESH: Final = 0x01


def required(card: Card) -> ProactiveCommand:
    """Requires that REFRESH is announced and fetches it.

    Raises:
        ExpectationError: nothing was announced by 91XX, or it is another proactive command.
    """
    expect.that(
        holds=card.pending_proactive is not None,
        expected="SW 91XX, a proactive command announced",
        actual="none announced",
    )
    command = fetch(card)
    expect.equal(command.kind, _REFRESH, "type of the proactive command, 1 for REFRESH")
    expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
    return command


def carry_out(card: Card, command: ProactiveCommand) -> None:
    """Carries out a fetched REFRESH: TERMINAL RESPONSE for 09, a reset for 04."""
    if command.qualifier == Refresh.PROFILE_STATE_CHANGE:
        terminal_response(card, command, PERFORMED)
        card.forget_channel()
    else:
        card.reset()
