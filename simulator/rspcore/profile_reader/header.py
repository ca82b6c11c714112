"""ProfileHeader: the first element of a package, read straight from its TLVs.

Source: TCA eUICC Profile Package, ProfileHeader and ServicesList.
"""

from typing import Final, Self

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Iccid, Oid
from rspcore.profile_reader.elements import HEADER_TAG, ProfileElementTlv

__all__ = ["SERVICES", "ProfileHeader"]

SERVICES: Final[tuple[str, ...]] = (
    "contactless",
    "usim",
    "isim",
    "csim",
    "milenage",
    "tuak128",
    "cave",
    "gba-usim",
    "gba-isim",
    "mbms",
    "eap",
    "javacard",
    "multos",
    "multiple-usim",
    "multiple-isim",
    "multiple-csim",
    "tuak256",
    "usim-test-algorithm",
    "ber-tlv",
    "dfLink",
    "cat-tp",
    "get-identity",
    "profile-a-x25519",
    "profile-b-p256",
    "suciCalculatorApi",
    "dns-resolution",
    "scp11ac",
    "scp11c-authorization-mechanism",
    "s16mode",
    "eaka",
    "suci-nswo",
    "network-id",
    "coap",
    "gbauApi",
    "uir5GProSe",
    "ssim-Eap-Tls",
    "ssim-Eap-Aka-prime",
    "usatAppPairing",
)
"""Names of ServicesList in the order of their context tags, which start at 0."""


def _service(tag: int) -> str:
    number = tag & 0x7F if tag > 0xFF else tag & 0x1F
    return SERVICES[number] if number < len(SERVICES) else f"service-{number}"


@dataclass(frozen=True, slots=True)
class ProfileHeader:
    """The facts of a profile header.

    Attributes:
        version: major-version and minor-version of the package format.
        profile_type: Free text of 1 to 100 characters, or None.
        iccid: ICCID; the header carries it in printed order, not swapped.
        mandatory_services: Names of eUICC-Mandatory-services; `service-N` for unknown numbers.
        mandatory_gfste: Template OIDs of eUICC-Mandatory-GFSTEList.
        mandatory_aids: AID and version (2 octets) of eUICC-Mandatory-AIDs.
        connectivity_parameters: Content of connectivityParameters, or None.
    """

    version: tuple[int, int]
    profile_type: str | None
    iccid: Iccid
    mandatory_services: tuple[str, ...]
    mandatory_gfste: tuple[Oid, ...]
    mandatory_aids: tuple[tuple[bytes, bytes], ...]
    connectivity_parameters: bytes | None

    @classmethod
    def parse(cls, element: ProfileElementTlv) -> Self:
        """Reads the header element.

        Raises:
            DecodeError: not a ProfileHeader, or a mandatory component is missing or has a wrong
                length.
        """
        if element.tag != HEADER_TAG:
            raise DecodeError(
                f"profile header expected at offset {element.offset}, found {element.tag:02X} "
                f"({element.name})",
                offset=element.offset,
                tag=element.tag,
            )
        parts = {one.tag: one for one in element.tlv.children()}
        missing = [tag for tag in (0x80, 0x81, 0x83, 0xA5, 0xA6) if tag not in parts]
        if missing:
            names = ", ".join(f"{tag:02X}" for tag in missing)
            raise DecodeError(f"profile header: {names} missing", offset=element.offset)
        kind = parts.get(0x82)
        aids = parts.get(0xA8)
        connectivity = parts.get(0x87)
        return cls(
            version=(
                int.from_bytes(parts[0x80].value, "big"),
                int.from_bytes(parts[0x81].value, "big"),
            ),
            profile_type=None if kind is None else bytes(kind.value).decode("utf-8", "replace"),
            iccid=Iccid.from_unswapped(bytes(parts[0x83].value)),
            mandatory_services=tuple(_service(one.tag) for one in parts[0xA5].children()),
            mandatory_gfste=tuple(Oid.from_content(one.value) for one in parts[0xA6].children()),
            mandatory_aids=() if aids is None else tuple(map(_aid_entry, aids.children())),
            connectivity_parameters=None if connectivity is None else bytes(connectivity.value),
        )


def _aid_entry(one: tlv.Tlv) -> tuple[bytes, bytes]:
    parts = one.children()
    if len(parts) != 2:
        raise DecodeError(
            f"eUICC-Mandatory-AIDs at offset {one.offset}: expected AID and version, "
            f"got {len(parts)} data objects",
            offset=one.offset,
            tag=one.tag,
        )
    return bytes(parts[0].value), bytes(parts[1].value)
