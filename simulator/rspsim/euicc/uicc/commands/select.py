"""SELECT of files: by identifier, child, parent and path (ETSI TS 102 221, 8.4 and 11.1.1).

A SELECT that finds nothing leaves the channel where it is. The temporary identifier by which a
profile package names an ADF does not select it; an ADF is selected by its AID, or by 7FFF once it
is the current one.
"""

from typing import Final

from rspcore.apdu import CommandApdu
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import FileContext
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import File, FileKind, Path
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.fcp import FCP

__all__ = ["FIND", "arrive", "select_adf", "select_file", "selected_elsewhere"]

_MF = 0x3F00
_CURRENT_ADF = 0x7FFF

_BY_FID, _CHILD_DF, _PARENT, _PATH_FROM_MF, _PATH_FROM_DF = 0x00, 0x01, 0x03, 0x08, 0x09
_WAYS: Final = frozenset((_BY_FID, _CHILD_DF, _PARENT, _PATH_FROM_MF, _PATH_FROM_DF))
_FCP_WANTED, _NO_DATA = 0x04, 0x0C


def _identifiers(data: bytes) -> Path | None:
    if len(data) == 2:
        return (data[0] << 8 | data[1],)
    if len(data) % 2 or not data:
        return None
    return tuple(int.from_bytes(data[n : n + 2], "big") for n in range(0, len(data), 2))


def _step(context: CommandContext, place: Path, fid: int) -> Path | None:
    """Follows one identifier of a path downwards."""
    found = context.file((*place, fid))
    return None if found is None or found.kind is FileKind.ADF else found.path


def _by_fid(context: CommandContext, fid: int) -> Path | None:
    """Returns what an identifier means here, in the order of TS 102 221, 8.4.2."""
    place = context.place.directory
    if fid == _MF:
        return ()
    if fid == _CURRENT_ADF:
        return context.place.adf
    below = _step(context, place, fid)
    if below is not None:
        return below
    if place and place[-1] == fid and context.place.adf != place:
        return place
    if len(place) > 1 and place[-2] == fid and context.place.adf != place[:-1]:
        return place[:-1]
    if place:
        sibling = context.file((*place[:-1], fid))
        if sibling is not None and sibling.kind is FileKind.DF:
            return sibling.path
    return None


def _down(context: CommandContext, start: Path, data: bytes) -> Path | None:
    fids = _identifiers(data)
    if fids is None:
        return None
    place: Path | None = start
    for number, fid in enumerate(fids):
        if number == 0 and start == () and fid == _CURRENT_ADF:
            place = context.place.adf
        elif place is not None:
            place = _step(context, place, fid)
    return place


def _find(context: CommandContext, command: CommandApdu) -> Path | None:
    """Returns the path a SELECT leads to, or None."""
    data = command.data
    if command.p1 == _PARENT:
        return None if data else context.place.directory[:-1]
    if command.p1 == _BY_FID and not data:
        return ()
    if command.p1 in (_BY_FID, _CHILD_DF):
        fids = _identifiers(data)
        if fids is None or len(fids) != 1:
            return None
        if command.p1 == _BY_FID:
            return _by_fid(context, fids[0])
        child = _step(context, context.place.directory, fids[0])
        found = context.file(child)
        return child if found is not None and found.kind.is_directory else None
    if command.p1 == _PATH_FROM_MF:
        return _down(context, (), data.removeprefix(b"\x3f\x00") or data)
    return _down(context, context.place.directory, data)


FIND: Final = Decision("uicc.find", _find, "path a SELECT of a file leads to")


def arrive(context: CommandContext, one: File) -> FileContext:
    """Returns the place of a channel after a file was selected."""
    place = context.place
    adf = one.path if one.kind is FileKind.ADF else place.adf
    if one.kind.is_directory:
        stays = place.directory == one.path and place.adf == adf
        if stays and place.file is None and not place.record:
            return place
        return FileContext(directory=one.path, adf=adf)
    return FileContext(directory=one.path[:-1], file=one.path, adf=adf)


def _answer(context: CommandContext, one: File, p2: int) -> Outcome:
    data = b"" if p2 & _NO_DATA == _NO_DATA else context.view.decisions[FCP](context.content, one)
    sw = StatusWord.FILE_DEACTIVATED if one.is_deactivated else StatusWord.OK
    return _left_other_applications(context.moved(arrive(context, one))).outcome(data, sw)


def _left_other_applications(context: CommandContext) -> CommandContext:
    """Returns a context whose channel shows files: an application that is no NAA is deselected."""
    chosen = context.view.channel.application
    if chosen is None or any(one.aid == chosen.octets for one in context.content.files.files):
        return context
    channel = replace(context.view.channel, application=None)
    return replace(context, view=context.view.with_channel(channel))


def select_file(command: CommandApdu, view: View) -> Outcome:
    """Answers SELECT by identifier or path."""
    context = CommandContext.of(view)
    p2 = command.p2
    if command.p1 not in _WAYS or p2 & 0xF3 or p2 & 0x0C not in (0, 4, _NO_DATA):
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    found = context.file(view.decisions[FIND](context, command))
    if found is None:
        return context.refuse(StatusWord.FILE_NOT_FOUND)
    if selected_elsewhere(context, found):
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    return _answer(context, found, p2)


def selected_elsewhere(context: CommandContext, one: File) -> bool:
    """Returns whether a file that is not shareable is current on another channel (8.7)."""
    view = context.view
    if one.shareable:
        return False
    places = [
        channel.files
        for number, channel in enumerate(view.volatile.channels)
        if channel is not None and number != view.channel_number
    ]
    return any(one.path in (place.file, place.directory) for place in places)


def select_adf(adf: File, p2: int, view: View) -> Outcome:
    """Answers SELECT of an ADF by name; the channel stands in it afterwards."""
    return _answer(CommandContext.of(view), adf, p2)
