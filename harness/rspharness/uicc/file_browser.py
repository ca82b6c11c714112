"""The file system of a card: selecting, reading what the rules allow, listing what exists.

A UICC has no command that lists files, so a tree is made by selecting every identifier a standard
defines; an operator's own files are found only by their path. Nothing is written and no code is
verified. Source: ETSI TS 102 221, 8.4, 11.1 and 11.3.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError, LocalError, RemoteError
from rspcore.frozen import dataclass
from rspcore.status import StatusWord, describe, is_success
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.uicc.file_names import APPLICATIONS, DIRECTORIES, FILES, fid_of

__all__ = ["Content", "FileBrowser", "Found", "Place", "Structure"]

_MF: Final = b"\x3f\x00"
_CURRENT_ADF: Final = b"\x7f\xff"
_PART: Final = 255
_MOST_OBJECTS: Final = 64
_MORE: Final = 0x62F1


class Structure(StrEnum):
    """How a file is built."""

    DIRECTORY = "directory"
    TRANSPARENT = "transparent"
    LINEAR_FIXED = "linear fixed"
    CYCLIC = "cyclic"
    BER_TLV = "BER-TLV"


_STRUCTURES = {
    0x38: Structure.DIRECTORY,
    0x01: Structure.TRANSPARENT,
    0x02: Structure.LINEAR_FIXED,
    0x06: Structure.CYCLIC,
    0x39: Structure.BER_TLV,
}


@dataclass(frozen=True, slots=True)
class Place:
    """The name of a file: its directory by kind, its path, and the ADF it is in.

    Attributes:
        directory: Name of the directory it is in, as in `names`; its own for a directory.
        path: Identifiers from below the MF or the ADF on.
        aid: AID of the ADF; empty below the MF.
        name: Its name, or the identifier when no standard names it.
    """

    directory: str
    path: tuple[int, ...] = ()
    aid: bytes = b""
    name: str = "MF"

    @property
    def shown(self) -> str:
        """Returns the path as `rsplab card read` takes it."""
        root = "3F00" if not self.aid else f"ADF.{self.root}"
        return "/".join((root, *(f"{fid:04X}" for fid in self.path)))

    @property
    def root(self) -> str:
        """Returns what the application is, or its AID."""
        for beginning, name in APPLICATIONS.items():
            if self.aid.startswith(beginning):
                return name
        return self.aid.hex().upper()


@dataclass(frozen=True, slots=True)
class Found:
    """What SELECT returned about a file.

    Attributes:
        place: Which file.
        structure: How it is built.
        size: Octets of its body.
        record_length: Octets of a record, 0 without records.
        sfi: Short file identifier, or None.
        rule: Reference to its access rule, as the card gave it.
        activated: False when it is deactivated.
        raw: The FCP template.
    """

    place: Place
    structure: Structure
    size: int
    record_length: int
    sfi: int | None
    rule: bytes
    activated: bool
    raw: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What could be read of a file.

    Attributes:
        parts: The body in one part, the records, or the data objects.
        refused: Status word that stopped the reading, or None.
    """

    parts: tuple[bytes, ...]
    refused: int | None = None


class FileBrowser:
    """Browses the files a channel shows; the file system has to be selected on the channel.

    Args:
        channel: Sends commands and follows 61XX and 6CXX; the ISD-R need not be selected.
    """

    def __init__(self, channel: IsdrChannel) -> None:
        self._channel = channel

    def _send(self, ins: Ins, p1: int, p2: int, data: bytes = b"", le: int = 256) -> ResponseApdu:
        cla = 0x80 if ins is Ins.RETRIEVE_DATA else 0x00
        return self._channel.transmit(CommandApdu(cla, ins, p1, p2, data, le))

    def select(self, place: Place) -> Found:
        """Selects a file.

        Raises:
            RemoteError: the card does not find it, or refuses.
            DecodeError: what it answers is no FCP template.
        """
        identifiers = [fid.to_bytes(2, "big") for fid in place.path]
        if place.aid:
            answer = self._send(Ins.SELECT, 0x04, 0x04, place.aid)
            if place.path and is_success(answer.sw):
                answer = self._send(Ins.SELECT, 0x08, 0x04, b"".join((_CURRENT_ADF, *identifiers)))
        elif place.path:
            answer = self._send(Ins.SELECT, 0x08, 0x04, b"".join(identifiers))
        else:
            answer = self._send(Ins.SELECT, 0x00, 0x04, _MF)
        if not is_success(answer.sw) and answer.sw != StatusWord.FILE_DEACTIVATED:
            raise RemoteError(f"{place.shown}: SELECT answered {describe(answer.sw)}")
        return _found(place, answer)

    def applications(self) -> tuple[Place, ...]:
        """Returns the applications EF.DIR lists, in its order; none without an EF.DIR."""
        try:
            found = self.select(Place("MF", (0x2F00,), name="DIR"))
        except RemoteError:
            return ()
        places = []
        for record in self.read(found).parts:
            try:
                template = tlv.parse_prefix(record)
                aid = template.find(0x4F) if template.tag == 0x61 else None
            except DecodeError:
                continue
            if aid is not None and aid.value:
                place = Place("", (), bytes(aid.value))
                places.append(Place(place.root, (), place.aid, f"ADF.{place.root}"))
        return tuple(places)

    def read(self, found: Found) -> Content:
        """Reads the file selected last, as far as the card allows."""
        if found.structure is Structure.BER_TLV:
            return self._objects()
        if found.record_length:
            return self._records(found)
        if found.structure is Structure.DIRECTORY:
            return Content(())
        body = b""
        while len(body) < found.size:
            at, count = len(body), min(_PART, found.size - len(body))
            answer = self._send(Ins.READ_BINARY, at >> 8, at & 0xFF, le=count)
            if not is_success(answer.sw) or not answer.data:
                return Content((body,) if body else (), answer.sw)
            body += answer.data
        return Content((body,))

    def _records(self, found: Found) -> Content:
        records: list[bytes] = []
        for number in range(1, found.size // found.record_length + 1):
            answer = self._send(Ins.READ_RECORD, number, 0x04, le=found.record_length)
            if not is_success(answer.sw):
                return Content(tuple(records), answer.sw)
            records.append(answer.data)
        return Content(tuple(records))

    def _objects(self) -> Content:
        listed = self._retrieve(b"\x5c")
        if isinstance(listed, int):
            return Content((), listed)
        parts: list[bytes] = []
        for tag in _tags(bytes(tlv.parse(listed).value))[:_MOST_OBJECTS]:
            one = self._retrieve(tag)
            if isinstance(one, int):
                return Content(tuple(parts), one)
            parts.append(one)
        return Content(tuple(parts))

    def _retrieve(self, tag: bytes) -> bytes | int:
        answer = self._send(Ins.RETRIEVE_DATA, 0x00, 0x80, tag)
        data = answer.data
        while answer.sw == _MORE and answer.data:
            answer = self._send(Ins.RETRIEVE_DATA, 0x00, 0x00)
            data += answer.data
        return data if is_success(answer.sw) else answer.sw

    def tree(self) -> Iterator[tuple[int, Found]]:
        """Yields each standard file that exists, with its depth: the MF, then each application.

        Raises:
            RemoteError: the card has no MF.
        """
        yield from self._below(Place("MF"), 0, required=True)
        for place in self.applications():
            yield from self._below(place, 1)

    def _below(
        self, place: Place, depth: int, *, required: bool = False
    ) -> Iterator[tuple[int, Found]]:
        try:
            yield depth, self.select(place)
        except RemoteError:
            if required:
                raise
            return
        for fid, name in FILES.get(place.directory, {}).items():
            one = Place(place.directory, (*place.path, fid), place.aid, f"EF.{name}")
            try:
                yield depth + 1, self.select(one)
            except RemoteError:
                continue
        for fid, name in DIRECTORIES.get(place.directory, {}).items():
            below = Place(name, (*place.path, fid), place.aid, f"DF.{name}")
            yield from self._below(below, depth + 1)

    def place_of(self, text: str) -> Place:
        """Returns the file a path in words names: 3F00/2FE2, MF/EF.DIR, USIM/EF.IMSI, AID/6F07.

        Raises:
            LocalError: it is no path, or names an application the card does not list.
        """
        first, *rest = [word for word in text.split("/") if word]
        place = self._root(first)
        for word in rest:
            place = _step(place, word, text)
        return place

    def _root(self, word: str) -> Place:
        name = word.upper().removeprefix("ADF.")
        if name in ("MF", "3F00"):
            return Place("MF")
        listed = self.applications()
        for place in listed:
            if place.root == name or place.aid.hex().upper().startswith(name):
                return place
        if fid_of("MF", word) is not None or _is_identifier(word):
            return _step(Place("MF"), word, word)
        known = ", ".join(place.root for place in listed) or "none"
        raise LocalError(f"{word}: expected MF or an application; EF.DIR lists {known}")


def _is_identifier(word: str) -> bool:
    return len(word) == 4 and all(digit in "0123456789ABCDEFabcdef" for digit in word)


def _step(place: Place, word: str, text: str) -> Place:
    fid = int(word, 16) if _is_identifier(word) else fid_of(place.directory, word)
    if fid is None:
        raise LocalError(f"{text}: {word} is neither an identifier nor a file of {place.directory}")
    path = (*place.path, fid)
    known = DIRECTORIES.get(place.directory, {}).get(fid)
    if known is not None:
        return Place(known, path, place.aid, f"DF.{known}")
    name = FILES.get(place.directory, {}).get(fid)
    return Place(place.directory, path, place.aid, f"EF.{name}" if name else f"{fid:04X}")


def _tags(octets: bytes) -> list[bytes]:
    tags, position = [], 0
    while position < len(octets):
        end = position + 1
        if octets[position] & 0x1F == 0x1F:
            while end < len(octets) and octets[end] & 0x80:
                end += 1
            end += 1
        tags.append(octets[position:end])
        position = end
    return tags


def _found(place: Place, answer: ResponseApdu) -> Found:
    template = tlv.parse(answer.data)
    parts = {one.tag: bytes(one.value) for one in template.children()}
    descriptor = parts.get(0x82, b"\x00")
    structure = _STRUCTURES.get(descriptor[0] & 0x3F)
    if template.tag != 0x62 or structure is None:
        raise DecodeError(f"{place.shown}: no FCP template with a known file type", tag=0x82)
    sfi = parts.get(0x88, b"")
    status = parts.get(0x8A, b"\x05")
    return Found(
        place,
        structure,
        int.from_bytes(parts.get(0x80, b""), "big"),
        int.from_bytes(descriptor[2:4], "big"),
        sfi[0] >> 3 if sfi else None,
        parts.get(0x8B, b""),
        status[0] & 0xFD != 0x04 if status else True,
        answer.data,
    )
