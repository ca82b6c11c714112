"""Variations of logical channels, and of the parts an answer is delivered in."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc import applications, manage_channel
from rspsim.euicc import channels as delivery
from rspsim.euicc.channels import Received
from rspsim.euicc.decisions import Check, Decisions
from rspsim.variations.variation import Variation, swap

__all__ = ["VARIATIONS"]

_BY_NAME: Final = 0x04
_NO_DATA: Final = 0x0C
_MORE_THAN_BASIC: Final = 4


def _from_three_down(limit: int) -> Iterable[int]:
    basic = range(min(limit, _MORE_THAN_BASIC) - 1, 0, -1)
    return (*basic, *range(_MORE_THAN_BASIC, limit))


def _two_first(limit: int) -> Iterable[int]:
    return (2, *(number for number in range(1, limit) if number != 2))


def _opened_by_select(decisions: Decisions) -> Decisions:
    """Returns decisions of a card whose SELECT by AID opens a channel that is not open."""

    def open_or_opened(received: Received) -> bool:
        command, view = received.command, received.view
        if received.channel_open or command.ins != Ins.SELECT or command.p1 != _BY_NAME:
            return received.channel_open
        known = (
            *view.decisions[applications.APPLICATIONS],
            *view.decisions[applications.OF_PROFILE](view),
        )
        matches = view.decisions[applications.MATCHES]
        return any(matches(one.aid.octets, command.data) for one in known)

    checks = tuple(
        Check(one.name, open_or_opened, one.code) if one.name == "channel_open" else one
        for one in decisions[delivery.CHECKS]
    )
    return decisions.having(delivery.CHECKS, checks)


def _always_with_fci(octets: bytes) -> CommandApdu:
    """Returns a command; SELECT by name without data is read as one that asks for them."""
    command = CommandApdu.parse(octets)
    if command.ins == Ins.SELECT and command.p1 == _BY_NAME and command.p2 == _NO_DATA:
        return replace(command, p2=_BY_NAME)
    return command


VARIATIONS: Final = (
    Variation(
        name="channels.from-three-down",
        summary="MANAGE CHANNEL grants channel 3 first, then 2, then 1.",
        legal_by="TS 102 221, 11.1.17: the UICC assigns the number",
        octets="the answer to MANAGE CHANNEL",
        change=swap(manage_channel.GRANTED, _from_three_down),
    ),
    Variation(
        name="channels.two-first",
        summary="MANAGE CHANNEL grants channel 2 first.",
        legal_by="TS 102 221, 11.1.17: the UICC assigns the number",
        octets="the answer to MANAGE CHANNEL",
        change=swap(manage_channel.GRANTED, _two_first),
    ),
    Variation(
        name="channels.basic-only",
        summary="The card has channels 0 to 3.",
        legal_by="TS 102 221, 10.1.1 and 11.1.17: extended channels are an option",
        octets="status word of MANAGE CHANNEL",
        change=swap(manage_channel.LIMIT, _MORE_THAN_BASIC),
        declared=(("EXT_CHANNELS", False),),
    ),
    Variation(
        name="channels.closing-twice-is-fine",
        summary="MANAGE CHANNEL to close a channel that is not open is answered 9000.",
        legal_by="5ber and 9eSIM; TS 102 221 names no status word",
        octets="status word of MANAGE CHANNEL",
        change=swap(manage_channel.NONE_TO_CLOSE, StatusWord.OK),
    ),
    Variation(
        name="channels.closing-twice-warns",
        summary="MANAGE CHANNEL to close a channel that is not open is answered 6200.",
        legal_by="eSIM.me; ISO/IEC 7816-4, 11.1.2",
        octets="status word of MANAGE CHANNEL",
        change=swap(manage_channel.NONE_TO_CLOSE, 0x6200),
    ),
    Variation(
        name="channels.opened-by-select",
        summary="SELECT by AID opens a channel that is not open.",
        legal_by="Xesim, eSIM.me and 9eSIM, as in the Java Card runtime; ISO/IEC 7816-4, 11.1.1",
        octets="status word and FCI of SELECT",
        change=_opened_by_select,
    ),
    Variation(
        name="channels.always-with-fci",
        summary="SELECT answers the FCI though P2 wants no data.",
        legal_by="Eastcompeace, Kigen and G+D families",
        octets="the answer to SELECT with P2=0C",
        change=swap(delivery.PARSE, _always_with_fci),
    ),
    Variation(
        name="channels.answers-directly",
        summary="An answer comes at once where the command has an Le.",
        legal_by="ISO/IEC 7816-3, 12.1: T=1, or a modem that fetches",
        octets="61XX of each answer",
        options=("response-mode=direct",),
    ),
    Variation(
        name="channels.parts-of-128",
        summary="GET RESPONSE delivers 128 octets at a time.",
        legal_by="ISO/IEC 7816-4, 11.7.1 and TS 102 221, 7.3.1.1.4: XX is what the card says",
        octets="61XX of long answers",
        change=swap(delivery.MOST, 128),
    ),
    Variation(
        name="channels.parts-of-255",
        summary="GET RESPONSE delivers 255 octets at a time, never 256.",
        legal_by="ISO/IEC 7816-4, 11.7.1 and TS 102 221, 7.3.1.1.4: XX is what the card says",
        octets="61XX of long answers",
        change=swap(delivery.MOST, 255),
    ),
)
