"""Faults of the bound package: what goes into it, and its protected data objects afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.bpp import BindingInputs, Pieces
from rspcore.errors import LocalError
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.tags import Tag
from rspsim.faults.server.octet_changes import flip_bit, flipping, from_hex, setting, with_member
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_switch import ServerFault

__all__ = ["FAULTS"]

_GROUPS: Final = {
    "configure_isdp": "the 87 of A0",
    "store_metadata": "an 88 of A1",
    "replace_session_keys": "the 87 of A2",
    "profile_elements": "an 86 of A3",
}


def _at(group: str, tlvs: tuple[bytes, ...], index: int) -> int:
    if not -len(tlvs) <= index < len(tlvs):
        raise LocalError(f"{group}: there are {len(tlvs)} data objects, number {index} is not one")
    return index % len(tlvs)


def _flip_in(group: str) -> Callable[..., Pieces]:
    def change(pieces: Pieces, index: int, bit: int) -> Pieces:
        tlvs = getattr(pieces, group)
        at = _at(group, tlvs, index)
        spoiled = flip_bit(tlvs[at], bit)
        return with_member(pieces, group, (*tlvs[:at], spoiled, *tlvs[at + 1 :]))

    return change


def _drop(pieces: Pieces, index: int) -> Pieces:
    tlvs = pieces.profile_elements
    at = _at("profile_elements", tlvs, index)
    return replace(pieces, profile_elements=tlvs[:at] + tlvs[at + 1 :])


def _repeat(pieces: Pieces, index: int) -> Pieces:
    tlvs = pieces.profile_elements
    at = _at("profile_elements", tlvs, index)
    return replace(pieces, profile_elements=(*tlvs[: at + 1], tlvs[at], *tlvs[at + 1 :]))


def _swap(pieces: Pieces, first: int, second: int) -> Pieces:
    tlvs = list(pieces.profile_elements)
    one = _at("profile_elements", pieces.profile_elements, first)
    two = _at("profile_elements", pieces.profile_elements, second)
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
        point=fault_points.PACKAGE,
        summary="BF23 with one bit inverted; bit 0 is the last of smdpSign",
        serves="result initialiseSecureChannel, invalidSignature",
        change=flipping("initialise_secure_channel"),
        parameters={"bit": 0},
    ),
    *(
        ServerFault(
            name=f"es8.{group}.flip_bit",
            point=fault_points.PACKAGE,
            summary=f"{where} with one bit inverted; bit 0 is the last of the MAC",
            serves="result scp03tSecurityError",
            change=_flip_in(group),
            parameters={"index": 0, "bit": 0},
        )
        for group, where in _GROUPS.items()
    ),
    ServerFault(
        name="es8.profile_elements.drop",
        point=fault_points.PACKAGE,
        summary="one 86 is missing",
        serves="result scp03tSecurityError: the MACs are chained",
        change=_drop,
        parameters={"index": 0},
    ),
    ServerFault(
        name="es8.profile_elements.repeat",
        point=fault_points.PACKAGE,
        summary="one 86 comes twice",
        serves="result scp03tSecurityError: the MACs are chained",
        change=_repeat,
        parameters={"index": 0},
    ),
    ServerFault(
        name="es8.profile_elements.swap",
        point=fault_points.PACKAGE,
        summary="two 86 have changed places",
        serves="result scp03tSecurityError: the MACs are chained",
        change=_swap,
        parameters={"first": 0, "second": 1},
    ),
    ServerFault(
        name="es8.profile_elements.tag",
        point=fault_points.PACKAGE,
        summary="the first 86 has another tag",
        serves="result scp03tStructureError",
        change=_retag,
        parameters={"tag": "85"},
    ),
    ServerFault(
        name="es8.profile_elements.oversize",
        point=fault_points.BINDING,
        summary="86 of 1,036 octets, as cut by a server that counts plaintext instead of TLV",
        serves="longest TLV 1,020 octets (2.5.3); seen in the field",
        change=_oversize,
        parameters={"plaintext": 1008},
    ),
    ServerFault(
        name="es8.initialise_secure_channel.transaction_id",
        point=fault_points.BINDING,
        summary="BF23 names another TransactionID, well signed",
        serves="result invalidTransactionId",
        change=_transaction_id,
        parameters={"value": "FF" * 16},
    ),
    ServerFault(
        name="es8.initialise_secure_channel.remote_op_id",
        point=fault_points.BINDING,
        summary="another remoteOpId than installBoundProfilePackage",
        serves="result unsupportedRemoteOperationType",
        change=setting("remote_op_id"),
        parameters={"value": 2},
    ),
    ServerFault(
        name="es8.control_ref_template.key_type",
        point=fault_points.BINDING,
        summary="another keyType than AES",
        serves="result unsupportedCrtValues",
        change=setting("key_type"),
        parameters={"value": 0x80},
    ),
    ServerFault(
        name="es8.control_ref_template.key_len",
        point=fault_points.BINDING,
        summary="another keyLen than 16",
        serves="result unsupportedCrtValues",
        change=setting("key_length"),
        parameters={"value": 0x20},
    ),
    ServerFault(
        name="es8.control_ref_template.host_id",
        point=fault_points.BINDING,
        summary="a hostId of another length or value; 1 to 16 octets are legal",
        serves="5.5.1 and annex G: hostId enters the derivation with its length",
        change=_host_id,
        parameters={"value": "00" * 17},
    ),
    ServerFault(
        name="es8.configure_isdp.proprietary",
        point=fault_points.BINDING,
        summary="dpProprietaryData of this many octets; 128 with its header are allowed",
        serves="result configureISDP, incorrectInputValues",
        change=_proprietary,
        parameters={"octets": 200},
    ),
    ServerFault(
        name="es8.store_metadata.profile_name",
        point=fault_points.BINDING,
        summary="the metadata in the package are not those shown to the user",
        serves="the LPA compares them (3.1.3.2): CancelSession, metadataMismatch; DP-18",
        change=_metadata_name,
        parameters={"profile_name": "Another profile"},
    ),
    ServerFault(
        name="es8.store_metadata.iccid",
        point=fault_points.BINDING,
        summary="the metadata in the package name another ICCID than the profile header",
        serves="result installFailedDueToDataMismatch",
        change=_metadata_iccid,
        parameters={"iccid": "89000000000000000000"},
    ),
    ServerFault(
        name="es8.profile.truncate",
        point=fault_points.BINDING,
        summary="the profile ends before its last octets, well protected",
        serves="result installFailedDueToPEProcessingError",
        change=_truncate,
        parameters={"octets": 4},
    ),
    ServerFault(
        name="es8.profile.flip_bit",
        point=fault_points.BINDING,
        summary="the profile with one bit inverted, well protected",
        serves="result installFailedDueToPEProcessingError",
        change=flipping("upp"),
        parameters={"bit": 0},
    ),
)
