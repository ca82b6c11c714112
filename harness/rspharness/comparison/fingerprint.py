"""What identifies the firmware of a card, read in seconds with commands that only read.

A fixed list of commands is sent behind the guard of level read-only: what the card says of itself
(ATR, ISD-R, EUICCInfo, RAT, MF and EF.DIR), and questions that a card refuses, each in its own way.
What a card holds just now, and its EID, are in the fingerprint and not in its digest; two cards
with the same digest answered everything alike.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass
from rspcore.tags import ISDR_AID
from rspharness.comparison.answers import answer_differences, of_firmware
from rspharness.comparison.difference import Comparison, Difference, Kind, Side
from rspharness.evidence.conversation import Exchange
from rspharness.evidence.members import members
from rspharness.record.testcase import Level
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard import GuardedLink
from rspharness.targets.isdr_aids import ISDR_AIDS
from rspharness.targets.transport import CardLink

__all__ = [
    "Asked",
    "Fingerprint",
    "compared",
    "compared_fingerprints",
    "lines",
    "read_fingerprint",
    "taken",
]

SCHEMA: Final = 1
_SELECT_FCP: Final = "00A40004"
_REFUSED: Final = "not sent"
_MOST_PARTS: Final = 64
_OPEN: Final = bytes.fromhex("0070000001")

_BASIC: Final = (
    ("SELECT MF", f"{_SELECT_FCP}023F0000"),
    ("STATUS", "80F2000000"),
    ("SELECT EF.DIR", f"{_SELECT_FCP}022F0000"),
    ("READ RECORD 1 of EF.DIR", "00B2010400"),
    ("SELECT EF.ICCID", f"{_SELECT_FCP}022FE200"),
    ("SELECT EF.PL", f"{_SELECT_FCP}022F0500"),
    ("SELECT EF.ARR", f"{_SELECT_FCP}022F0600"),
    ("SELECT EF.UMPC", f"{_SELECT_FCP}022F0800"),
    ("SELECT of a file that is not there", f"{_SELECT_FCP}022FFF00"),
    ("SELECT with P1 of no meaning", "00A4070C023F00"),
    ("SELECT of an AID that is nobody's", "00A4040007F0000000000001"),
    ("READ BINARY beyond the end", "00B07FFF01"),
    ("VERIFY PIN without data, unknown PIN", "0020001F"),
    ("GET DATA, unknown object", "00CA5F5000"),
    ("MANAGE CHANNEL, close one that is not open", "00708009"),
)
"""Commands on the basic channel, after a reset."""

_ISDR: Final = (
    ("GetEUICCInfo1", "81E2910003BF2000"),
    ("GetEUICCInfo2", "81E2910003BF2200"),
    ("GetEID", "81E2910006BF3E035C015A"),
    ("GetRAT", "81E2910003BF4300"),
    ("GetEuiccConfiguredAddresses", "81E2910003BF3C00"),
    ("GetProfilesInfo, unknown tag", "81E2910006BF2D035C01DF"),
    ("GetEID, empty tag list", "81E2910005BF3E025C00"),
    ("GetEUICCInfo1, with a member", "81E2910005BF20028100"),
    ("ListNotification, of no operation", "81E2910007BF280481020700"),
    ("an instruction that is assigned nowhere", "81C8000000"),
)
"""Commands to the ISD-R on channel 1."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and its answer.

    Attributes:
        name: What was asked.
        command: The command; empty for the ATR.
        status: Status word that ended it, or why there is none.
        answer: Data of the whole answer.
        fetched: Whether the answer was announced by 61XX and fetched.
    """

    name: str
    command: bytes
    status: str
    answer: bytes
    fetched: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "name": self.name,
            "command": self.command.hex().upper(),
            "status": self.status,
            "answer": self.answer.hex().upper(),
            "fetched": self.fetched,
        }

    def exchange(self) -> Exchange:
        """Returns it as a part of a conversation."""
        status = int(self.status, 16) if len(self.status) == 4 else None
        data = self.command[5 : 5 + self.command[4]] if len(self.command) > 5 else b""
        return Exchange(self.command, data, self.answer, status, 0, 0, 1, None)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything a card was asked.

    Attributes:
        facts: Reader, protocol, version of this program.
        asked: Questions and answers, the ATR first.
    """

    facts: Mapping[str, str]
    asked: tuple[Asked, ...]

    @property
    def digest(self) -> str:
        """Returns what cards of one firmware have in common, as 16 hexadecimal digits."""
        parts: list[str] = []
        for one in self.asked:
            parts += [one.name, one.status, str(one.fetched)]
            parts += [f"{path}={value}" for path, value in of_firmware(members(one.answer))]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "schema": SCHEMA,
            "kind": "fingerprint",
            "digest": self.digest,
            "facts": dict(self.facts),
            "asked": [one.as_dict() for one in self.asked],
        }


def taken(link: CardLink, facts: Mapping[str, str]) -> Fingerprint:
    """Takes the fingerprint of a card; it is reset before and after.

    Raises:
        TargetLost: the card does not answer.
    """
    guarded = GuardedLink(link, Level.READ_ONLY, lambda: False)
    asked = [Asked("ATR", b"", "", guarded.reset())]
    asked += [_asked(guarded, name, bytes.fromhex(text)) for name, text in _BASIC]
    guarded.reset()
    asked.append(_asked(guarded, "MANAGE CHANNEL, open one at once", _OPEN))
    standard = bytes((1, 0xA4, 4, 0, len(ISDR_AID.octets))) + ISDR_AID.octets + b"\0"
    asked.append(_asked(guarded, "SELECT ISD-R without TERMINAL CAPABILITY", standard))
    guarded.reset()
    asked.append(_asked(guarded, "TERMINAL CAPABILITY", bytes.fromhex("80AA000005A903830107")))
    asked.append(_asked(guarded, "MANAGE CHANNEL, open one", _OPEN))
    for aid in ISDR_AIDS:
        select = bytes((1, 0xA4, 4, 0, len(aid.octets))) + aid.octets + b"\0"
        asked.append(_asked(guarded, f"SELECT ISD-R {aid}", select))
        if asked[-1].status[:2] in ("90", "91"):
            break
    asked += [_asked(guarded, name, bytes.fromhex(text)) for name, text in _ISDR]
    guarded.reset()
    return Fingerprint(facts, tuple(asked))


def _asked(link: CardLink, name: str, command: bytes) -> Asked:
    """Asks once, and fetches the whole answer."""
    try:
        response = link.transmit(command)
        answer = response[:-2]
        fetched = response[-2:-1] == b"\x61"
        for _ in range(_MOST_PARTS):
            if response[-2:-1] == b"\x6c":
                response = link.transmit(command[:4] + response[-1:])
            elif response[-2:-1] == b"\x61":
                response = link.transmit(bytes((command[0] & 0x03, 0xC0, 0, 0, response[-1])))
            else:
                break
            answer += response[:-2]
    except LocalError as refused:
        return Asked(name, command, f"{_REFUSED}: {refused}", b"")
    if len(response) < 2:
        raise TargetLost(f"{name}: a response of {len(response)} octets has no status word")
    return Asked(name, command, response[-2:].hex().upper(), answer, fetched)


def read_fingerprint(path: Path) -> Fingerprint:
    """Reads a fingerprint from a file.

    Raises:
        ConfigError: it is none, or of another version.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["schema"] != SCHEMA:
            raise ConfigError(f"{path}: fingerprint {read['schema']}, expected {SCHEMA}")
        asked = tuple(
            Asked(
                one["name"],
                bytes.fromhex(one["command"]),
                one["status"],
                bytes.fromhex(one["answer"]),
                bool(one["fetched"]),
            )
            for one in read["asked"]
        )
        return Fingerprint(read["facts"], asked)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a fingerprint: {error!r}") from error


def compared_fingerprints(a: Path, b: Path) -> Comparison:
    """Compares two fingerprints in files.

    Raises:
        ConfigError: one cannot be read.
    """
    return compared(read_fingerprint(a), read_fingerprint(b), (str(a), str(b)))


def compared(a: Fingerprint, b: Fingerprint, names: tuple[str, str] = ("A", "B")) -> Comparison:
    """Compares two fingerprints, which are shown under these names."""
    left, right = ({one.name: one for one in side.asked} for side in (a, b))
    found: list[Difference] = []
    for name, one in left.items():
        other = right.get(name)
        if other is None or one.command != other.command:
            shown = one.status, other.status if other else "not asked"
            found.append(Difference(Kind.STATUS, name, *shown))
        elif name == "ATR":
            if one.answer != other.answer:
                atrs = one.answer.hex().upper(), other.answer.hex().upper()
                found.append(Difference(Kind.VALUE, "ATR", *atrs))
        elif one != other:
            found += _of_answers(one, other)
    found += [
        Difference(Kind.STATUS, name, "not asked", one.status)
        for name, one in right.items()
        if name not in left
    ]
    order = list(Kind)
    found.sort(key=lambda one: order.index(one.kind))
    sides = [Side(name, dict(side.facts)) for name, side in zip(names, (a, b), strict=True)]
    once = tuple(dict.fromkeys(found))
    return Comparison(sides[0], sides[1], once, (), {"answers": len(left.keys() & right)})


def _of_answers(one: Asked, other: Asked) -> Iterator[Difference]:
    if one.fetched != other.fetched and one.answer and other.answer:
        ways = ["by GET RESPONSE" if side.fetched else "at once" for side in (one, other)]
        yield Difference(Kind.VALUE, "answers come", ways[0], ways[1])
    for found in answer_differences("", one.exchange(), other.exchange()):
        subject = one.name if found.kind is Kind.STATUS else found.subject
        yield Difference(found.kind, subject, found.a, found.b)


def lines(fingerprint: Fingerprint) -> Iterator[str]:
    """Yields a fingerprint as text; its digest stands first."""
    yield f"fingerprint {fingerprint.digest}"
    for name, value in fingerprint.facts.items():
        yield f"{name}  {value}"
    for one in fingerprint.asked:
        if not one.command:
            yield f"{one.name}  {one.answer.hex(' ').upper()}"
            continue
        yield f"{one.name}  {one.status}"
        for path, value in members(one.answer).items():
            yield f"    {path}  {value}"
