"""Faults of the bound package: its content, and its protected data objects changed afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.bpp import BindingInputs, Pieces
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import DecodeError
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.tags import Tag
from rspsim.faults.server.octet_changes import (
    ANY_BIT,
    flip_bit,
    flipping,
    from_hex,
    setting,
    with_member,
)
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import Parameter, between, hexadecimal, of_length, one_of
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.identity import Identity

__all__ = ["FAULTS"]

_GROUPS: Final = {
    "configure_isdp": "The 87 of A0",
    "store_metadata": "An 88 of A1",
    "replace_session_keys": "The 87 of A2",
    "profile_elements": "An 86 of A3",
}


_INDEX: Final = between(-9999, 9999)
"""Number of a data object, from 0, or from the last by -1; past the end it starts again."""
_SOME_KEYS: Final = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))


def _at(tlvs: tuple[bytes, ...], index: int) -> int:
    return index % len(tlvs)


def _iccid(value: Parameter) -> str:
    try:
        Iccid.from_digits(str(value))
    except DecodeError as error:
        return str(error)
    return ""


def _two_numbers(_: Identity, first: int, second: int) -> str:
    return "" if first != second else "first and second are the same data object"


def _with_ppk(inputs: BindingInputs) -> BindingInputs:
    return inputs if inputs.replace_keys else replace(inputs, replace_keys=_SOME_KEYS)


def _flip_in(group: str) -> Callable[..., Pieces]:
    def change(pieces: Pieces, index: int, bit: int) -> Pieces:
        tlvs = getattr(pieces, group)
        at = _at(tlvs, index)
        changed = flip_bit(tlvs[at], bit)
        return with_member(pieces, group, (*tlvs[:at], changed, *tlvs[at + 1 :]))

    return change


def _drop(pieces: Pieces, index: int) -> Pieces:
    tlvs = pieces.profile_elements
    at = _at(tlvs, index)
    return replace(pieces, profile_elements=tlvs[:at] + tlvs[at + 1 :])


def _repeat(pieces: Pieces, index: int) -> Pieces:
    tlvs = pieces.profile_elements
    at = _at(tlvs, index)
    return replace(pieces, profile_elements=(*tlvs[: at + 1], tlvs[at], *tlvs[at + 1 :]))


def _swap(pieces: Pieces, first: int, second: int) -> Pieces:
    tlvs = list(pieces.profile_elements)
    one = _at(pieces.profile_elements, first)
    two = _at(pieces.profile_elements, second)
    tlvs[one], tlvs[two] = tlvs[two], tlvs[one]
    return replace(pieces, profile_elements=tuple(tlvs))


def _retag(pieces: Pieces, tag: str) -> Pieces:
    first, *rest = pieces.profile_elements
    wanted = int.from_bytes(from_hex("tag", tag), "big")
    return replace(pieces, profile_elements=(tlv.encode(wanted, tlv.parse(first).value), *rest))


def _metadata_name(inputs: BindingInputs, profile_name: str) -> BindingInputs:
    metadata = StoreMetadataRequest.decode(inputs.metadata)
    return replace(inputs, metadata=replace(metadata, profile_name=profile_name).encode())


def _metadata_iccid(inputs: BindingInputs, iccid: str) -> BindingInputs:
    metadata = StoreMetadataRequest.decode(inputs.metadata)
    return replace(inputs, metadata=replace(metadata, iccid=Iccid.from_digits(iccid)).encode())


def _transaction_id(inputs: BindingInputs, value: str) -> BindingInputs:
    return replace(inputs, transaction_id=TransactionId(from_hex("value", value)))


def _host_id(inputs: BindingInputs, value: str) -> BindingInputs:
    return replace(inputs, host_id=from_hex("value", value))


def _proprietary(inputs: BindingInputs, octets: int) -> BindingInputs:
    data = tlv.encode(Tag.DpProprietaryData, tlv.encode(0x80, bytes(octets)))
    return replace(inputs, configure_isdp=tlv.encode(Tag.ConfigureISDP, data))


def _oversize(inputs: BindingInputs, plaintext: int) -> BindingInputs:
    return replace(inputs, segment_octets=plaintext)


def _truncate(inputs: BindingInputs, octets: int) -> BindingInputs:
    return replace(inputs, upp=inputs.upp[:-octets])


FAULTS: Final = (
    ServerFault(
        name="es8.initialise_secure_channel.flip_bit",
        kind=FaultClass.PACKAGE,
        point=fault_points.PACKAGE,
        summary="BF23 has one bit inverted; bit 0 is the last of smdpSign.",
        expected=(
            "the card's result is initialiseSecureChannel, invalidSignature (SGP.22 v2, 5.5.1)"
        ),
        change=flipping("initialise_secure_channel"),
        parameters={"bit": 0},
        rules={"bit": ANY_BIT},
    ),
    *(
        ServerFault(
            name=f"es8.{group}.flip_bit",
            kind=FaultClass.PACKAGE,
            point=fault_points.PACKAGE,
            summary=f"{where} has one bit inverted; bit 0 is the last of the MAC.",
            expected="the card's result is scp03tSecurityError (SGP.22 v2, 2.6.4)",
            change=_flip_in(group),
            parameters={"index": 0, "bit": 0},
            rules={"index": _INDEX, "bit": ANY_BIT},
            needs=((fault_points.BINDING, _with_ppk),) if group == "replace_session_keys" else (),
        )
        for group, where in _GROUPS.items()
    ),
    ServerFault(
        name="es8.profile_elements.drop",
        kind=FaultClass.PACKAGE,
        point=fault_points.PACKAGE,
        summary="One 86 is missing.",
        expected=(
            "the card's result is scp03tSecurityError: the MACs are chained (SGP.22 v2, 5.5.5)"
        ),
        change=_drop,
        parameters={"index": 0},
        rules={"index": _INDEX},
    ),
    ServerFault(
        name="es8.profile_elements.repeat",
        kind=FaultClass.PACKAGE,
        point=fault_points.PACKAGE,
        summary="One 86 comes twice.",
        expected=(
            "the card's result is scp03tSecurityError: the MACs are chained (SGP.22 v2, 5.5.5)"
        ),
        change=_repeat,
        parameters={"index": 0},
        rules={"index": _INDEX},
    ),
    ServerFault(
        name="es8.profile_elements.swap",
        kind=FaultClass.PACKAGE,
        point=fault_points.PACKAGE,
        summary="Two 86 are exchanged.",
        expected=(
            "the card's result is scp03tSecurityError: the MACs are chained (SGP.22 v2, 5.5.5)"
        ),
        change=_swap,
        fits=_two_numbers,
        parameters={"first": 0, "second": 1},
        rules={"first": _INDEX, "second": _INDEX},
    ),
    ServerFault(
        name="es8.profile_elements.tag",
        kind=FaultClass.PACKAGE,
        point=fault_points.PACKAGE,
        summary="The first 86 has another tag.",
        expected="the card's result is scp03tStructureError (SGP.22 v2, 5.5.5)",
        change=_retag,
        parameters={"tag": "85"},
        rules={"tag": one_of("80", "81", "82", "84", "85", "87", "88", "89")},
    ),
    ServerFault(
        name="es8.profile_elements.oversize",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="86 has 1,036 octets: the server counts plaintext instead of the whole TLV.",
        expected=(
            "the card may refuse a TLV of more than 1,020 octets (SGP.22 v2, 2.5.3); some servers "
            "send them"
        ),
        change=_oversize,
        parameters={"plaintext": 1008},
        rules={"plaintext": between(1008, 60_000)},
    ),
    ServerFault(
        name="es8.initialise_secure_channel.transaction_id",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="BF23 has another TransactionID and a good signature.",
        expected="the card's result is invalidTransactionId (SGP.22 v2, 5.5.1)",
        change=_transaction_id,
        parameters={"value": "FF" * 16},
        rules={"value": hexadecimal(1, 16)},
    ),
    ServerFault(
        name="es8.initialise_secure_channel.remote_op_id",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="remoteOpId is not installBoundProfilePackage.",
        expected="the card's result is unsupportedRemoteOperationType (SGP.22 v2, 5.5.1)",
        change=setting("remote_op_id"),
        parameters={"value": 2},
        rules={"value": between(0, 127)},
    ),
    ServerFault(
        name="es8.control_ref_template.key_type",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="keyType is not AES.",
        expected="the card's result is unsupportedCrtValues (SGP.22 v2, 5.5.1)",
        change=setting("key_type"),
        parameters={"value": 0x80},
        rules={"value": between(0, 255)},
    ),
    ServerFault(
        name="es8.control_ref_template.key_len",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="keyLen is not 16.",
        expected="the card's result is unsupportedCrtValues (SGP.22 v2, 5.5.1)",
        change=setting("key_length"),
        parameters={"value": 0x20},
        rules={"value": between(0, 255)},
    ),
    ServerFault(
        name="es8.control_ref_template.host_id",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="hostId has another length or value; 1 to 16 octets are allowed.",
        expected=(
            "the card derives the keys from hostId with its length (SGP.22 v2, 5.5.1 and annex G)"
        ),
        change=_host_id,
        parameters={"value": "00" * 17},
        rules={"value": hexadecimal(0, 100)},
    ),
    ServerFault(
        name="es8.configure_isdp.proprietary",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary=(
            "dpProprietaryData have the given number of octets; 128 with the header are allowed."
        ),
        expected="the card's result is configureISDP, incorrectInputValues (SGP.22 v2, 5.5.2)",
        change=_proprietary,
        parameters={"octets": 200},
        rules={"octets": between(0, 60_000)},
    ),
    ServerFault(
        name="es8.store_metadata.profile_name",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="The metadata in the package differ from those shown to the user.",
        expected=(
            "the LPA compares them with those shown and sends CancelSession with metadataMismatch "
            "(SGP.22 v2, 3.1.3.2)"
        ),
        change=_metadata_name,
        parameters={"profile_name": "Another profile"},
        rules={"profile_name": of_length(0, 64)},
    ),
    ServerFault(
        name="es8.store_metadata.iccid",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="The metadata in the package have another ICCID than the profile header.",
        expected="the card's result is installFailedDueToDataMismatch (SGP.22 v2, 5.5.5)",
        change=_metadata_iccid,
        parameters={"iccid": "89000000000000000000"},
        rules={"iccid": _iccid},
    ),
    ServerFault(
        name="es8.profile.truncate",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="The profile lacks its last octets; its protection is correct.",
        expected="the card's result is installFailedDueToPEProcessingError (SGP.22 v2, 5.5.5)",
        change=_truncate,
        parameters={"octets": 4},
        rules={"octets": between(1, 100_000)},
    ),
    ServerFault(
        name="es8.profile.flip_bit",
        kind=FaultClass.PACKAGE,
        point=fault_points.BINDING,
        summary="The profile has one bit inverted, -1 is its first; its protection is correct.",
        expected="the card's result is installFailedDueToPEProcessingError (SGP.22 v2, 5.5.5)",
        change=flipping("upp"),
        parameters={"bit": -1},
        rules={"bit": ANY_BIT},
    ),
)
