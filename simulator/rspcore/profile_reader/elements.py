"""Profile elements: cut a package into its elements, whole or as it arrives.

A package is a plain concatenation of ProfileElement values, from ProfileHeader to PE-End; nothing
wraps or counts them, and the segments of a BoundProfilePackage cut through them at any octet. So
`split` takes a whole package, and `PackageReader` takes octets as they come and returns each
element once its last octet has arrived. Both read the outermost tag and length only; the content of
an element is read on demand, by `decode_element` with the compiled ASN.1 or by the modules beside
this one with the TLV reader.

Source: TCA eUICC Profile Package, the module's CHOICE ProfileElement (automatic tags).
"""

from typing import Any, Final

from rspcore import schema, tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, derived
from rspcore.tlv import Octets, Tlv

__all__ = [
    "ELEMENT_NAMES",
    "END_TAG",
    "HEADER_TAG",
    "UNKNOWN",
    "DecodedElement",
    "PackageReader",
    "ProfileElementTlv",
    "decode_element",
    "encode_element",
    "split",
]

ELEMENT_NAMES: Final[dict[int, str]] = {
    0xA0: "header",
    0xA1: "genericFileManagement",
    0xA2: "pinCodes",
    0xA3: "pukCodes",
    0xA4: "akaParameter",
    0xA5: "cdmaParameter",
    0xA6: "securityDomain",
    0xA7: "rfm",
    0xA8: "application",
    0xA9: "nonStandard",
    0xAA: "end",
    0xB0: "mf",
    0xB1: "cd",
    0xB2: "telecom",
    0xB3: "usim",
    0xB4: "opt-usim",
    0xB5: "isim",
    0xB6: "opt-isim",
    0xB7: "phonebook",
    0xB8: "gsm-access",
    0xB9: "csim",
    0xBA: "opt-csim",
    0xBB: "eap",
    0xBC: "df-5gs",
    0xBD: "df-saip",
    0xBE: "df-snpn",
    0xBF1F: "df-5gprose",
    0xBF20: "iot",
    0xBF21: "opt-iot",
    0xBF22: "ssim",
}
"""Tag of each element to its component name in the ASN.1 module."""

UNKNOWN: Final = "unknown"
"""Name of an element whose tag is not in `ELEMENT_NAMES`: a later version may define it."""

HEADER_TAG: Final = 0xA0
END_TAG: Final = 0xAA

_MAX_ELEMENT_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True)
class ProfileElementTlv:
    """One profile element as received.

    Attributes:
        tag: Outermost tag, for example 0xB3.
        name: Component name in the ASN.1 module, for example "usim"; `UNKNOWN` for other tags.
        raw: The whole element, tag and length included.
        offset: Position of its first octet in the package, in octets.
    """

    tag: int
    name: str
    raw: bytes
    offset: int

    @derived
    def tlv(self) -> Tlv:
        """Returns the element as a data object, with offsets counted from its own start.

        Raises:
            DecodeError: raw is not one data object.
        """
        return tlv.parse(self.raw)

    @property
    def is_end(self) -> bool:
        """Returns whether this is PE-End, after which nothing may follow."""
        return self.tag == END_TAG

    @derived
    def _pe_header(self) -> Tlv | None:
        if self.tag == HEADER_TAG:
            return None
        first = next(tlv.iterate(self.tlv.value), None)
        return first if first is not None and first.tag == 0xA0 else None

    @derived
    def identification(self) -> int | None:
        """Returns the identification of the PE header, 0 to 32767; None when there is none.

        Raises:
            DecodeError: the element does not start with well-formed data objects.
        """
        header = self._pe_header
        number = None if header is None else header.find(0x81)
        return None if number is None else int.from_bytes(number.value, "big", signed=True)

    @derived
    def mandated(self) -> bool:
        """Returns whether an eUICC that does not support the element has to abort.

        The profile header, which has no PE header, counts as mandated.

        Raises:
            DecodeError: as `identification`.
        """
        if self.tag == HEADER_TAG:
            return True
        header = self._pe_header
        return header is not None and header.find(0x80) is not None

    def __repr__(self) -> str:
        """Shows name, position and size, never the content: it holds keys."""
        return f"ProfileElementTlv({self.name}, offset {self.offset}, {len(self.raw)} octets)"


def _element(one: Tlv, offset: int) -> ProfileElementTlv:
    name = ELEMENT_NAMES.get(one.tag, UNKNOWN)
    return ProfileElementTlv(one.tag, name, bytes(one.raw), offset)


def split(upp: Octets) -> tuple[ProfileElementTlv, ...]:
    """Cuts a whole package into its elements, in order.

    The order of the elements is not checked, nor whether PE-End is the last: the interpreter does
    that.

    Raises:
        DecodeError: the package is not a whole number of data objects.
    """
    return tuple(_element(one, one.offset) for one in tlv.iterate(upp))


@dataclass(frozen=True, slots=True)
class PackageReader:
    """Cuts a package that arrives in pieces; each step returns a new reader, none is changed.

    Attributes:
        pending: Octets of an element that is not complete yet.
        offset: Position of the first pending octet in the package.
        limit: Longest element accepted, in octets; it bounds the memory a wrong length can claim.
    """

    pending: bytes = b""
    offset: int = 0
    limit: int = _MAX_ELEMENT_OCTETS

    def feed(self, chunk: Octets) -> tuple[tuple[ProfileElementTlv, ...], "PackageReader"]:
        """Takes the next octets of the package.

        Returns:
            The elements completed by them, in order, and the reader to continue with.

        Raises:
            DecodeError: tag or length of an element is not valid, or the element is longer than
                `limit`. This reader is unchanged.
        """
        data = memoryview(self.pending + bytes(chunk))
        position = 0
        elements = []
        while position < len(data):
            end = self._end_of_element(data, position)
            if end is None or end > len(data):
                break
            one = tlv.parse_prefix(data, position, base=self.offset)
            elements.append(_element(one, one.offset))
            position = end
        rest = PackageReader(bytes(data[position:]), self.offset + position, self.limit)
        return tuple(elements), rest

    @property
    def between_elements(self) -> bool:
        """Returns whether no element is half read, as it has to be at the end of a package."""
        return not self.pending

    def _end_of_element(self, data: memoryview, position: int) -> int | None:
        header = _header_octets(data, position)
        if header is None:
            return None
        tag, size, length = tlv.read_header(data, position, base=self.offset)
        if size + length > self.limit:
            raise DecodeError(
                f"profile element {tag:02X} at offset {self.offset + position}: length says "
                f"{length:,} octets; at most {self.limit:,} are accepted",
                offset=self.offset + position,
                tag=tag,
            )
        return position + size + length


def _header_octets(data: memoryview, position: int) -> int | None:
    """Returns how many octets tag and length take, or None while they are incomplete."""
    end = position + 1
    if data[position] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80 and end - position < 4:
            end += 1
        end += 1
    if end >= len(data):
        return None
    first = data[end]
    end += 1
    if 0x81 <= first <= 0x84:  # any other form is refused by the TLV reader
        end += first & 0x7F
    return None if end > len(data) else end - position


@dataclass(frozen=True, slots=True)
class DecodedElement:
    """A profile element decoded with the ASN.1 module.

    Attributes:
        name: Component name in the ASN.1 module, for example "usim".
        value: Components by their names in the module; sequences are dicts, choices are pairs of
            name and value, OBJECT IDENTIFIER values are their content octets. Components that were
            absent stay absent: defaults are not filled in.
        raw: The octets decoded.
    """

    name: str
    value: dict[str, Any]
    raw: bytes

    def __repr__(self) -> str:
        """Shows name and size, never the content: it holds keys."""
        return f"DecodedElement({self.name}, {len(self.raw)} octets)"


def decode_element(one: ProfileElementTlv) -> DecodedElement:
    """Decodes one element with the compiled ASN.1 module.

    Raises:
        DecodeError: the element is unknown to the module or is not what the module describes.
    """
    name, value = schema.decode("pe", "ProfileElement", one.raw)
    if name is None or not isinstance(value, dict):
        raise DecodeError(
            f"profile element {one.tag:02X} at offset {one.offset}: not defined in versions "
            "2.1 to 3.4",
            offset=one.offset,
            tag=one.tag,
        )
    return DecodedElement(name, value, one.raw)


def encode_element(name: str, value: dict[str, Any]) -> bytes:
    """Writes one element from its components, named as in the ASN.1 module.

    Raises:
        LocalError: the value does not fit the module.
    """
    return schema.encode("pe", "ProfileElement", (name, value))
