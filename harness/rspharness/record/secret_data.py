"""Which octets of a command are secret: the data of those with a PIN, a PUK, a key or OTA data."""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError

__all__ = ["is_secret", "masked", "without_secrets"]

_SECRET: Final = frozenset(
    {
        Ins.VERIFY_PIN,
        Ins.CHANGE_PIN,
        Ins.DISABLE_PIN,
        Ins.ENABLE_PIN,
        Ins.UNBLOCK_PIN,
        Ins.PUT_KEY,
    }
)
"""Instructions whose data field is a code or a key (TS 102 221, 11.1; GlobalPlatform, 11.8)."""

_SMS_PP_DOWNLOAD: Final = 0xD1
"""First octet of an ENVELOPE with a short message, so with a secured packet (TS 31.111, 7.1.1)."""

_TO_LPAE: Final = 0xE4
"""First octet of an ENVELOPE with a command to an LPAe (SGP.22 v3.1, 5.7)."""
_WITH_PIN: Final = frozenset(bytes((one,)) for one in (0xA1, 0xA5, 0xA6, 0x87, 0xAA))
"""Those with a PIN or code: confirmDownload, deleteProfile, euiccMemReset, changeConfirmationPin,
confirmRpmPackage."""

_ENCODING: Final = 0x78
"""Bits of P1 of STORE DATA: encryption and structure of the data (GlobalPlatform, 11.11.2)."""
_CLEAR_TLV: Final = 0x10
"""In those bits: not encrypted, BER-TLV, as in every function of the ISD-R (SGP.22, 5.7.2)."""
_KEY_TEMPLATES: Final = frozenset({0xA6, 0xB4, 0xB6, 0xB8, 0xB9})
"""First octets of BER-TLV data that set keys: the control reference templates of ISO/IEC 7816-4."""


def masked(command: bytes) -> str:
    """Returns a command in hexadecimal digits, without its data field if that is secret.

    >>> masked(bytes.fromhex("0020000108 31323334FFFFFFFF"))
    '00 20 00 01 08 (8 octets masked)'
    >>> masked(bytes.fromhex("00A40004023F00"))
    '00 A4 00 04 02 3F 00'
    """
    start, size = _secret(command)
    if not size:
        return command.hex(" ").upper()
    shown = command[:start].hex(" ").upper()
    after = command[start + size :].hex(" ").upper()
    return f"{shown} ({size} octets masked) {after}".rstrip()


def without_secrets(command: bytes) -> bytes:
    """Returns a command of the same length, with 00 for each octet that is secret."""
    start, size = _secret(command)
    return command[:start] + bytes(size) + command[start + size :]


def _secret(command: bytes) -> tuple[int, int]:
    """Returns where the secret data field of a command begins, and its octets; 0 if it has none."""
    if len(command) <= 5 or not _is_secret(command):
        return 5, 0
    try:
        size = len(CommandApdu.parse(command).data)
    except DecodeError:
        size = len(command) - 5  # lengths that do not fit: all of it, to be sure
    start = 7 if command[4] == 0 and len(command) > 7 and size != len(command) - 5 else 5
    return start, size


def _is_secret(command: bytes) -> bool:
    """Returns whether the data field of a command has to be hidden."""
    cla, ins, p1 = command[0], command[1], command[2]
    body = command[7:] if command[4] == 0 else command[5:]
    if ins == Ins.ENVELOPE:
        return body[:1] == bytes((_SMS_PP_DOWNLOAD,)) or _has_lpae_pin(body)
    if ins == Ins.STORE_DATA and cla & 0x80:  # with another class it is APPEND RECORD
        # a block after the first, by its number in P2, begins with whatever octet comes there
        sets_keys = command[3] == 0 and body[:1] != b"" and body[0] in _KEY_TEMPLATES
        return p1 & _ENCODING != _CLEAR_TLV or sets_keys
    return ins in _SECRET


def _has_lpae_pin(body: bytes) -> bool:
    """Returns whether the data of an ENVELOPE are a command to an LPAe that may have its PIN."""
    if body[:1] != bytes((_TO_LPAE,)) or len(body) < 2:
        return False
    first = 2 + (body[1] & 0x7F if body[1] & 0x80 else 0)
    return body[first : first + 1] in _WITH_PIN


def is_secret(command: bytes) -> bool:
    """Returns whether a command has a data field that is hidden."""
    return bool(_secret(command)[1])
