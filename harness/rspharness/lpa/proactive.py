"""The proactive command after a Profile switch: FETCH, REFRESH, TERMINAL RESPONSE, UICC reset.

A card announces REFRESH with 91XX after an accepted EnableProfile, DisableProfile or memory reset
(SGP.22 v2, 3.2 and 5.7.16 to 5.7.19). REFRESH "UICC Reset" is answered by the reset itself; REFRESH
"eUICC Profile State Change" by a TERMINAL RESPONSE, after which only the basic channel is left.
Any other proactive command is answered as beyond the capabilities of this terminal (TS 102 223,
8.12), because a card reader has no screen, no radio and no user. The module is no toolkit terminal;
`rspharness.lpa.bip` implements the part of one that a data channel needs.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.status import describe, is_success
from rspharness.lpa.isdr_channel import IsdrChannel

__all__ = ["ProactiveCommand", "Refresh", "fetch", "settle_refresh", "terminal_response"]

_PROACTIVE_COMMAND: Final = 0xD0
_REFRESH: Final = 0x01
_PERFORMED: Final = 0x00
_BEYOND_CAPABILITIES: Final = 0x30
_MAX_COMMANDS: Final = 16


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
        one = tlv.parse(octets)
        if one.tag != _PROACTIVE_COMMAND:
            raise DecodeError(f"proactive command: expected tag D0, got {one.tag:02X}", tag=one.tag)
        for child in one.children():
            # The comprehension bit (b8) may be set or not (TS 102 223, 9.3).
            if child.tag & 0x7F == 0x01 and len(child.value) == 3:
                number, kind, qualifier = child.value
                return cls(number, kind, qualifier, bytes(octets))
        raise DecodeError("proactive command: no command details (81) of 3 octets", tag=one.tag)


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


def settle_refresh(card: IsdrChannel) -> int | None:
    """Carries out the announced proactive commands up to and with a REFRESH.

    Afterwards a channel to the ISD-R is open again and no change is pending.

    Returns:
        The qualifier of the REFRESH, or None when none was announced; then nothing was reset.

    Raises:
        RemoteError: the card refused FETCH or TERMINAL RESPONSE, or goes on announcing commands.
        DecodeError: what was fetched is no proactive command.
    """
    for _ in range(_MAX_COMMANDS):
        if card.pending_proactive is None:
            return None
        command = fetch(card)
        if command.kind != _REFRESH:
            terminal_response(card, command, _BEYOND_CAPABILITIES)
            continue
        if command.qualifier == Refresh.PROFILE_STATE_CHANGE:
            terminal_response(card, command, _PERFORMED)
            card.reopen()
        else:
            card.reset()
        return command.qualifier
    raise RemoteError(f"the card announced more than {_MAX_COMMANDS} proactive commands in a row")
