"""Network access applications of a package: which they are, and with which keys they authenticate.

Source: TCA eUICC Profile Package, PE-AKAParameter; 3GPP TS 31.101 annex for the AID prefixes.
"""

from dataclasses import field
from enum import IntEnum, StrEnum
from typing import Final, Self

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.profile_reader.elements import ProfileElementTlv
from rspcore.tlv import Tlv

__all__ = [
    "DEFAULT_ROTATION",
    "DEFAULT_SQN_LIMIT",
    "DEFAULT_XORING",
    "AkaParameters",
    "AlgorithmId",
    "NaaKind",
]

DEFAULT_ROTATION: Final = bytes.fromhex("4000204060")
DEFAULT_XORING: Final = b"".join(bytes(15) + bytes((low,)) for low in (0, 1, 2, 4, 8))
DEFAULT_SQN_LIMIT: Final = bytes.fromhex("000010000000")
SQN_COUNT: Final = 32


class NaaKind(StrEnum):
    """The network access applications."""

    USIM = "usim"
    ISIM = "isim"
    CSIM = "csim"

    @classmethod
    def of_aid(cls, aid: bytes) -> "NaaKind | None":
        """Returns the kind an AID belongs to by its prefix, or None for another application."""
        for prefix, kind in _AID_PREFIXES.items():
            if aid.startswith(prefix):
                return kind
        return None


_AID_PREFIXES = {
    bytes.fromhex("A0000000871002"): NaaKind.USIM,
    bytes.fromhex("A0000000871004"): NaaKind.ISIM,
    bytes.fromhex("A0000003431002"): NaaKind.CSIM,
}


class AlgorithmId(IntEnum):
    """The values of algorithmID."""

    milenage = 1
    tuak = 2
    usim_test = 3


@dataclass(frozen=True, slots=True)
class AkaParameters:
    """One PE-AKAParameter with its defaults filled in.

    Attributes:
        naa: The application it belongs to: the one created last before it; None before any.
        aid: AID of that application, or None.
        algorithm: algorithmID; a plain int when it has no name. None when the keys of another
            application are used.
        options: algorithmOptions, one octet as a number.
        key: K, 16 octets (16 or 32 for TUAK).
        opc: OPc (16 octets) or TOPc (32 octets); present but unused for the test algorithm.
        rotation: r1 to r5, one octet each.
        xoring: c1 to c5, 16 octets each.
        auth_counter_max: 3 octets, or None for no limit.
        keccak_iterations: numberOfKeccak of TUAK.
        sqn_options: One octet as a number.
        sqn_delta: 6 octets.
        sqn_age_limit: 6 octets.
        sqn_init: 32 sequence numbers of 6 octets, without IND.
        mapping_options: mappingOptions as a number, when the keys of another application are used.
        mapping_source: AID of that other application.
    """

    naa: NaaKind | None
    aid: bytes | None
    algorithm: int | None = None
    options: int = 0
    key: bytes = field(default=b"", repr=False)
    opc: bytes = field(default=b"", repr=False)
    rotation: bytes = DEFAULT_ROTATION
    xoring: bytes = field(default=DEFAULT_XORING, repr=False)
    auth_counter_max: bytes | None = None
    keccak_iterations: int = 1
    sqn_options: int = 2
    sqn_delta: bytes = DEFAULT_SQN_LIMIT
    sqn_age_limit: bytes = DEFAULT_SQN_LIMIT
    sqn_init: tuple[bytes, ...] = field(default=(bytes(6),) * SQN_COUNT, repr=False)
    mapping_options: int | None = None
    mapping_source: bytes | None = None

    @classmethod
    def parse(cls, element: ProfileElementTlv, naa: NaaKind | None, aid: bytes | None) -> Self:
        """Reads the element for the application it follows.

        Raises:
            DecodeError: algoConfiguration is missing, or not a sequence of data objects.
        """
        parts = {one.tag: one for one in element.tlv.children()}
        configuration = parts.get(0xA1)
        if configuration is None:
            raise DecodeError(
                f"akaParameter at offset {element.offset}: algoConfiguration (A1) is missing",
                offset=element.offset,
                tag=element.tag,
            )
        values: dict[str, object] = {"naa": naa, "aid": aid}
        chosen = next(iter(configuration.children()), None)
        if chosen is not None and chosen.tag == 0xA1:
            values |= _algorithm(chosen)
        elif chosen is not None and chosen.tag == 0xA0:
            values |= _mapping(chosen)
        for tag, name in ((0x83, "sqn_delta"), (0x84, "sqn_age_limit")):
            if tag in parts:
                values[name] = bytes(parts[tag].value)
        if 0x82 in parts:
            values["sqn_options"] = int.from_bytes(parts[0x82].value, "big")
        if 0xA5 in parts:
            values["sqn_init"] = tuple(bytes(one.value) for one in parts[0xA5].children())
        return cls(**values)  # type: ignore[arg-type]  # names and types are those of the fields


def _algorithm(one: Tlv) -> dict[str, object]:
    parts = {child.tag: bytes(child.value) for child in one.children()}
    missing = [tag for tag in (0x80, 0x81, 0x82, 0x83) if tag not in parts]
    if missing:
        raise DecodeError(
            f"algoParameter at offset {one.offset}: "
            f"{', '.join(f'{tag:02X}' for tag in missing)} missing",
            offset=one.offset,
            tag=one.tag,
        )
    number = int.from_bytes(parts[0x80], "big")
    values: dict[str, object] = {
        "algorithm": AlgorithmId(number) if number in set(AlgorithmId) else number,
        "options": int.from_bytes(parts[0x81], "big"),
        "key": parts[0x82],
        "opc": parts[0x83],
        "auth_counter_max": parts.get(0x86),
    }
    if 0x84 in parts:
        values["rotation"] = parts[0x84]
    if 0x85 in parts:
        values["xoring"] = parts[0x85]
    if 0x87 in parts:
        values["keccak_iterations"] = int.from_bytes(parts[0x87], "big")
    return values


def _mapping(one: Tlv) -> dict[str, object]:
    parts = {child.tag: bytes(child.value) for child in one.children()}
    return {
        "mapping_options": int.from_bytes(parts.get(0x80, b""), "big"),
        "mapping_source": parts.get(0x81),
    }
