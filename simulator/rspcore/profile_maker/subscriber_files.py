"""What a user meets in a Profile: own number, contacts, and a menu of the toolkit.

Source: 3GPP TS 31.102, 4.2.26 (EF.MSISDN), 4.4.2.1 (EF.PBR), 4.4.2.3 (EF.ADN).
"""

import re
from typing import Final

from rspcore.errors import LocalError
from rspcore.tlv import encode

__all__ = [
    "MENU_CLASS",
    "contact_records",
    "dialling_number",
    "menu_parameters",
    "phonebook_reference",
]

MENU_CLASS: Final = bytes.fromhex("F05253504C41424D454E55")
"""Class AID of the menu application of the simulated card."""

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,20}\Z")
_NUMBER_OCTETS: Final = 10
_INTERNATIONAL, _UNKNOWN = 0x91, 0x81
_NAME_OCTETS: Final = 16
_DIGITS: Final = str.maketrans("*#", "AB")
_KINDS: Final = {"show": 0, "send": 1, "locate": 2}
_MOST_OCTETS: Final = 127
_EF_ADN: Final = bytes.fromhex("4F58")


def dialling_number(name: str, number: str, *, name_octets: int) -> bytes:
    """Returns a record of EF.ADN or EF.MSISDN: name, length, type, digits; no further record.

    Args:
        name: Alpha identifier; empty for none.
        number: At most 20 digits, * or #; a + before them says that it is international.
        name_octets: Octets of the alpha identifier; a name that is longer is cut.

    Raises:
        LocalError: the number has other characters, or too many.
    """
    if not _NUMBER.match(number):
        raise LocalError(f"number {number!r}: expected at most 20 digits, perhaps + before them")
    digits = number.removeprefix("+").translate(_DIGITS)
    kind = _INTERNATIONAL if number.startswith("+") else _UNKNOWN
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    octets = bytes.fromhex(swapped)
    return (
        _alpha(name, name_octets)
        + bytes((1 + len(octets), kind))
        + octets.ljust(_NUMBER_OCTETS, b"\xff")
        + b"\xff\xff"
    )


def _alpha(name: str, most: int) -> bytes:
    """Returns an alpha identifier (TS 102 221, annex A): letters and digits, else UCS2."""
    if name.isascii():
        return name.encode("ascii")[:most].ljust(most, b"\xff")
    ucs2 = name.encode("utf-16-be")[: (most - 1) // 2 * 2]
    return (b"\x80" + ucs2).ljust(most, b"\xff")


def contact_records(contacts: tuple[tuple[str, str], ...]) -> tuple[bytes, ...]:
    """Returns the records of EF.ADN, 30 octets each.

    Raises:
        LocalError: a number has other characters, or too many.
    """
    return tuple(
        dialling_number(name, number, name_octets=_NAME_OCTETS) for name, number in contacts
    )


def phonebook_reference() -> bytes:
    """Returns the record of EF.PBR that names EF.ADN as a file of type 1."""
    return encode(0xA8, encode(0xC0, _EF_ADN))


def menu_parameters(title: str, items: tuple[tuple[str, str], ...]) -> bytes:
    """Returns the install parameters of the menu application.

    Args:
        title: Title of the menu.
        items: Text of each item, and what it does: "show:TEXT", "send:NUMBER:TEXT" or
            "locate:TEXT".

    Raises:
        LocalError: an item does something else, or a text is too long.
    """
    content = encode(0x85, _short(title))
    for number, (text, action) in enumerate(items, 1):
        kind, _, argument = action.partition(":")
        if kind not in _KINDS:
            raise LocalError(
                f"menu item {text!r} does {action!r}: expected show:TEXT, send:NUMBER:TEXT "
                "or locate:TEXT"
            )
        content += encode(
            0xA5,
            encode(0x8F, bytes((number,)) + _short(text)),
            encode(0x80, bytes((_KINDS[kind],))),
            encode(0x8D, _short(argument)),
        )
    return content


def _short(text: str) -> bytes:
    octets = text.encode("ascii", "replace")
    if len(octets) > _MOST_OCTETS:
        raise LocalError(f"menu text of {len(octets)} octets: expected at most {_MOST_OCTETS}")
    return octets
