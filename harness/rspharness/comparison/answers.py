"""What the answers of two cards differ in, case by case, read from the octets of the traces.

The exchanges of a case are put beside each other in their order. While the same is asked, answers
are compared: status word, members and values by name, order of tags. Where something else is asked,
the comparison of this case ends: what follows is the consequence of a difference before it.

Left out is what differs between any two sessions (challenges, signatures, one-time keys); what a
card holds just now, or what names it, is a difference of state.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rspcore.apdu import Ins
from rspcore.errors import DecodeError
from rspcore.status import StatusWord
from rspcore.tlv import parse_prefix
from rspharness.comparison.difference import Difference, Kind
from rspharness.evidence.conversation import Exchange, conversation
from rspharness.evidence.members import members_alike, tag_order
from rspharness.evidence.names import FUNCTIONS, function_name, instruction_name
from rspharness.record.trace import Remark, Reset, TraceEvent

__all__ = ["answer_differences", "compared_traces", "exchange_name", "of_firmware"]

_RANDOM: Final = frozenset(
    {
        "euiccChallenge",
        "euiccCiPKIdToBeUsed",
        "euiccOtpk",
        "euiccSignature1",
        "euiccSignature2",
        "euiccSignPIR",
        "euiccCancelSessionSignature",
        "euiccNotificationSignature",
        "serverChallenge",
        "transactionId",
        "hashCc",
    }
)
"""Members that are drawn or made anew in every session."""

_STATE: Final = frozenset(
    {
        "eidValue",
        "iccid",
        "isdpAid",
        "seqNumber",
        "installedApplication",
        "freeNonVolatileMemory",
        "freeVolatileMemory",
        "euiccCertificate",
    }
)
"""Members that say what a card holds just now, or which card it is."""

_NO_VALUES: Final = (Ins.AUTHENTICATE, Ins.GET_CHALLENGE)
"""Commands whose answers are drawn; only their status words are compared."""


def exchange_name(one: Exchange) -> str:
    """Returns the name of what was asked: the function, or the command with what it names."""
    if one.ins == Ins.STORE_DATA:
        try:
            return function_name(parse_prefix(one.data).tag)
        except DecodeError:
            return f"STORE DATA {one.data[:2].hex().upper()}"
    name = instruction_name(one.ins)
    if one.ins == Ins.SELECT:
        return f"{name} {one.data.hex().upper()}".rstrip()
    return name


def compared_traces(
    case: str, a: Iterable[TraceEvent], b: Iterable[TraceEvent]
) -> tuple[list[Difference], int]:
    """Returns what two traces of a case differ in, and how many answers were compared."""
    left, right = _without_remarks(a), _without_remarks(b)
    found: list[Difference] = []
    number = 0
    for number, (one, other) in enumerate(zip(left, right, strict=False), 1):
        if isinstance(one, Reset) or isinstance(other, Reset):
            if isinstance(one, Reset) and isinstance(other, Reset):
                if one.atr != other.atr:
                    shown = one.atr.hex().upper(), other.atr.hex().upper()
                    found.append(Difference(Kind.VALUE, "ATR", *shown, (case,)))
                continue
            found += _other_command(case, _name(one), _name(other), found)
            return found, number
        if exchange_name(one) != exchange_name(other):
            found += _other_command(case, _name(one), _name(other), found)
            return found, number
        found += answer_differences(case, one, other)
    if len(left) != len(right):
        ends = [_name(one[number]) if number < len(one) else _END for one in (left, right)]
        found += _other_command(case, ends[0], ends[1], found)
    return found, number


def _other_command(case: str, a: str, b: str, before: list[Difference]) -> Iterator[Difference]:
    """Yields that other things are asked, unless a difference before it is the cause.

    The subject is what the first run asks, not where: for one reason it may be anywhere in a case.
    """
    if not any(one.counts for one in before):
        yield Difference(Kind.COMMANDS, a, a, b, (case,))


def _name(one: Exchange | Reset) -> str:
    return "reset" if isinstance(one, Reset) else exchange_name(one)


def _without_remarks(events: Iterable[TraceEvent]) -> list[Exchange | Reset]:
    return [one for one in conversation(list(events)) if not isinstance(one, Remark)]


def answer_differences(case: str, one: Exchange, other: Exchange) -> Iterator[Difference]:
    """Yields what the answers to the same differ in."""
    name = exchange_name(one)
    if _fetched_in_parts(one) or _fetched_in_parts(other):
        return  # the case that fetches an answer so is about the parts
    if one.status != other.status and {_plain(one.status), _plain(other.status)} == {_DONE}:
        waiting = [_waiting(sw) for sw in (one.status, other.status)]
        if waiting[0] != waiting[1]:
            yield Difference(Kind.VALUE, "toolkit", waiting[0], waiting[1], (case,))
    elif one.status != other.status:
        shown = [_status(sw) for sw in (one.status, other.status)]
        yield Difference(Kind.STATUS, name, shown[0], shown[1], (case,))
        if not (_succeeds(one) and _succeeds(other)):
            return  # its status word says that one has no answer
    if one.answer == other.answer or one.ins in _NO_VALUES:
        return
    if one.ins in (Ins.READ_BINARY, Ins.READ_RECORD):
        shown = [_cut(answer.hex().upper()) for answer in (one.answer, other.answer)]
        yield Difference(Kind.VALUE, f"{name}, data", shown[0], shown[1], (case,))
        return
    yield from _member_differences(case, name, one.answer, other.answer)


def _member_differences(case: str, name: str, a: bytes, b: bytes) -> Iterator[Difference]:
    left, right = members_alike(a, b)
    for path in dict.fromkeys((*left, *right)):
        was, now = left.get(path, "-"), right.get(path, "-")
        leaf = _leaf(path)
        if was == now or leaf in _RANDOM or path.startswith("5F37"):
            continue
        kind = Kind.STATE if leaf in _STATE or ".euiccCertificate." in path else Kind.VALUE
        yield Difference(kind, _subject(name, path), _cut(was), _cut(now), (case,))
    orders = [tag_order(answer) for answer in (a, b)]
    if orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]):
        shown = [" ".join(one.rpartition(".")[2] for one in order) for order in orders]
        yield Difference(Kind.ORDER, name, _cut(shown[0]), _cut(shown[1]), (case,))


def of_firmware(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yields the members that are neither drawn nor what a card holds just now."""
    for path, value in found.items():
        if _leaf(path) not in _RANDOM | _STATE:
            yield path, value


def _leaf(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0]


def _status(status: int | None) -> str:
    return "no answer" if status is None else f"{status:04X}"


def _plain(status: int | None) -> int | None:
    """Returns a status word without what it says of the toolkit: 91XX is 9000 (TS 102 221)."""
    return _DONE if status is not None and status >> 8 == _PROACTIVE else status


def _waiting(status: int | None) -> str:
    proactive = status is not None and status >> 8 == _PROACTIVE
    return "a proactive command waits" if proactive else "nothing waits"


def _succeeds(one: Exchange) -> bool:
    return one.status is not None and one.status >> 8 in _SUCCESS


def _fetched_in_parts(one: Exchange) -> bool:
    more = one.status is not None and one.status >> 8 == _MORE_DATA
    return more or one.ins == Ins.GET_RESPONSE


def _subject(name: str, path: str) -> str:
    """Returns what a member is called: by its message, which may be a part of another one.

    >>> _subject("ES10b.AuthenticateServer", "AuthenticateServerResponse.x.euiccInfo2.svn")
    'EUICCInfo2.svn'
    """
    _, inside, member = path.partition(".euiccInfo2.")
    if inside:
        return f"EUICCInfo2.{member}"
    return path if path.partition(".")[0] in _MESSAGES else f"{name}, {path}"


_MESSAGES: Final = frozenset(answer for _, _, answer in FUNCTIONS.values() if answer)
_END: Final = "end of the case"
_DONE: Final = StatusWord.OK
_PROACTIVE: Final = 0x91
_SUCCESS: Final = (0x62, 0x63, 0x90, 0x91)
_MORE_DATA: Final = 0x61
_LONGEST: Final = 120


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"
