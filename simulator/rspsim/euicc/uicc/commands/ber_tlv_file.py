"""RETRIEVE DATA and SET DATA on BER-TLV files (ETSI TS 102 221, 11.3).

A data object is read and written in blocks: the first names its tag (and, written, its length), the
following continue. What a block leaves open is kept with the channel until it is complete.
"""

from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.channel_context import DataTransfer
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind
from rspsim.euicc.uicc.access import AccessMode
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.commands.target_file import Reached, reach, refusal

__all__ = ["retrieve_data", "set_data"]

_FIRST = 0x80
_NEXT = 0x00
_LIST_TAG: Final = 0x5C
_MORE = 0x62F1
_MORE_WANTED = 0x63F1


def _reach(command: CommandApdu, view: View, mode: AccessMode) -> Reached | int:
    if command.p1 or command.p2 & 0x60 or command.p2 & 0x80 not in (_FIRST, _NEXT):
        return StatusWord.INCORRECT_P1_P2
    sfi = command.p2 & 0x1F or None
    reached = reach(CommandContext.of(view), sfi, (FileKind.BER_TLV,))
    if isinstance(reached, int):
        return reached
    refused = refusal(reached, mode)
    return reached if refused is None else refused


def _objects(body: bytes) -> dict[int, bytes]:
    found = {}
    offset = 0
    while offset < len(body) and body[offset] != 0xFF:
        one = tlv.parse_prefix(body, offset)
        found[one.tag] = bytes(one.raw)
        offset += len(one.raw)
    return found


def _answered(view: View, rest: bytes, le: int) -> Outcome:
    now, later = rest[:le], rest[le:]
    channel = replace(view.channel, transfer=DataTransfer(reading=later) if later else None)
    return view.with_channel(channel).outcome(now, _MORE if later else StatusWord.OK)


def retrieve_data(command: CommandApdu, view: View) -> Outcome:
    """Answers with a data object, or with the next part of the one being read."""
    reached = _reach(command, view, AccessMode.READ)
    if isinstance(reached, int):
        return view.refuse(reached)
    view = reached.context.view
    le = command.le or 256
    if not command.p2 & _FIRST:
        transfer = view.channel.transfer
        if transfer is None or not transfer.reading:
            return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
        return _answered(view, transfer.reading, le)
    try:
        objects = _objects(reached.body.body)
    except DecodeError:
        return view.refuse(StatusWord.NO_PRECISE_DIAGNOSIS)
    tag = int.from_bytes(command.data, "big")
    if tag == _LIST_TAG:
        listed = b"".join(tlv.encode_tag(one) for one in objects)
        return _answered(view, tlv.encode(_LIST_TAG, listed), le)
    if tag not in objects:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
    return _answered(view, objects[tag], le)


def set_data(command: CommandApdu, view: View) -> Outcome:
    """Takes a data object, or the next part of one; an empty one deletes its tag."""
    reached = _reach(command, view, AccessMode.UPDATE)
    if isinstance(reached, int):
        return view.refuse(reached)
    view = reached.context.view
    transfer = view.channel.transfer
    if command.p2 & _FIRST:
        try:
            _tag, header, length = tlv.read_header(command.data)
        except DecodeError:
            # a bare tag deletes the object (11.3.2.1)
            return _stored(reached, int.from_bytes(command.data, "big"), b"")
        transfer = DataTransfer(wanted=header + length)
    elif transfer is None or not transfer.wanted:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    written = transfer.writing + command.data
    if len(written) > transfer.wanted:
        return view.refuse(StatusWord.WRONG_DATA)
    if len(written) < transfer.wanted:
        waiting = replace(transfer, writing=written)
        channel = replace(view.channel, transfer=waiting)
        return view.with_channel(channel).outcome(sw=_MORE_WANTED)
    one = tlv.parse(written)
    reached = replace(
        reached, context=CommandContext.of(view.with_channel(replace(view.channel, transfer=None)))
    )
    return _stored(reached, one.tag, bytes(one.raw) if len(one.value) else b"")


def _stored(reached: Reached, tag: int, octets: bytes) -> Outcome:
    try:
        objects = _objects(reached.body.body)
    except DecodeError:
        return reached.context.refuse(StatusWord.NO_PRECISE_DIAGNOSIS)
    if not octets:
        if tag not in objects:
            return reached.context.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
        del objects[tag]
    else:
        objects[tag] = octets
    body = b"".join(objects.values())
    limit = reached.body.maximum_size
    if limit and len(body) > limit:
        return reached.context.refuse(StatusWord.NOT_ENOUGH_MEMORY)
    changed = replace(reached.body, body=body)
    return reached.context.written(reached.context.content.with_file(changed))
