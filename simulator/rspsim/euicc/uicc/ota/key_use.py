"""Which keys of a security domain may secure what: version ranges, usage, protocols declared.

A package says of each key what it is for, and of a domain which secure channel protocols it was
installed with (install parameters C9, tag 81). A key set serves a protocol only where all of that
agrees: 01 to 0F are for SCP80, 30 to 3F for SCP03, and a key that is not for ciphering ciphers
nothing (GlobalPlatform UICC Configuration, 6.1 and 7; Card Specification, table 11-17).
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.profile_content.model import KeyObject, SecurityDomain

__all__ = [
    "PROTOCOLS",
    "USABLE",
    "USUAL_USAGE",
    "VERSIONS",
    "Protocol",
    "declared",
    "keys_for",
    "takes",
]

_CIPHER, _CHECKSUM, _DATA_KEYS = 1, 2, 3
_SECURE_CHANNEL = 0x81
_COMMAND, _CONFIDENTIALITY, _INTEGRITY = 0x10, 0x08, 0x04


class Protocol(IntEnum):
    """The secure channel protocols of a UICC, by their identifier."""

    SCP03 = 0x03
    SCP80 = 0x80
    SCP81 = 0x81


_NEEDED: Final[Mapping[int, int]] = {
    _CIPHER: _COMMAND | _CONFIDENTIALITY,
    _CHECKSUM: _COMMAND | _INTEGRITY,
    _DATA_KEYS: _CONFIDENTIALITY,
}
"""Bits of the usage qualifier that a key of this identifier has to have."""

USUAL_USAGE: Final[Mapping[int, bytes]] = {
    _CIPHER: b"\x38",
    _CHECKSUM: b"\x34",
    _DATA_KEYS: b"\xc8",
}
"""Usage of the keys of a set that PUT KEY brings without saying what they are for."""


def _usable(key: KeyObject) -> bool:
    """Returns whether the usage qualifier allows what the identifier of a key stands for."""
    needed = _NEEDED.get(key.identifier, 0)
    return bool(key.usage) and key.usage[0] & needed == needed


def declared(domain: SecurityDomain) -> tuple[bytes, ...]:
    """Returns each protocol that the install parameters name: its identifier, then its options."""
    try:
        members = tuple(tlv.iterate(domain.parameters))
    except DecodeError:
        return ()
    return tuple(bytes(one.value) for one in members if one.tag == _SECURE_CHANNEL and one.value)


def _protocols(domain: SecurityDomain) -> frozenset[int] | None:
    """Returns the protocols a domain was installed with, None when it names none."""
    return frozenset(value[0] for value in declared(domain)) or None


USABLE: Final[Decision[Callable[[KeyObject], bool]]] = Decision(
    "keys.usable", _usable, "whether the usage of a key allows what its identifier stands for"
)
PROTOCOLS: Final[Decision[Callable[[SecurityDomain], frozenset[int] | None]]] = Decision(
    "keys.protocols", _protocols, "protocols a security domain was installed with"
)
VERSIONS: Final[Decision[Mapping[int, range]]] = Decision(
    "keys.versions",
    {
        Protocol.SCP03: range(0x30, 0x40),
        Protocol.SCP80: range(0x01, 0x10),
        Protocol.SCP81: range(0x40, 0x50),
    },
    "versions of key sets that a protocol takes",
)


def takes(decisions: Decisions, domain: SecurityDomain, protocol: Protocol) -> bool:
    """Returns whether a domain may be reached by a protocol; one that names none takes all."""
    named = decisions[PROTOCOLS](domain)
    return named is None or protocol in named


def keys_for(
    decisions: Decisions, domain: SecurityDomain, protocol: Protocol, version: int
) -> dict[int, KeyObject]:
    """Returns the keys of a version by identifier; none when they are not for the protocol.

    A key whose usage does not allow what its identifier stands for is left out.
    """
    if version not in decisions[VERSIONS][protocol] or not takes(decisions, domain, protocol):
        return {}
    held = [key for key in domain.keys if key.version == version]
    return {key.identifier: key for key in held if decisions[USABLE](key)}
