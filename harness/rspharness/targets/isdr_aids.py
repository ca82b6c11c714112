"""AIDs under which the ISD-R of a card is found: the standard one, and those seen in the field."""

from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Aid
from rspcore.tags import ISDR_AID

__all__ = ["ISDR_AIDS", "parse_aid"]

ISDR_AIDS: Final = (
    ISDR_AID,
    *(
        Aid.from_hex(one)
        for one in (
            "A0000005591010FFFFFFFF8900000177",
            "A0000005591010FFFFFFFF8900050500",
            "A0000005591010000000008900000300",
            "A000000559104C696E6B736669656C64",
            "A06573746B6D65FFFF4953442D522030",
            "A06573746B6D65FFFF4953442D522031",
            "A06573746B6D65FFFFFFFF4953442D52",
        )
    ),
)
"""The AIDs, in the order in which they are tried."""


def parse_aid(text: str) -> Aid | None:
    """Returns the AID of --isdr-aid, None for an empty text.

    Raises:
        LocalError: it is none.
    """
    if not text:
        return None
    try:
        return Aid.from_hex(text)
    except (ValueError, DecodeError) as error:
        raise LocalError(
            f"--isdr-aid {text!r}: expected 5 to 16 octets in hexadecimal digits"
        ) from error
