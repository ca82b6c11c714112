"""REFRESH as a case sees it: announced by 91XX, fetched, and carried out by the terminal.

Initial conditions use `rspharness.lpa.proactive.settle_refresh`, which accepts any; here
each part is required, because a case checks it (SGP.22 v2, 3.2 and 5.7.16 to 5.7.19). Other
commands that the card's toolkit has in its queue are answered before: in which order they come with
REFRESH is the card's own matter.
"""

from typing import Final

from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.lpa.proactive import (
    ProactiveCommand,
    Refresh,
    answer_waiting,
    terminal_response,
)
from rspharness.record.verdicts import ExpectationError

__all__ = [
    "PERFORMED",
    "STATE_CHANGE_PROFILE",
    "UNABLE",
    "WITHOUT_EFFECT",
    "carry_out",
    "none_announced",
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


def required(card: Card) -> ProactiveCommand:
    """Requires that REFRESH is announced and fetches it; what comes before it is answered.

    Raises:
        ExpectationError: nothing was announced by 91XX, or only other proactive commands.
        RemoteError: the card refused FETCH or TERMINAL RESPONSE, or goes on announcing commands.
    """
    expect.that(
        holds=card.pending_proactive is not None,
        expected="SW 91XX, a proactive command announced",
        actual="none announced",
    )
    command = answer_waiting(card)
    if command is None:
        raise ExpectationError("REFRESH announced", "other proactive commands, but no REFRESH")
    expect.one_of(command.qualifier, tuple(Refresh), "qualifier of REFRESH")
    return command


def none_announced(card: Card) -> None:
    """Requires that no REFRESH is announced; other commands that are announced are answered.

    Raises:
        ExpectationError: REFRESH was announced; it has been fetched.
        RemoteError: as `required`.
    """
    command = answer_waiting(card)
    if command is not None:
        raise ExpectationError("no REFRESH announced", f"REFRESH {command.qualifier:02X}")


def carry_out(card: Card, command: ProactiveCommand) -> None:
    """Carries out a fetched REFRESH: TERMINAL RESPONSE for 09, a reset for 04."""
    if command.qualifier == Refresh.PROFILE_STATE_CHANGE:
        terminal_response(card, command, PERFORMED)
        card.forget_channel()
    else:
        card.reset()
