"""Command and response APDUs, the four cases, class octets and logical channels.

Sources: ISO/IEC 7816-4 clause 5 (cases, chaining of lengths), ETSI TS 102 221 clause 10.1 (class
octets: 0X, 4X, 6X interindustry; 8X, CX, EX ETSI and GlobalPlatform; channels 0 to 19). The module
turns octets into values and back; the receiver of a command interprets it.

>>> command = CommandApdu.parse(bytes.fromhex("81E2910003BF2E0000"))
>>> command.channel, command.case, f"{command.ins:02X}", command.data.hex(), command.le
(1, 4, 'E2', 'bf2e00', 256)
"""

from enum import IntEnum
from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspcore.status import describe

__all__ = [
    "CHANNELS",
    "CHANNEL_OF",
    "CommandApdu",
    "Ins",
    "ResponseApdu",
    "channel_of",
    "class_for",
]

CHANNELS = 20
"""Number of logical channels of a UICC: the basic channel and 19 supplementary ones."""


class Ins(IntEnum):
    """The instruction octets that occur at a UICC and its ISD-R."""

    DEACTIVATE_FILE = 0x04
    TERMINAL_PROFILE = 0x10
    FETCH = 0x12
    TERMINAL_RESPONSE = 0x14
    VERIFY_PIN = 0x20
    CHANGE_PIN = 0x24
    DISABLE_PIN = 0x26
    ENABLE_PIN = 0x28
    UNBLOCK_PIN = 0x2C
    INCREASE = 0x32
    ACTIVATE_FILE = 0x44
    INITIALIZE_UPDATE = 0x50
    MANAGE_CHANNEL = 0x70
    MANAGE_SECURE_CHANNEL = 0x73
    TRANSACT_DATA = 0x75
    SUSPEND_UICC = 0x76
    GET_IDENTITY = 0x78
    MANAGE_LSI = 0x7C
    EXTERNAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    AUTHENTICATE = 0x88
    SEARCH_RECORD = 0xA2
    SELECT = 0xA4
    TERMINAL_CAPABILITY = 0xAA
    READ_BINARY = 0xB0
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    ENVELOPE = 0xC2
    GET_DATA = 0xCA
    RETRIEVE_DATA = 0xCB
    RESIZE_FILE = 0xD4
    UPDATE_BINARY = 0xD6
    PUT_KEY = 0xD8
    SET_DATA = 0xDB
    UPDATE_RECORD = 0xDC
    CREATE_FILE = 0xE0
    STORE_DATA = 0xE2
    DELETE = 0xE4
    INSTALL = 0xE6
    GET_STATUS = 0xF2


def channel_of(cla: int) -> int | None:
    """Returns the logical channel a class octet names, 0 to 19; None for a class with no channel.

    Source: TS 102 221, 10.1.1: 00-0F and 80-8F carry channels 0 to 3 in bits 2 and 1; 40-4F, 60-6F,
    C0-CF and E0-EF carry channel minus 4 in the low nibble.
    """
    return CHANNEL_OF[cla]


def _channel(cla: int) -> int | None:
    high = cla >> 4
    if high in (0x0, 0x8):
        return cla & 0x03
    if high in (0x4, 0x6, 0xC, 0xE):
        return (cla & 0x0F) + 4
    return None


def _secure_messaging(cla: int) -> bool:
    high = cla >> 4
    return bool(cla & 0x0C) if high in (0x0, 0x8) else high in (0x6, 0xE)


CHANNEL_OF: Final = tuple(map(_channel, range(256)))
"""By class octet: the logical channel, as `channel_of` returns it."""
_SECURE_MESSAGING: Final = tuple(map(_secure_messaging, range(256)))


def class_for(channel: int, *, proprietary: bool) -> int:
    """Returns the class octet without secure messaging for a logical channel.

    Args:
        channel: 0 to 19.
        proprietary: True for 8X / CX (STORE DATA, FETCH ...), False for 0X / 4X (SELECT ...).

    Raises:
        LocalError: channel is not 0 to 19.
    """
    if not 0 <= channel < CHANNELS:
        raise LocalError(f"logical channel {channel}: expected 0 to {CHANNELS - 1}")
    if channel < 4:
        return channel | (0x80 if proprietary else 0x00)
    return (channel - 4) | (0xC0 if proprietary else 0x40)


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """One command.

    Attributes:
        cla: Class octet.
        ins: Instruction octet.
        p1: Parameter 1.
        p2: Parameter 2.
        data: Command data field, 0 to 65,535 octets.
        le: Expected response length in octets (1 to 65,536); None when no Le field is present.
        extended: True when the length fields have the extended form.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    @classmethod
    def parse(cls, octets: bytes | memoryview) -> "CommandApdu":
        """Reads a command in any of the four cases, short or extended.

        Raises:
            DecodeError: shorter than 4 octets, or the length fields do not fit the octets present.
        """
        octets = bytes(octets)
        size = len(octets)
        if size < 4:
            raise DecodeError(f"command APDU of {size} octets; at least 4 are needed")
        cla, ins, p1, p2 = octets[0], octets[1], octets[2], octets[3]
        if size == 4:
            return cls(cla, ins, p1, p2)
        first = octets[4]
        if size == 5:
            return cls(cla, ins, p1, p2, b"", first or 256)
        if first:
            if size == 5 + first:
                return cls(cla, ins, p1, p2, octets[5:])
            if size == 6 + first:
                return cls(cla, ins, p1, p2, octets[5:-1], octets[-1] or 256)
            raise DecodeError(
                f"command APDU: Lc says {first} octets, {size - 5} follow (Le included)",
                offset=4,
            )
        body = octets[4:]
        if len(body) == 3:
            return cls(cla, ins, p1, p2, le=int.from_bytes(body[1:], "big") or 65536, extended=True)
        length = int.from_bytes(body[1:3], "big")
        if len(body) > 3 and length and len(body) == 3 + length:
            return cls(cla, ins, p1, p2, body[3:], extended=True)
        if len(body) > 3 and length and len(body) == 5 + length:
            le = int.from_bytes(body[-2:], "big") or 65536
            return cls(cla, ins, p1, p2, body[3:-2], le, extended=True)
        raise DecodeError(
            f"command APDU: extended Lc says {length} octets, {max(len(body) - 3, 0)} follow "
            "(Le included)",
            offset=4,
        )

    def encode(self) -> bytes:
        """Writes the command; the extended form is used when requested or when a length needs it.

        Raises:
            LocalError: data is longer than 65,535 octets or le is not 1 to 65,536.
        """
        size = len(self.data)
        le = self.le
        if size > 65535 or (le is not None and not 1 <= le <= 65536):
            raise LocalError(f"command APDU: {size} data octets, Le {le}: outside ISO/IEC 7816-4")
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.extended or size > 255 or (le or 0) > 256:
            tail = b"" if le is None else (le & 0xFFFF).to_bytes(2, "big")
            if size:
                return header + b"\x00" + size.to_bytes(2, "big") + self.data + tail
            return header + (b"\x00" + tail if tail else b"")
        tail = b"" if le is None else bytes((le & 0xFF,))
        return header + (bytes((size,)) + self.data if size else b"") + tail

    @property
    def case(self) -> int:
        """Returns the ISO case, 1 to 4."""
        return 1 + (self.le is not None) + 2 * bool(self.data)

    @property
    def channel(self) -> int | None:
        """Returns the logical channel of the class octet, or None when it names none."""
        return CHANNEL_OF[self.cla]

    @property
    def secure_messaging(self) -> bool:
        """Returns whether the class octet announces secure messaging."""
        return _SECURE_MESSAGING[self.cla]

    def __repr__(self) -> str:
        """Shows the header and the lengths, never the data."""
        le = "" if self.le is None else f", Le {self.le}"
        return (
            f"CommandApdu({self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}, "
            f"{len(self.data)} octets{le})"
        )


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """One response: data field and status word."""

    data: bytes
    sw: int

    @classmethod
    def parse(cls, octets: bytes | memoryview) -> "ResponseApdu":
        """Reads a response.

        Raises:
            DecodeError: shorter than the 2 octets of a status word.
        """
        octets = bytes(octets)
        if len(octets) < 2:
            raise DecodeError(f"response APDU of {len(octets)} octets; at least 2 are needed")
        return cls(octets[:-2], int.from_bytes(octets[-2:], "big"))

    def encode(self) -> bytes:
        """Writes data field and status word."""
        return self.data + self.sw.to_bytes(2, "big")

    def __repr__(self) -> str:
        """Shows the length of the data and the status word with its name."""
        return f"ResponseApdu({len(self.data)} octets, SW {describe(self.sw)})"
