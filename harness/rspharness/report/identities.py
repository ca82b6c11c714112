"""What names a card and its subscribers in a run: EIDs, ICCIDs, IMSIs; found, masked, replaced.

They are found in the traces, because a card tells them there: in tag 5A of an answer, and in the
transparent files EF.ICCID and EF.IMSI. Texts have them as digits, as octets in hexadecimal digits
with and without spaces, or as Python writes octets; certificates have the EID as characters. In a
trace a number may begin in one answer and end in the next.

    89049032123451234512345678901235     in a text
    89049032************************     masked: the issuer stays, who it is for does not

ICCIDs of the suites' own Profiles and IMSIs of test networks are no secret and stay as they are.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspharness.targets.own_profile import OWN_ICCIDS

__all__ = ["MASKED", "Identities", "Identity"]

MASKED: Final = "masked; --no-redact shows them"
"""Fact of a run whose views hide what names the card."""

_KEPT: Final = {"EID": 8, "ICCID": 7, "IMSI": 5}
"""Digits that name the issuer (ITU-T E.118, E.212; SGP.02): they are shown."""
_EID: Final = re.compile(rb"\x5a\x10(\x89.{15})", re.DOTALL)
_ICCID: Final = re.compile(rb"\x5a\x0a(\x98.{9})", re.DOTALL)
_IMSI_OCTETS: Final = 9
_TEST_NETWORKS: Final = "001"
"""Mobile country code of networks for tests (ITU-T E.212): its IMSIs name nobody."""
_STATUS: Final = 2
_HTTP: Final = "# HTTP "
"""How a line of an HTTP exchange begins in a trace."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")


def _swapped(digits: str) -> str:
    """Returns digits with those of each pair swapped, filled up with F."""
    even = digits + "F" * (len(digits) % 2)
    return "".join(even[n + 1] + even[n] for n in range(0, len(even), 2))


@dataclass(frozen=True, slots=True)
class Identity:
    """One number of one kind: `EID`, `ICCID` or `IMSI`.

    Attributes:
        kind: The kind.
        digits: The number as it is printed; a masked one has `*` for the digits that are hidden.
    """

    kind: str
    digits: str

    @property
    def octets(self) -> str:
        """Returns the octets by which a card tells it, in hexadecimal digits (TS 31.102, 4.2.2)."""
        if self.kind == "EID":
            return self.digits
        if self.kind == "ICCID":
            return _swapped(self.digits.ljust(20, "F"))
        parity = "9" if len(self.digits) % 2 else "1"
        coded = _swapped(parity + self.digits)
        return f"{len(coded) // 2:02X}{coded}".ljust(2 * _IMSI_OCTETS, "F")

    @property
    def characters(self) -> str:
        """Returns its digits as characters, as hexadecimal digits: so in a certificate."""
        return self.digits.encode("ascii").hex().upper()

    @property
    def masked(self) -> "Identity":
        """Returns it with the issuer alone."""
        shown = self.digits[: _KEPT[self.kind]]
        return Identity(self.kind, shown.ljust(len(self.digits), "*"))

    def forms(self) -> Iterator[str]:
        """Yields the texts that stand for it, in an order that is the same for every identity."""
        yield self.digits
        for row in (self.octets, self.characters):
            pairs = [row[n : n + 2] for n in range(0, len(row), 2)]
            for text in (row, " ".join(pairs)):
                yield from (text.upper(), text.lower())
        yield from self._of_python()

    def _of_python(self) -> Iterator[str]:
        """Yields what Python writes for the octets, once and twice escaped; `*` if masked."""
        if "*" in self.digits:
            yield from ("*" * len(self.octets), "*" * len(self.octets))
            return
        text = repr(bytes.fromhex(self.octets))[2:-1]
        yield from (text, json.dumps(text)[1:-1])


class Identities:
    """The identities of one run.

    Attributes:
        folder: Folder of the run, as a shell takes it, which lines to be used again name in place
            of the EID; empty for none.
    """

    def __init__(self, known: Iterable[Identity] = ()) -> None:
        self._all = dict.fromkeys(known)
        self.folder = ""

    def __iter__(self) -> Iterator[Identity]:
        """Iterates over them in the order in which they were found."""
        return iter(self._all)

    def add_eid(self, digits: str) -> None:
        """Adds the EID of the card; anything but 32 digits names no card."""
        if re.fullmatch("[0-9]{32}", digits):
            self._add(Identity("EID", digits))

    def _add(self, one: Identity) -> None:
        public = {"ICCID": OWN_ICCIDS, "IMSI": _TEST_NETWORKS}.get(one.kind)
        if one not in self._all and not (public and one.digits.startswith(public)):
            self._all[one] = None
            self.__dict__.pop("_pattern", None)

    def read(self, trace: str) -> None:
        """Adds those that are in the answers of a trace."""
        lines = [_Line.parse(line) for line in trace.splitlines()]
        for line in lines:
            if line.kind == "<":
                self._read_file(line.data)
        answered = b"".join(line.data for line in lines if line.kind == "<")
        for found in _EID.finditer(answered):
            self.add_eid(found[1].hex())
        for found in _ICCID.finditer(answered):
            self._add(Identity("ICCID", _swapped(found[1].hex().upper()).rstrip("F")))

    def _read_file(self, data: bytes) -> None:
        """Adds the number of EF.ICCID or EF.IMSI, if these octets look like the content of one."""
        digits = _swapped(data.hex().upper())
        if len(data) == 10 and re.fullmatch("89[0-9]{16}[0-9F]{2}", digits):
            self._add(Identity("ICCID", digits.rstrip("F")))
        found = re.fullmatch("[0-9]{2}([0-9])([0-9]{5,15})F*", digits)
        if len(data) == _IMSI_OCTETS and found and data[0] == (len(found[2]) + 2) // 2:
            parity = "9" if len(found[2]) % 2 else "1"
            if found[1] == parity:
                self._add(Identity("IMSI", found[2]))

    @cached_property
    def _pattern(self) -> tuple[re.Pattern[str], dict[str, tuple[Identity, int]]]:
        forms = {
            text: (one, number) for one in self._all for number, text in enumerate(one.forms())
        }
        longest_first = sorted(forms, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)"), forms

    def replaced(self, text: str, stand_in: Callable[[Identity], Identity]) -> str:
        """Returns a text with another identity for each, of the same length in every form."""
        pattern, forms = self._pattern

        def other(found: re.Match[str]) -> str:
            one, number = forms[found[0]]
            return tuple(stand_in(one).forms())[number]

        return pattern.sub(other, text)

    def masked(self, text: str) -> str:
        """Returns a text with each identity masked; a line to be used again stays usable."""
        for one in self._all if self.folder else ():
            if one.kind == "EID":
                text = text.replace(f"--eid {one.digits}", f"--eid {self.folder}")
        return self.replaced(text, lambda one: one.masked)

    def in_trace(self, text: str, stand_in: Callable[[Identity], Identity]) -> list[str]:
        """Returns the lines of a trace with another identity for each, also across answers.

        In an HTTP exchange, what stands in base64 and has an identity in it is left out as a whole.
        """
        whole = self.replaced(text, stand_in)  # remarks, and what is within one line
        lines = [_Line.parse(self._without_base64(line)) for line in whole.splitlines()]
        for kind in "<>":
            _replace_across([line for line in lines if line.kind == kind], self._all, stand_in)
        return [line.text() for line in lines]

    def _without_base64(self, line: str) -> str:
        """Returns a line of an HTTP exchange without what names the card in base64."""
        return _BASE64.sub(self._hidden, line) if line.startswith(_HTTP) else line

    def _hidden(self, found: re.Match[str]) -> str:
        text = found[0].rstrip("=")
        octets = b64decode(text[: len(text) - (len(text) % 4 == 1)] + "==")
        digits = octets.hex().upper()
        named = any(row in digits for one in self._all for row in (one.octets, one.characters))
        return f"({len(octets):,} octets masked)" if named else found[0]

    def pseudonyms(self) -> Mapping[Identity, Identity]:
        """Returns another identity for each: same kind, issuer and length, numbered from 1."""
        taken = set(self._all)
        made: dict[Identity, Identity] = {}
        for one in self._all:
            number = 1
            while (new := _numbered(one, number)) in taken:
                number += 1
            made[one] = new
            taken.add(new)
        return made


def _numbered(one: Identity, number: int) -> Identity:
    kept = one.digits[: _KEPT[one.kind]]
    if one.kind == "EID":
        first = kept + str(number).rjust(30 - len(kept), "0")
        return Identity("EID", str(Eid.from_first_digits(first)))
    return Identity(one.kind, kept + str(number).rjust(len(one.digits) - len(kept), "0"))


@dataclass(slots=True)
class _Line:
    """One line of a trace: its kind, its octets as pairs, and the place of its data among them."""

    kind: str
    pairs: list[str]
    start: int
    end: int
    rest: str

    @classmethod
    def parse(cls, line: str) -> "_Line":
        kind, _, rest = line.partition(" ")
        if kind not in ("<", ">"):
            return cls("", [], 0, 0, line)
        octets, mark, after = rest.partition(";")
        tail = octets[len(octets.rstrip()) :] + mark + after
        pairs = octets.split()
        start, end = (0, len(pairs) - _STATUS) if kind == "<" else _data_of(pairs)
        return cls(kind, pairs, start, max(start, end), tail)

    @property
    def data(self) -> bytes:
        """Returns the octets of the data; a masked one counts as 00."""
        return bytes.fromhex("".join(self.pairs[self.start : self.end]).replace("*", "0"))

    def text(self) -> str:
        """Returns the line."""
        return f"{self.kind} {' '.join(self.pairs)}{self.rest}" if self.kind else self.rest


def _data_of(pairs: list[str]) -> tuple[int, int]:
    """Returns where the data field of a command begins and ends."""
    command = bytes.fromhex("".join(pairs).replace("*", "0"))
    try:
        size = len(CommandApdu.parse(command).data)
    except DecodeError:
        return min(5, len(pairs)), len(pairs)
    start = 7 if size and command[4] == 0 else 5
    return start, start + size


def _replace_across(
    lines: list[_Line], known: Iterable[Identity], stand_in: Callable[[Identity], Identity]
) -> None:
    """Replaces what begins in the data of one line and ends in that of a later one."""
    places = [(line, number) for line in lines for number in range(line.start, line.end)]
    stream = "".join(line.pairs[number] for line, number in places)
    for one in known:
        new = stand_in(one)
        for old_row, new_row in ((one.octets, new.octets), (one.characters, new.characters)):
            position = stream.find(old_row)
            while position >= 0:
                if position % 2 == 0:
                    for n in range(0, len(old_row), 2):
                        line, number = places[(position + n) // 2]
                        line.pairs[number] = new_row[n : n + 2]
                position = stream.find(old_row, position + 1)
