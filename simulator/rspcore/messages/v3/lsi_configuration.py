"""MANAGE LSI (configure): what terminal and card agree on about eSIM Ports.

An eSIM Port is a logical secure interface (LSI). Request and answer are data objects one after
another, without one around them. Source: ETSI TS 102 221, 11.1.23; SGP.22 v3.1, 3.4.1.
"""

from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import Final, Self

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = [
    "LsiConfiguration",
    "LsiFunction",
    "LsiOption",
    "MepMode",
    "assigned_lsi",
    "jointly",
    "lsi_atr",
]

_HIGHEST, _OPTIONS, _MODES, _PORTS = 0x80, 0x81, 0x90, 0x91
_NOT_ASSIGNED: Final = b"\xff"


class LsiFunction(IntEnum):
    """P1 of MANAGE LSI."""

    SELECT = 0x00
    RESET = 0x01
    ASSIGN_SWP = 0x02
    RETRIEVE_SWP = 0x03
    CONFIGURE = 0x04


class LsiOption(IntFlag):
    """The bits of the options (81)."""

    NAD = 0x01
    """The NAD of T=1 carries the number of the LSI."""


class MepMode(IntEnum):
    """The ways of several enabled Profiles (SGP.22 v3.1, 2.12)."""

    NONE = 0
    A1 = 1
    """ISD-R on port 0 alone, which has no Profile; the LPA chooses the port."""
    A2 = 2
    """As A1, but the eUICC chooses the port."""
    B = 3
    """ISD-R on any port; a Profile is enabled on the port of the command."""

    @property
    def first_port(self) -> int:
        """Returns the lowest port that may have a Profile."""
        return 1 if self in (MepMode.A1, MepMode.A2) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LsiConfiguration:
    """The data of MANAGE LSI (configure), as a terminal proposes it and a card answers.

    Attributes:
        highest: Highest number of an LSI, 0 to 31.
        options: Bits of LsiOption; None to leave them out.
        modes: MepMode values, one octet each: in a request those of the device, in the order of its
            preference; in an answer the one agreed on, 0 for none, and then all that the card has.
            None to leave them out.
        ports: How many LSIs may have a Profile enabled; None to leave it out.
    """

    highest: int
    options: int | None = None
    modes: tuple[int, ...] | None = None
    ports: int | None = None

    def encode(self) -> bytes:
        """Returns the data objects, in the order of their tags."""
        parts = [tlv.encode(_HIGHEST, bytes((self.highest,)))]
        if self.options is not None:
            parts.append(tlv.encode(_OPTIONS, bytes((self.options,))))
        if self.modes is not None:
            parts.append(tlv.encode(_MODES, bytes(self.modes)))
        if self.ports is not None:
            parts.append(tlv.encode(_PORTS, bytes((self.ports,))))
        return b"".join(parts)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Reads the data objects; unknown ones are left aside.

        Raises:
            DecodeError: no highest number (80), or an object that is not as long as it has to be.
        """
        found: dict[int, bytes] = {}
        for one in tlv.iterate(octets):
            found.setdefault(one.tag, bytes(one.value))
        highest = _octet(found, _HIGHEST)
        if highest is None:
            raise DecodeError("MANAGE LSI: expected the highest number (80)", tag=_HIGHEST)
        modes = found.get(_MODES)
        return cls(
            highest=highest,
            options=_octet(found, _OPTIONS),
            modes=None if modes is None else tuple(modes),
            ports=_octet(found, _PORTS),
        )

    @property
    def agreed(self) -> int:
        """Returns the first mode: in an answer the one agreed on, 0 for none."""
        return self.modes[0] if self.modes else MepMode.NONE


def _octet(found: dict[int, bytes], tag: int) -> int | None:
    value = found.get(tag)
    if value is None:
        return None
    if len(value) != 1:
        raise DecodeError(f"{tag:02X}: expected one octet, got {len(value)}", tag=tag)
    return value[0]


def lsi_atr(atr: bytes) -> bytes:
    """Returns the answer to MANAGE LSI (reset): the ATR in 80."""
    return tlv.encode(_HIGHEST, atr)


def assigned_lsi(number: int | None) -> bytes:
    """Returns which LSI has the single wire interface: 80 and its number, FF for none."""
    return tlv.encode(_HIGHEST, _NOT_ASSIGNED if number is None else bytes((number,)))


def jointly(preferred: Iterable[int], known: Iterable[int]) -> int:
    """Returns the first mode of a device that a card has, 0 for none."""
    have = frozenset(known)
    return next((mode for mode in preferred if mode and mode in have), MepMode.NONE)
