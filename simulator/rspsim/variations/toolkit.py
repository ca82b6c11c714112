"""Variations of REFRESH, and of when an interface is there."""

from typing import Final

from rspcore import tlv
from rspsim.euicc import cat
from rspsim.variations.variation import Variation, swap

__all__ = ["VARIATIONS"]


def _refresh(number: int, qualifier: int, *more: bytes) -> bytes:
    whole = tlv.parse(cat.REFRESH_COMMAND.standard(number, qualifier))
    return tlv.encode(whole.tag, whole.value, *more)


def _named(number: int, qualifier: int) -> bytes:
    return _refresh(number, qualifier, tlv.encode(0x85, b"Please wait"))


def _with_icon(number: int, qualifier: int) -> bytes:
    return _refresh(number, qualifier, tlv.encode(0x85, b"eSIM"), bytes.fromhex("1E020101"))


def _numbered_high(number: int, qualifier: int) -> bytes:
    return _refresh(0x80 | number & 0x7E or 0x80, qualifier)


VARIATIONS: Final = (
    Variation(
        name="toolkit.refresh-with-text",
        summary="REFRESH has an alpha identifier.",
        legal_by="TS 102 223, 6.6.13: optional",
        octets="85 in D0",
        change=swap(cat.REFRESH_COMMAND, _named),
    ),
    Variation(
        name="toolkit.refresh-with-icon",
        summary="REFRESH has an alpha identifier and an icon.",
        legal_by="TS 102 223, 6.6.13: optional",
        octets="85 and 1E in D0",
        change=swap(cat.REFRESH_COMMAND, _with_icon),
    ),
    Variation(
        name="toolkit.refresh-numbered-high",
        summary="REFRESH has a command number from 80 to FE.",
        legal_by="TS 102 223, 6.5.1 and 8.6: 01 to FE",
        octets="81 in D0",
        change=swap(cat.REFRESH_COMMAND, _numbered_high),
    ),
    Variation(
        name="toolkit.refresh-state-change",
        summary="REFRESH has the qualifier 09 where the terminal knows it.",
        legal_by="SGP.22, 3.2; TS 102 223, 8.6",
        octets="81 in D0",
        options=("refresh-mode=profile-state-change",),
    ),
    Variation(
        name="toolkit.capability-needed",
        summary="SELECT of the ISD-R is answered 6A82 until TERMINAL CAPABILITY was sent.",
        legal_by="SGP.22, 3.4.2; TS 102 221, 11.1.19",
        octets="status word of SELECT",
        options=("terminal-capability-enforced=yes", "terminal-capability-refuses-select=yes"),
    ),
    Variation(
        name="toolkit.capability-needed-for-functions",
        summary="Functions are answered 6985 until TERMINAL CAPABILITY announced their interface.",
        legal_by="SGP.22, 3.4.2",
        octets="status word of STORE DATA",
        options=("terminal-capability-enforced=yes",),
    ),
)
