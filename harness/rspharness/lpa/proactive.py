"""Proactive commands: FETCH, TERMINAL RESPONSE, and what REFRESH asks for.

A card announces by 91XX that it has a command for the terminal. Whatever waits is fetched and
answered as a plain terminal does (`rspharness.lpa.terminal`), until the card announces no more or
asks for REFRESH. That one comes after an accepted EnableProfile, DisableProfile or memory reset
(SGP.22 v2, 3.2 and 5.7.16 to 5.7.19), in whatever order with other commands: REFRESH "UICC Reset"
is answered by the reset itself, REFRESH "eUICC Profile State Change" by a TERMINAL RESPONSE, after
which only the basic channel is left. `rspharness.lpa.bip` adds the part of a terminal that a data
channel needs.
"""

from enum import IntEnum
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.status import describe, is_success
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.terminal import Proactive, Result, comprehension_objects

__all__ = [
    "ProactiveCommand",
    "Refresh",
    "answer",
    "answer_waiting",
    "fetch",
    "free_toolkit",
    "settle_refresh",
    "terminal_response",
]

_COMMAND_DETAILS: Final = 0x01
_MAX_COMMANDS: Final = 64
_MAX_RESETS: Final = 3
_WITHOUT_RESET: Final = frozenset({0x01, 0x07, 0x0A})
"""Qualifiers of REFRESH about changed files, steering or an application update (TS 102 223, 8.6).

No switch uses one, and nothing has to begin anew. To any other a reader, which keeps no session of
an application, answers by a reset.
"""


class Refresh(IntEnum):
    """The qualifiers of REFRESH that a Profile switch uses (TS 102 223, 8.6)."""

    UICC_RESET = 0x04
    PROFILE_STATE_CHANGE = 0x09


@dataclass(frozen=True, slots=True)
class ProactiveCommand:
    """What this module needs of a proactive command.

    Attributes:
        number: Command number, returned in the TERMINAL RESPONSE.
        kind: Type of command, 01 for REFRESH.
        qualifier: Command qualifier.
        raw: The whole data object D0.
    """

    number: int
    kind: int
    qualifier: int
    raw: bytes

    @classmethod
    def decode(cls, octets: bytes) -> "ProactiveCommand":
        """Reads a proactive command as FETCH returns it.

        Raises:
            DecodeError: not D0, or the command details are missing or not 3 octets.
        """
        for tag, value in comprehension_objects(octets):
            if tag == _COMMAND_DETAILS and len(value) == 3:
                number, kind, qualifier = value
                return cls(number, kind, qualifier, bytes(octets))
        raise DecodeError("proactive command: no command details (81) of 3 octets")


def fetch(card: IsdrChannel) -> ProactiveCommand:
    """Fetches the proactive command that is announced, on the basic channel.

    The announcement is cleared in the channel object before the command is sent.

    Raises:
        RemoteError: nothing is announced, or the card refused FETCH.
        DecodeError: the answer is no proactive command.
    """
    length, card.pending_proactive = card.pending_proactive, None
    if length is None:
        raise RemoteError("FETCH: the card has announced no proactive command (no SW 91XX came)")
    response = card.transmit(CommandApdu(0x80, Ins.FETCH, 0, 0, le=length))
    if not is_success(response.sw):
        raise RemoteError(
            f"FETCH: the card answered SW {describe(response.sw)} to its own announcement",
            code=f"{response.sw:04X}",
        )
    return ProactiveCommand.decode(response.data)


def terminal_response(
    card: IsdrChannel,
    command: ProactiveCommand,
    result: int,
    *,
    cause: int | None = None,
    objects: bytes = b"",
) -> None:
    """Answers a proactive command on the basic channel.

    Args:
        card: The channel; a further announcement is noted on it.
        command: The command answered.
        result: General result, one octet (TS 102 223, 8.12).
        cause: Additional information on the result, one octet; None for none.
        objects: Data objects after the result, as the command asks for.

    Raises:
        RemoteError: the card refused the TERMINAL RESPONSE.
    """
    data = (
        tlv.encode(0x81, bytes((command.number, command.kind, command.qualifier)))
        + bytes.fromhex("82028281")
        + tlv.encode(0x83, bytes((result,) if cause is None else (result, cause)))
        + objects
    )
    response = card.transmit(CommandApdu(0x80, Ins.TERMINAL_RESPONSE, 0, 0, data))
    if not is_success(response.sw):
        raise RemoteError(
            f"TERMINAL RESPONSE: the card answered SW {describe(response.sw)}; expected 9000",
            code=f"{response.sw:04X}",
        )
    if command.kind == Proactive.REFRESH:
        # A REFRESH refused for now may be offered again; it still belongs to the same switch.
        refused = result != Result.PERFORMED and card.pending_proactive is not None
        card.refresh_expected = card.refresh_expected and refused


def answer(card: IsdrChannel, command: ProactiveCommand) -> None:
    """Answers a command that is no REFRESH as a plain terminal does.

    Raises:
        RemoteError: the card refused the TERMINAL RESPONSE.
    """
    given = card.terminal.answer(command.kind, command.qualifier, command.raw)
    terminal_response(card, command, given.result, objects=given.objects)


def answer_waiting(card: IsdrChannel) -> ProactiveCommand | None:
    """Fetches and answers what the card announces, until it announces nothing more, or REFRESH.

    Returns:
        The REFRESH, fetched and not answered; None when there was none. Nothing is sent when
        nothing is announced.

    Raises:
        RemoteError: the card refused FETCH or TERMINAL RESPONSE, or goes on announcing commands.
        DecodeError: what was fetched is no proactive command.
    """
    for _ in range(_MAX_COMMANDS):
        if card.pending_proactive is None:
            return None
        command = fetch(card)
        if command.kind == Proactive.REFRESH:
            return command
        answer(card, command)
    raise RemoteError(f"the card announced more than {_MAX_COMMANDS} proactive commands in a row")


def free_toolkit(card: IsdrChannel) -> None:
    """Answers everything that waits, so that no proactive session keeps the card busy.

    A REFRESH that belongs to no switch is carried out: by a reset where it asks for one. Nothing is
    sent when nothing is announced, or when what is announced belongs to a switch whose REFRESH
    somebody else is going to fetch.

    Raises:
        RemoteError: as `answer_waiting`, or the card asks for REFRESH after each reset.
        DecodeError: as `answer_waiting`.
    """
    if card.refresh_expected:
        return
    for _ in range(_MAX_RESETS):
        command = answer_waiting(card)
        if command is None:
            return
        _carry_out(card, command)
    raise RemoteError(f"the card asked for REFRESH {_MAX_RESETS} times in a row")


def _carry_out(card: IsdrChannel, command: ProactiveCommand) -> None:
    if command.qualifier in _WITHOUT_RESET:
        terminal_response(card, command, Result.PERFORMED)
    elif command.qualifier == Refresh.PROFILE_STATE_CHANGE:
        terminal_response(card, command, Result.PERFORMED)
        card.reopen()
    else:
        card.reset_in_use()


def settle_refresh(card: IsdrChannel) -> int | None:
    """Carries out the announced proactive commands up to and with the REFRESH of a switch.

    What comes before it is answered, also a REFRESH that only tells of changed files. Afterwards a
    channel to the ISD-R is open again and no change is pending.

    Returns:
        The qualifier of the REFRESH, or None when none was announced; then nothing was reset.

    Raises:
        RemoteError: the card refused FETCH or TERMINAL RESPONSE, or goes on announcing commands.
        DecodeError: what was fetched is no proactive command.
    """
    for _ in range(_MAX_COMMANDS):
        command = answer_waiting(card)
        if command is None:
            return None
        _carry_out(card, command)
        if command.qualifier not in _WITHOUT_RESET:
            return command.qualifier
    raise RemoteError(f"the card asked for REFRESH {_MAX_COMMANDS} times in a row")
