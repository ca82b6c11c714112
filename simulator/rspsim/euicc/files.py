"""The file system a terminal sees: the MF, the card's own files, and those of the enabled Profile.

Without an enabled Profile a card offers the MF and the files about its power and environment, and
nothing of any Profile (SGP.22 v2, 2.4; ETSI TS 102 221, 13). What an enabled Profile adds is so far
EF.ICCID, read from the facts of its package: this module is the seam where the whole file system
takes its place, behind the three functions the rest of the card calls: `select`, `process` and
`files_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Channel

__all__ = ["FILES", "MF", "File", "files_of", "process", "select"]

MF: Final = 0x3F00
EF_ICCID: Final = 0x2FE2
EF_UMPC: Final = 0x2F08
EF_ENV_CLASSES: Final = 0x2F11
"""Identifier of EF ENV-CLASSES; a choice of this card, no reference at hand names it."""

_BY_IDENTIFIER = 0x00
_PARENT = 0x03
_BY_PATH_FROM_MF = 0x08
_NO_DATA = 0x0C

_SHAREABLE_TRANSPARENT = bytes.fromhex("4121")
_SHAREABLE_DIRECTORY = bytes.fromhex("7821")
_ACTIVATED = b"\x05"
_UICC_CHARACTERISTICS = b"\x71"
"""Clock stop not allowed, no voltage class told beside the ATR (TS 102 221, 11.1.1.4.6.1)."""
_ASKS_TERMINAL_CAPABILITY = b"\x01"


@dataclass(frozen=True, slots=True)
class File:
    """Hold one transparent file of the MF: identifier, short identifier and content."""

    identifier: int
    short_identifier: int | None
    content: bytes


def _files(state: CardState) -> Mapping[int, File]:
    """Return the files under the MF by their identifiers."""
    found = [
        File(EF_UMPC, 0x08, bytes.fromhex("3C05000000")),
        File(EF_ENV_CLASSES, None, bytes.fromhex("01")),
    ]
    enabled = state.enabled_profile
    if enabled is not None:
        found.append(File(EF_ICCID, 0x02, enabled.iccid.octets))
    return {file.identifier: file for file in found}


FILES: Final = Decision("files.under_mf", _files, "files under the MF")


def files_of(view: View) -> Mapping[int, File]:
    """Return the files a terminal can select under the MF now."""
    return view.decisions[FILES](view.state)


def select(command: CommandApdu, view: View) -> Outcome:
    """Select the MF or a file under it, by identifier or path (TS 102 221, 11.1.1)."""
    if command.p2 & 0xF3 or command.p2 & 0x0C not in (0x00, 0x04, _NO_DATA):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    wanted = _wanted(command)
    if wanted is None:
        known = (_BY_IDENTIFIER, 0x01, 0x02, _PARENT, _BY_PATH_FROM_MF, 0x09)
        missing = command.p1 in known
        return view.refuse(StatusWord.FILE_NOT_FOUND if missing else StatusWord.INCORRECT_P1_P2)
    file = files_of(view).get(wanted)
    if wanted != MF and file is None:
        return view.refuse(StatusWord.FILE_NOT_FOUND)
    path = (MF,) if file is None else (MF, file.identifier)
    data = b"" if command.p2 & 0x0C == _NO_DATA else _fcp(file)
    return view.with_channel(Channel(path=path)).outcome(data)


def _wanted(command: CommandApdu) -> int | None:
    """Return the identifier a SELECT asks for, or None when it leads nowhere."""
    octets = command.data
    if command.p1 == _PARENT and not octets:
        return MF
    if command.p1 == _BY_IDENTIFIER and not octets:
        return MF
    if command.p1 == _BY_PATH_FROM_MF and octets[:2] == MF.to_bytes(2, "big"):
        octets = octets[2:] or octets
    if command.p1 in (_BY_IDENTIFIER, 0x02, _BY_PATH_FROM_MF, 0x09) and len(octets) == 2:
        return int.from_bytes(octets, "big")
    return None


def _fcp(file: File | None) -> bytes:
    """Return the FCP of the MF, or of a file (TS 102 221, 11.1.1.3)."""
    if file is None:
        return tlv.encode(
            0x62,
            tlv.encode(0x82, _SHAREABLE_DIRECTORY),
            tlv.encode(0x83, MF.to_bytes(2, "big")),
            tlv.encode(
                0xA5,
                tlv.encode(0x80, _UICC_CHARACTERISTICS),
                tlv.encode(0x87, _ASKS_TERMINAL_CAPABILITY),
            ),
            tlv.encode(0x8A, _ACTIVATED),
            tlv.encode(0x8B, bytes.fromhex("2F0601")),
            tlv.encode(0xC6, bytes.fromhex("900100830101")),
        )
    short = b"" if file.short_identifier is None else bytes((file.short_identifier << 3,))
    return tlv.encode(
        0x62,
        tlv.encode(0x82, _SHAREABLE_TRANSPARENT),
        tlv.encode(0x83, file.identifier.to_bytes(2, "big")),
        tlv.encode(0x8A, _ACTIVATED),
        tlv.encode(0x8B, bytes.fromhex("2F0601")),
        tlv.encode(0x80, len(file.content).to_bytes(2, "big")),
        tlv.encode(0x88, short),
    )


def process(command: CommandApdu, view: View) -> Outcome:
    """Answer a command on a channel that has no application selected."""
    if command.ins == Ins.READ_BINARY:
        return _read_binary(command, view)
    if command.ins == Ins.GET_STATUS:
        return _status(command, view)
    return view.refuse(StatusWord.INS_NOT_SUPPORTED)


def _status(command: CommandApdu, view: View) -> Outcome:
    """Answer STATUS with the FCP of the current directory, its name, or nothing (11.1.2)."""
    if command.p1 > 0x02 or command.p2 not in (0x00, 0x01, _NO_DATA):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    if command.p2 == 0x01:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
    return view.outcome(b"" if command.p2 == _NO_DATA else _fcp(None))


def _read_binary(command: CommandApdu, view: View) -> Outcome:
    """Read part of a transparent file, the current one or one by its short identifier."""
    found = files_of(view)
    offset = (command.p1 & 0x7F) << 8 | command.p2
    identifier = view.channel.path[-1]
    if command.p1 & 0x80:
        short, offset = command.p1 & 0x1F, command.p2
        named = [f.identifier for f in found.values() if f.short_identifier == short]
        if not named:
            return view.refuse(StatusWord.FILE_NOT_FOUND)
        identifier = named[0]
        view = view.with_channel(replace(view.channel, path=(MF, identifier)))
    file = found.get(identifier)
    if file is None:
        return view.refuse(StatusWord.NO_EF_SELECTED)
    if command.data:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if offset >= len(file.content):
        return view.refuse(StatusWord.WRONG_P1_P2)
    rest = file.content[offset:]
    whole = command.le is None or command.le == 256
    return view.outcome(rest if whole else rest[: command.le])
