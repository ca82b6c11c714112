"""Carriage over SMS-PP: TPDUs, user data headers, concatenation, ENVELOPE and SEND SHORT MESSAGE.

Source: 3GPP TS 23.040, 9.2; TS 31.115, 4; ETSI TS 102 223, 7.1 and 8. A command packet travels in
SMS-DELIVER inside ENVELOPE (SMS-PP DOWNLOAD); a response in the answer to it or in SMS-SUBMIT.
"""

from collections.abc import Sequence

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = [
    "Deliver",
    "UserData",
    "address",
    "command_deliveries",
    "envelope",
    "read_envelope",
    "read_submit",
    "reassemble",
    "service_centre",
    "submit",
]

_COMMAND_IEI = 0x70
_SINGLE = 140 - 3
_FIRST = 140 - 8
_OTHER = 140 - 6


@dataclass(frozen=True, slots=True)
class UserData:
    """The user data of one short message: header elements and content.

    Attributes:
        elements: Information elements (identifier, content) in order.
        content: Octets after the header.
    """

    elements: tuple[tuple[int, bytes], ...]
    content: bytes

    @classmethod
    def decode(cls, octets: bytes) -> "UserData":
        """Reads user data that begins with a header.

        Raises:
            DecodeError: the header overruns the octets.
        """
        if not octets or octets[0] >= len(octets):
            raise DecodeError(f"user data header overruns {len(octets)} octets")
        header, content = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
        elements = []
        position = 0
        while position < len(header):
            if position + 2 > len(header) or position + 2 + header[position + 1] > len(header):
                raise DecodeError("information element overruns the user data header")
            end = position + 2 + header[position + 1]
            elements.append((header[position], header[position + 2 : end]))
            position = end
        return cls(tuple(elements), content)

    @property
    def is_command(self) -> bool:
        """Returns whether the header marks a command packet (70)."""
        return any(identifier == _COMMAND_IEI for identifier, _ in self.elements)

    @property
    def concatenation(self) -> tuple[int, int, int] | None:
        """Returns reference, total and sequence number, or None for an unsplit message."""
        for identifier, content in self.elements:
            if identifier == 0x00 and len(content) == 3:
                return content[0], content[1], content[2]
            if identifier == 0x08 and len(content) == 4:
                return int.from_bytes(content[:2], "big"), content[2], content[3]
        return None


@dataclass(frozen=True, slots=True)
class Deliver:
    """One SMS-DELIVER TPDU with a user data header.

    Attributes:
        originator: Address value as on the wire: digit count, type, swapped digits.
        user_data: Header length, header and content, at most 140 octets.
        timestamp: SCTS, 7 octets.
        first_octet: MTI, more-messages and header indicator.
        pid: Protocol identifier; 7F is SIM data download.
        dcs: Data coding scheme; F6 or 16 is class 2, 8 bit.
    """

    originator: bytes
    user_data: bytes
    timestamp: bytes
    first_octet: int = 0x44
    pid: int = 0x7F
    dcs: int = 0xF6

    def encode(self) -> bytes:
        """Writes the TPDU."""
        return (
            bytes((self.first_octet,))
            + self.originator
            + bytes((self.pid, self.dcs))
            + self.timestamp
            + bytes((len(self.user_data),))
            + self.user_data
        )

    @classmethod
    def decode(cls, octets: bytes) -> "Deliver":
        """Reads an SMS-DELIVER TPDU.

        Raises:
            DecodeError: cut short, or the user data length does not fit.
        """
        if len(octets) < 3:
            raise DecodeError(f"SMS-DELIVER of {len(octets)} octets is cut short")
        address = 2 + (octets[1] + 1) // 2
        rest = octets[1 + address :]
        if len(rest) < 10 or rest[9] != len(rest) - 10:
            raise DecodeError("SMS-DELIVER: user data length does not fit the octets present")
        return cls(
            octets[1 : 1 + address], rest[10:], rest[2:9], octets[0], pid=rest[0], dcs=rest[1]
        )

    @property
    def has_header(self) -> bool:
        """Returns whether user data begins with a header."""
        return bool(self.first_octet & 0x40)

    @property
    def is_data_download(self) -> bool:
        """Returns whether the message is for the card: PID 7F, class 2."""
        return self.pid == 0x7F and self.dcs in (0xF6, 0x16)


def address(digits: str, type_of_address: int = 0x81) -> bytes:
    """Writes an address as an SMS TPDU carries it: digit count, type, swapped digits."""
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2))
    return bytes((len(digits), type_of_address)) + bytes.fromhex(swapped)


def command_deliveries(
    packet: bytes, *, originator: bytes, timestamp: bytes, reference: int = 0x5A
) -> tuple[Deliver, ...]:
    """Cuts a command packet into the SMS-DELIVER messages that carry it.

    Args:
        packet: Command packet, CPL first.
        originator: Address as `address` writes it.
        timestamp: SCTS, 7 octets.
        reference: Concatenation reference, used when one message is not enough.
    """
    if len(packet) <= _SINGLE:
        return (Deliver(originator, bytes((2, _COMMAND_IEI, 0)) + packet, timestamp),)
    pieces = [packet[:_FIRST]]
    pieces += [packet[n : n + _OTHER] for n in range(_FIRST, len(packet), _OTHER)]
    total = len(pieces)
    messages = []
    for number, piece in enumerate(pieces, 1):
        element = bytes((0, 3, reference, total, number))
        header = element + (bytes((_COMMAND_IEI, 0)) if number == 1 else b"")
        messages.append(Deliver(originator, bytes((len(header),)) + header + piece, timestamp))
    return tuple(messages)


def envelope(delivery: Deliver, service_centre: bytes | None = None) -> bytes:
    """Writes the data field of ENVELOPE (SMS-PP DOWNLOAD).

    Args:
        delivery: The message.
        service_centre: TON/NPI and swapped digits of the service centre, or None to leave it out.
    """
    parts = [tlv.encode(0x82, b"\x83\x81")]
    if service_centre is not None:
        parts.append(tlv.encode(0x06, service_centre))
    parts.append(tlv.encode(0x8B, delivery.encode()))
    return tlv.encode(0xD1, *parts)


def read_envelope(octets: bytes) -> Deliver:
    """Reads the TPDU out of the data field of ENVELOPE (SMS-PP DOWNLOAD).

    Raises:
        DecodeError: not template D1, or without an SMS TPDU (8B or 0B).
    """
    one = tlv.parse(octets)
    if one.tag != 0xD1:
        raise DecodeError(f"SMS-PP DOWNLOAD (D1) expected, got {one.tag:02X}", tag=one.tag)
    for child in one.children():
        if child.tag & 0x7F == 0x0B:
            return Deliver.decode(bytes(child.value))
    raise DecodeError("SMS-PP DOWNLOAD without an SMS TPDU (8B)", tag=0x8B)


def service_centre(envelope: bytes) -> bytes:
    """Returns the Address (06 or 86) of the data field of ENVELOPE (SMS-PP DOWNLOAD), or nothing.

    Raises:
        DecodeError: the octets are no data object.
    """
    for child in tlv.parse(envelope).children():
        if child.tag & 0x7F == 0x06:
            return bytes(child.value)
    return b""


def submit(user_data: bytes, *, destination: bytes, message_reference: int = 0) -> bytes:
    """Writes an SMS-SUBMIT TPDU that carries a response packet."""
    return (
        bytes((0x41, message_reference))
        + destination
        + bytes((0x7F, 0xF6, len(user_data)))
        + user_data
    )


def read_submit(octets: bytes) -> UserData:
    """Reads the user data out of an SMS-SUBMIT TPDU without validity period.

    Raises:
        DecodeError: cut short, or the user data length does not fit.
    """
    if len(octets) < 4:
        raise DecodeError(f"SMS-SUBMIT of {len(octets)} octets is cut short")
    rest = octets[4 + (octets[2] + 1) // 2 :]
    if len(rest) < 3 or rest[2] != len(rest) - 3:
        raise DecodeError("SMS-SUBMIT: user data length does not fit the octets present")
    return UserData.decode(rest[3:])


def reassemble(parts: Sequence[UserData]) -> bytes:
    """Joins the parts of one packet, given in any order.

    Raises:
        DecodeError: a part is missing, or a part belongs to another message.
    """
    numbered = {}
    totals = set()
    for part in parts:
        place = part.concatenation or (0, 1, 1)
        numbered[place[2]] = part.content
        totals.add(place[:2])
    if len(totals) != 1:
        raise DecodeError(f"parts of {len(totals)} different messages cannot be joined")
    total = totals.pop()[1]
    missing = [n for n in range(1, total + 1) if n not in numbered]
    if missing:
        raise DecodeError(f"parts {missing} of {total} are missing")
    return b"".join(numbered[n] for n in range(1, total + 1))
