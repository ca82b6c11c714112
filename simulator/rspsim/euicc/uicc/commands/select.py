"""SELECT of files: by identifier, child, parent and path (ETSI TS 102 221, 8.4 and 11.1.1).

A SELECT that finds nothing leaves the channel where it is. The temporary identifier by which a
profile package names an ADF is no way to it; an ADF is selected by its AID, or by 7FFF once it is
the current one.
"""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import FileContext
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind, Path
from rspsim.euicc.uicc.command_context import Desk
from rspsim.euicc.uicc.fcp import FCP

__all__ = ["FIND", "arrive", "select_adf", "select_file"]

_MF = 0x3F00
_CURRENT_ADF = 0x7FFF

_BY_FID, _CHILD_DF, _PARENT, _PATH_FROM_MF, _PATH_FROM_DF = 0x00, 0x01, 0x03, 0x08, 0x09
_FCP_WANTED, _NO_DATA = 0x04, 0x0C


def _identifiers(data: bytes) -> Path | None:
    if len(data) % 2 or not data:
        return None
    return tuple(int.from_bytes(data[n : n + 2], "big") for n in range(0, len(data), 2))


def _step(desk: Desk, place: Path, fid: int) -> Path | None:
    """Follow one identifier of a path downwards."""
    found = desk.file((*place, fid))
    return None if found is None or found.kind is FileKind.ADF else found.path


def _by_fid(desk: Desk, fid: int) -> Path | None:
    """Return what an identifier means here, in the order of TS 102 221, 8.4.2."""
    place = desk.place.directory
    if fid == _MF:
        return ()
    if fid == _CURRENT_ADF:
        return desk.place.adf
    below = _step(desk, place, fid)
    if below is not None:
        return below
    if place and place[-1] == fid and desk.place.adf != place:
        return place
    if len(place) > 1 and place[-2] == fid and desk.place.adf != place[:-1]:
        return place[:-1]
    if place:
        sibling = desk.file((*place[:-1], fid))
        if sibling is not None and sibling.kind is FileKind.DF:
            return sibling.path
    return None


def _down(desk: Desk, start: Path, data: bytes) -> Path | None:
    fids = _identifiers(data)
    if fids is None:
        return None
    place: Path | None = start
    for number, fid in enumerate(fids):
        if number == 0 and start == () and fid == _CURRENT_ADF:
            place = desk.place.adf
        elif place is not None:
            place = _step(desk, place, fid)
    return place


def _find(desk: Desk, command: CommandApdu) -> Path | None:
    """Return the path a SELECT leads to, or None."""
    data = command.data
    if command.p1 == _PARENT:
        return None if data else desk.place.directory[:-1]
    if command.p1 == _BY_FID and not data:
        return ()
    if command.p1 in (_BY_FID, _CHILD_DF):
        fids = _identifiers(data)
        if fids is None or len(fids) != 1:
            return None
        if command.p1 == _BY_FID:
            return _by_fid(desk, fids[0])
        child = _step(desk, desk.place.directory, fids[0])
        found = desk.file(child)
        return child if found is not None and found.kind.is_directory else None
    if command.p1 == _PATH_FROM_MF:
        return _down(desk, (), data.removeprefix(b"\x3f\x00") or data)
    return _down(desk, desk.place.directory, data)


FIND: Final = Decision("uicc.find", _find, "path a SELECT of a file leads to")


def arrive(desk: Desk, one: File) -> FileContext:
    """Return the place of a channel after a file was selected."""
    adf = one.path if one.kind is FileKind.ADF else desk.place.adf
    if one.kind.is_directory:
        return FileContext(directory=one.path, adf=adf)
    return FileContext(directory=one.path[:-1], file=one.path, adf=adf)


def _answer(desk: Desk, one: File, p2: int) -> Outcome:
    data = b"" if p2 & _NO_DATA == _NO_DATA else desk.view.decisions[FCP](desk.content, one)
    sw = StatusWord.FILE_DEACTIVATED if one.is_deactivated else StatusWord.OK
    return _left_other_applications(desk.moved(arrive(desk, one))).outcome(data, sw)


def _left_other_applications(desk: Desk) -> Desk:
    """Return a desk whose channel shows files: an application that is no NAA is deselected."""
    chosen = desk.view.channel.application
    if chosen is None or any(one.aid == chosen.octets for one in desk.content.files.files):
        return desk
    channel = replace(desk.view.channel, application=None)
    return replace(desk, view=desk.view.with_channel(channel))


def select_file(command: CommandApdu, view: View) -> Outcome:
    """Answer SELECT by identifier or path."""
    desk = Desk.of(view)
    known = (_BY_FID, _CHILD_DF, _PARENT, _PATH_FROM_MF, _PATH_FROM_DF)
    if command.p1 not in known or command.p2 & 0xF3 or command.p2 & 0x0C not in (0, 4, _NO_DATA):
        return desk.refuse(StatusWord.INCORRECT_P1_P2)
    found = desk.file(view.decisions[FIND](desk, command))
    if found is None:
        return desk.refuse(StatusWord.FILE_NOT_FOUND)
    if not found.shareable and _selected_elsewhere(desk, found):
        return desk.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    return _answer(desk, found, command.p2)


def _selected_elsewhere(desk: Desk, one: File) -> bool:
    """Tell whether a file is the current one of another channel (TS 102 221, 8.7)."""
    view = desk.view
    places = [
        channel.files
        for number, channel in enumerate(view.volatile.channels)
        if channel is not None and number != view.channel_number
    ]
    return any(one.path in (place.file, place.directory) for place in places)


def select_adf(adf: File, p2: int, view: View) -> Outcome:
    """Answer SELECT of an ADF by name; the channel stands in it afterwards."""
    return _answer(Desk.of(view), adf, p2)
