"""Faults of transport: class octets, STORE DATA, requests as a whole, GET RESPONSE."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.messages.es10c import GetEuiccDataRequest
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc import channels, startup
from rspsim.euicc.channels import Received
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr import dispatch, store_data
from rspsim.euicc.isdr.es10_function import AnyFunction, Function, Interface
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1
from rspsim.euicc.isdr.store_data import Block
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    answering_data,
    answers,
    behind,
    decides,
    skip,
    swap,
    together,
)

__all__ = ["FAULTS"]


def _block(name: str, holds: Callable[[Block], object], sw: int) -> Change:
    check: Check[Block] = Check(name, lambda block: bool(holds(block)), sw)
    return adds(store_data.CHECKS, check)


_NOT_C0: Final[Check[Received]] = Check(
    "not_c0", lambda r: r.command.cla < 0xC0, StatusWord.CLA_NOT_SUPPORTED
)


def _any_length(octets: bytes) -> CommandApdu:
    try:
        return CommandApdu.parse(octets)
    except DecodeError:
        cla, ins, p1, p2 = octets[:4]
        return CommandApdu(cla, ins, p1, p2, octets[5:])


def _empty_is_get_eid(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    if command.ins == Ins.STORE_DATA and not command.data:
        return replace(command, data=GetEuiccDataRequest().encode())
    return command


def _length_ignored(octets: bytes) -> Tlv:
    tag, header, _ = tlv.read_header(octets)
    return tlv.parse(tlv.encode(tag, octets[header:]))


def _short_lengths_only(octets: bytes) -> Tlv:
    if octets[2] & 0x80:
        raise DecodeError("a length of more than one octet")
    return tlv.parse(octets)


def _unknown_refused(octets: bytes) -> Tlv:
    one = tlv.parse(octets)
    function = dispatch.FUNCTIONS.standard.get(one.tag)
    if function is not None:
        known = replace(function.request.from_tlv(one)).encode()
        if len(known) < len(octets):
            raise DecodeError("an unknown data object")
    return one


def _others_interrupted(view: View) -> View:
    """Drops the unfinished commands of all channels but the one a command comes on."""
    volatile = view.volatile
    for number, channel in enumerate(volatile.channels):
        if channel is not None and channel.chain is not None and number != view.channel_number:
            volatile = volatile.with_channel(number, replace(channel, chain=None))
    return replace(view, volatile=volatile)


def _without(tag: int) -> Mapping[int, AnyFunction]:
    return {key: function for key, function in dispatch.FUNCTIONS.standard.items() if key != tag}


def _without_data(outcome: Outcome, _view: View) -> Outcome:
    return answering_data(outcome, b"")


def _never_ending(data: bytes, sw: int) -> ResponseApdu:
    return ResponseApdu(data, 0x6100 if len(data) == 256 else sw)


def _credentials_rotated(state: CardState, /) -> CardState:
    first, *others = state.credentials
    return replace(state, credentials=(*others, first))


def _update_metadata_taken(decisions: Decisions) -> Decisions:
    """Returns decisions of a card whose ISD-R answers UpdateMetadata of anybody with 9000."""
    taken: AnyFunction = Function(
        "ES6.UpdateMetadata",
        UpdateMetadataRequest,
        lambda _request, view: view.outcome(),
        Interface.ES10C,
    )
    functions = decisions[dispatch.FUNCTIONS]
    return decisions.having(dispatch.FUNCTIONS, {**functions, taken.tag: taken})


FAULTS: Final = (
    CardFault(
        "transport.functions.update-metadata",
        "UpdateMetadata of ES6 is answered 9000 when it comes by STORE DATA to the ISD-R.",
        ("Transport.StoreData#48",),
        _update_metadata_taken,
    ),
    CardFault(
        "transport.class.any",
        "Class octets that stand for no logical channel are taken as channel 0.",
        ("Transport.StoreData#15",),
        skip(channels.CHECKS, "class_known", "class_fits"),
    ),
    CardFault(
        "transport.class.unknown-is-instruction",
        "A class octet that is not supported is answered 6D00.",
        ("Transport.StoreData#15",),
        answers(channels.CHECKS, "class_known", StatusWord.INS_NOT_SUPPORTED),
    ),
    CardFault(
        "transport.class.c0-unknown",
        "Class octets C0 to CF are answered 6E00.",
        ("Transport.StoreData#13", "ISD-R.Select#18"),
        adds(channels.CHECKS, _NOT_C0),
    ),
    CardFault(
        "transport.class.secure-messaging-ignored",
        "A class octet that announces secure messaging is accepted as a plain one.",
        ("Transport.StoreData#14",),
        skip(channels.CHECKS, "no_secure_messaging"),
    ),
    CardFault(
        "transport.channel.closed-accepted",
        "A command on a channel that is not open is carried out.",
        ("Transport.StoreData#42", "ISD-R.Select#19", "ISD-R.Select#20"),
        skip(channels.CHECKS, "channel_open"),
    ),
    CardFault(
        "transport.apdu.any-length",
        "Lc is not compared with the length of the data.",
        ("Transport.StoreData#32",),
        swap(channels.PARSE, _any_length),
    ),
    CardFault(
        "transport.instruction.any",
        "Any instruction is taken as STORE DATA.",
        ("Transport.StoreData#16",),
        skip(dispatch.COMMAND_CHECKS, "store_data"),
    ),
    CardFault(
        "transport.instruction.unknown-is-class",
        "An instruction that is not supported is answered 6E00.",
        ("Transport.StoreData#16",),
        answers(dispatch.COMMAND_CHECKS, "store_data", StatusWord.CLA_NOT_SUPPORTED),
    ),
    CardFault(
        "transport.store-data.any-p1",
        "STORE DATA accepts any P1 and takes its highest bit as the sign of the last block.",
        (
            "Transport.StoreData#17",
            "Transport.StoreData#18",
            "Transport.StoreData#19",
            "Transport.StoreData#20",
            "Transport.StoreData#21",
        ),
        skip(store_data.CHECKS, "p1"),
    ),
    CardFault(
        "transport.store-data.any-block-number",
        "STORE DATA appends a block whatever its number.",
        (
            "Transport.StoreData#22",
            "Transport.StoreData#23",
            "Transport.StoreData#24",
            "Transport.StoreData#37",
        ),
        swap(store_data.CONTINUES, lambda _p2, _blocks: True),
    ),
    CardFault(
        "transport.store-data.block-00-goes-on",
        "A block 00 is appended to the blocks received before.",
        ("Transport.StoreData#24", "Transport.StoreData#37"),
        swap(store_data.CONTINUES, lambda p2, blocks: p2 in (0, blocks % 256)),
    ),
    CardFault(
        "transport.store-data.number-is-length",
        "A block with a wrong number is answered 6700.",
        ("Transport.StoreData#22", "Transport.StoreData#23"),
        answers(store_data.CHECKS, "p2", StatusWord.WRONG_LENGTH),
    ),
    CardFault(
        "transport.store-data.254-octets",
        "A block of 255 octets is refused.",
        ("Transport.StoreData#02", "Transport.StoreData#03"),
        _block("length", lambda b: len(b.command.data) < 255, StatusWord.WRONG_LENGTH),
    ),
    CardFault(
        "transport.store-data.one-block",
        "A command of more than 255 octets is refused.",
        ("Transport.StoreData#03", "Transport.StoreData#04"),
        decides(store_data.CHECKS, "capacity", lambda b: len(b.octets) <= 255),
    ),
    CardFault(
        "transport.store-data.1000-octets",
        "A command of more than 1000 octets is refused.",
        ("Transport.StoreData#04",),
        decides(store_data.CHECKS, "capacity", lambda b: len(b.octets) <= 1000),
    ),
    CardFault(
        "transport.store-data.long-blocks-only",
        "A block that is not the last must have at least 20 octets.",
        ("Transport.StoreData#05", "Transport.StoreData#06"),
        _block(
            "length",
            lambda b: b.command.p1 & 0x80 or len(b.command.data) >= 20,
            StatusWord.WRONG_LENGTH,
        ),
    ),
    CardFault(
        "transport.store-data.header-in-first-block",
        "Tag and length must be complete in block 00.",
        ("Transport.StoreData#06",),
        _block(
            "header", lambda b: b.chain.blocks or len(b.command.data) > 2, StatusWord.WRONG_DATA
        ),
    ),
    CardFault(
        "transport.store-data.empty-is-get-eid",
        "STORE DATA without data field is answered as GetEID.",
        ("Transport.StoreData#31",),
        swap(channels.PARSE, _empty_is_get_eid),
    ),
    CardFault(
        "transport.store-data.interrupted-by-others",
        "A command on another channel drops an unfinished command.",
        ("Transport.StoreData#38",),
        swap(channels.FINDS, _others_interrupted),
    ),
    CardFault(
        "transport.unknown-function.wrong-data",
        "An unknown function tag is answered 6A80.",
        ("Transport.StoreData#25", "Transport.StoreData#26", "Transport.StoreData#27"),
        answers(dispatch.CHECKS, "function_known", StatusWord.WRONG_DATA),
    ),
    CardFault(
        "transport.unknown-function.success",
        "An unknown function tag is answered 9000 without data.",
        (
            "Transport.StoreData#25",
            "Transport.StoreData#26",
            "Transport.StoreData#27",
            "Transport.StoreData#46",
        ),
        answers(dispatch.CHECKS, "function_known", StatusWord.OK),
    ),
    CardFault(
        "transport.functions.no-rat",
        "The card does not know GetRAT.",
        ("Transport.StoreData#45", "ES10b.GetRAT#01", "ES10b.GetRAT#07"),
        swap(dispatch.FUNCTIONS, _without(Tag.GetRat)),
    ),
    CardFault(
        "transport.malformed.success",
        "A request that cannot be read is answered 9000 without data.",
        (
            "Transport.StoreData#29",
            "Transport.StoreData#30",
            "Transport.StoreData#33",
            "Transport.StoreData#35",
            "ES10a.SetDefaultDpAddress#11",
        ),
        swap(dispatch.MALFORMED, int(StatusWord.OK)),
    ),
    CardFault(
        "transport.malformed.undefined",
        "A request that cannot be read is answered 6F00.",
        ("Transport.StoreData#29", "Transport.StoreData#35"),
        swap(dispatch.MALFORMED, int(StatusWord.NO_PRECISE_DIAGNOSIS)),
    ),
    CardFault(
        "transport.malformed.length-ignored",
        "The length of a request is not compared with the octets received.",
        ("Transport.StoreData#29", "Transport.StoreData#30"),
        swap(dispatch.PARSE, _length_ignored),
    ),
    CardFault(
        "transport.malformed.long-length-lost",
        "A request with a length on several octets is answered 9000 without data.",
        ("Transport.StoreData#02", "Transport.StoreData#34"),
        together(
            swap(dispatch.PARSE, _short_lengths_only), swap(dispatch.MALFORMED, int(StatusWord.OK))
        ),
    ),
    CardFault(
        "transport.request.unknown-object-refused",
        "A request with a data object the card does not know is refused.",
        ("Transport.StoreData#36",),
        swap(dispatch.PARSE, _unknown_refused),
    ),
    CardFault(
        "transport.response.empty",
        "GetEUICCInfo1 is answered 9000 without data.",
        ("Transport.StoreData#01", "Transport.StoreData#45"),
        behind(GET_EUICC_INFO1, _without_data),
    ),
    CardFault(
        "transport.response.2048-octets",
        "A response of more than 2048 octets is cut there.",
        ("Transport.StoreData#07",),
        swap(channels.REST, lambda data, count: data[count : count + 2048]),
    ),
    CardFault(
        "transport.response.256-never-ends",
        "A part of 256 octets is answered 6100 even when it is the last one.",
        ("Transport.StoreData#08",),
        swap(channels.LAST_PART, _never_ending),
    ),
    CardFault(
        "transport.response.le-needed",
        "A command without Le is answered without the response data.",
        ("Transport.StoreData#44",),
        swap(channels.LE_NEEDED, value=True),
    ),
    CardFault(
        "transport.get-response.rest-lost",
        "Octets that GET RESPONSE does not ask for are lost.",
        ("Transport.StoreData#09",),
        swap(channels.REST, lambda data, count: b"" if count else data),
    ),
    CardFault(
        "transport.get-response.too-much",
        "GET RESPONSE for more octets than available is answered 6700.",
        ("Transport.StoreData#10",),
        swap(channels.TOO_MUCH, lambda _waiting: int(StatusWord.WRONG_LENGTH)),
    ),
    CardFault(
        "transport.get-response.nothing-is-success",
        "GET RESPONSE is answered 9000 when no data are available.",
        ("Transport.StoreData#11",),
        swap(channels.NOTHING_WAITING, int(StatusWord.OK)),
    ),
    CardFault(
        "transport.get-response.stale",
        "Response data stay available after another command.",
        ("Transport.StoreData#11",),
        swap(channels.DROPS_RESPONSE, value=False),
    ),
    CardFault(
        "transport.restart.other-order",
        "The CI keys change their order with every reset.",
        ("Transport.StoreData#43", "ES10b.GetEUICCInfo1#08"),
        swap(startup.KEPT, _credentials_rotated),
    ),
)
