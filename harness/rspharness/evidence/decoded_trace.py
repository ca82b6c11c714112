"""A trace decoded: each command by its name, data and answers by the names of their members.

    line 12  channel 1  ES10c.GetEID  9000  0.19 ms
        > GetEuiccDataRequest
            tagList: 5A
        < GetEuiccDataResponse
            eidValue: 8904... (89049032123451234512345678901235)

Where session keys of BoundProfilePackages are given, what a protected segment holds in clear stands
behind = (`packages_in_clear`).

HTTP exchanges stand between the commands, as they happened (`http_exchanges`). Nothing of a trace
is left out but PINs, PUKs, keys and OTA data: what is not known by name is shown in octets.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from rspcore.apdu import Ins
from rspcore.errors import DecodeError
from rspcore.messages.v3.lsi_configuration import LsiConfiguration
from rspcore.tags import Tag
from rspcore.tlv import parse_prefix
from rspharness.evidence.conversation import Exchange, conversation
from rspharness.evidence.fields import INDENT, hexadecimal, named, tree
from rspharness.evidence.http_exchanges import is_http, messages
from rspharness.evidence.names import (
    FUNCTIONS,
    LSI_FUNCTIONS,
    PROACTIVE,
    function_name,
    instruction_name,
)
from rspharness.evidence.packages_in_clear import PackagesInClear, begins_package
from rspharness.record.trace import Remark, Reset, TraceEvent

__all__ = ["decoded", "proactive_lines"]

_FCP: Final = {0x62: "FCP template", 0x6F: "FCI template"}
_PROACTIVE_COMMAND: Final = 0xD0
_COMMAND_DETAILS: Final = 0x01
_COMPREHENSION: Final = 0x80
_P1, _P2 = 2, 3
"""Places in a command."""
_TO_LPAE: Final = 0xE4
"""Tag of an ENVELOPE to the LPAe, and of its answer (SGP.22 v3.1, 5.7)."""
_REFRESH_DATA: Final = 0x3B
"""Application specific refresh data (ETSI TS 102 223, 8)."""
_LSI_NUMBERS: Final = 0x12
_ALERT: Final = 0xBF4A
_ATR_OF_LSI: Final = {0x80: "ATR or number of the LSI"}
_MODES: Final = {0: "none", 1: "MEP-A1", 2: "MEP-A2", 3: "MEP-B"}


def decoded(events: Iterable[TraceEvent], packages: PackagesInClear | None = None) -> Iterator[str]:
    """Yields the lines of a decoded trace.

    Args:
        events: The trace.
        packages: What opens its BoundProfilePackages: those the card gets, or, where it gets none,
            those that a server sends.
    """
    talk = list(conversation(list(events)))
    loads = any(isinstance(one, Exchange) and begins_package(one.data) for one in talk)
    sent = None if loads else packages
    for http, group in groupby(talk, lambda one: isinstance(one, Remark) and is_http(one)):
        if http:
            for message in messages([one for one in group if isinstance(one, Remark)]):
                yield from message.decoded(sent)
        else:
            yield from _others(group, packages)


def _others(
    group: Iterable[Exchange | Reset | Remark], packages: PackagesInClear | None
) -> Iterator[str]:
    for one in group:
        match one:
            case Reset():
                if packages is not None:
                    packages.reset()
                yield f"reset  ATR {one.atr.hex(' ').upper()}"
            case Remark():
                yield f"# {one.text}" if one.text else "#"
            case Exchange():
                yield from _exchange(one)
                if packages is not None and one.ins == Ins.STORE_DATA:
                    yield from _marked("=", packages.lines(one.data, one.channel))


def _exchange(one: Exchange) -> Iterator[str]:
    tag = _tag(one.data) if one.ins == Ins.STORE_DATA else None
    name = function_name(tag) if tag is not None else instruction_name(one.ins)
    if one.ins == Ins.MANAGE_LSI and len(one.command) > _P2:
        p1, p2 = one.command[_P1], one.command[_P2]
        name += f", {LSI_FUNCTIONS.get(p1, f'function {p1:02X}').format(p2)}"
    channel = "no channel" if one.channel is None else f"channel {one.channel}"
    words = [f"line {one.line}", channel]
    words += [name, f"{one.status:04X}" if one.status is not None else "no answer"]
    if one.commands > 1:
        words.append(f"{one.commands} commands")
    if one.elapsed_ms is not None:
        words.append(f"{one.elapsed_ms:.2f} ms")
    yield "  ".join(words)
    yield from _marked(">", _request(one, tag))
    yield from _marked("<", _response(one))


def _marked(sign: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{INDENT}{sign if number == 0 else ' '} {line}"


def _tag(data: bytes) -> int | None:
    """Returns the first tag of data, or None where there is none."""
    try:
        return parse_prefix(data).tag
    except DecodeError:
        return int.from_bytes(data[:2], "big") if data[:1] == b"\xbf" and len(data) > 1 else None


def _request(one: Exchange, tag: int | None) -> Iterator[str]:
    if not one.data:
        return
    if one.is_secret:
        yield f"{len(one.data)} octets masked"
    elif tag is not None:
        yield from named(FUNCTIONS[tag][1] if tag in FUNCTIONS else "", one.data)
    elif one.ins == Ins.SELECT:
        yield hexadecimal(one.data)
    elif one.ins == Ins.MANAGE_LSI:
        yield from _lsi(one.data)
    elif one.ins == Ins.ENVELOPE and _tag(one.data) == _TO_LPAE:
        yield from named("E4ERequest", one.data)
    else:
        yield from tree(one.data)


def _response(one: Exchange) -> Iterator[str]:
    if not one.answer:
        return
    tag = _tag(one.answer)
    if one.ins == Ins.FETCH and tag == _PROACTIVE_COMMAND:
        yield from proactive_lines(one.answer)
    elif one.ins == Ins.STORE_DATA and tag is not None and tag in FUNCTIONS:
        yield from named(FUNCTIONS[tag][2], one.answer)
    elif one.ins == Ins.MANAGE_LSI:
        yield from _lsi(one.answer)
    elif one.ins == Ins.ENVELOPE and tag == _TO_LPAE:
        yield from named("E4EResponse", one.answer)
    elif one.ins == Ins.SELECT and tag in _FCP:
        yield from tree(one.answer, names=_FCP)
        yield from _isdr_data(one.answer)
    elif one.ins in (Ins.READ_BINARY, Ins.READ_RECORD, Ins.GET_CHALLENGE):
        yield hexadecimal(one.answer)
    else:
        yield from tree(one.answer, names=_FCP)


def proactive_lines(answer: bytes) -> Iterator[str]:
    """Yields a proactive command; its type is in the command details (TS 102 223, 8.6)."""
    try:
        parts = parse_prefix(answer).children()
    except DecodeError:
        yield from tree(answer)
        return
    for part in parts:
        if part.tag & ~_COMPREHENSION == _COMMAND_DETAILS and len(part.value) > 1:
            kind = part.value[1]
            qualifier = f", qualifier {part.value[2]:02X}" if len(part.value) > 2 else ""
            yield PROACTIVE.get(kind, f"proactive command {kind:02X}") + qualifier
        if part.tag & ~_COMPREHENSION == _REFRESH_DATA and _tag(bytes(part.value)) == _ALERT:
            yield from named("AlertData", bytes(part.value))
        if part.tag & ~_COMPREHENSION == _LSI_NUMBERS:
            yield f"LSI {', '.join(map(str, bytes(part.value)))}"
    yield from tree(answer)


def _lsi(octets: bytes) -> Iterator[str]:
    """Yields the data of MANAGE LSI: what is proposed or agreed on, or an ATR."""
    try:
        found = LsiConfiguration.decode(octets)
    except DecodeError:
        yield from tree(octets, names=_ATR_OF_LSI)
        return
    if found.encode() != octets or found.modes is None:
        yield from tree(octets, names=_ATR_OF_LSI)
        return
    options = "" if found.options is None else f", options {found.options:02X}"
    modes = (_MODES.get(one, f"{one:02X}") for one in found.modes)
    yield f"highest LSI {found.highest}{options}"
    yield f"modes: {', '.join(modes)}" + ("" if found.ports is None else f"; ports: {found.ports}")


def _isdr_data(fci: bytes) -> Iterator[str]:
    """Yields what the ISD-R says of itself in the answer to its selection, by names."""
    try:
        template = parse_prefix(fci).find(Tag.IsdrSelectData)
    except DecodeError:
        return
    if template is not None:
        yield from named("ISDRProprietaryApplicationTemplate", bytes(template.raw))
