"""The receiver of a TAR, its minimum security level and its keys (ETSI TS 102 226, 5 and 6).

Receivers are the security domains and the RFM instances of the enabled Profile; without one every
TAR is unknown. An RFM instance uses the keys of its security domain, the MNO-SD unless it names
another.
"""

from collections.abc import Callable, Sequence
from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.ota.algorithms import Algorithm
from rspcore.ota.packet import KeySet, SecurityParameters
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.profile_content.model import (
    KeyObject,
    ProfileContent,
    RemoteFileManagement,
    SecurityDomain,
)
from rspsim.euicc.state import Profile
from rspsim.euicc.uicc.ota.key_use import Protocol, keys_for

__all__ = [
    "ALGORITHM_FITS",
    "HELD_COUNTER",
    "LEVEL_REACHED",
    "RECEIVER",
    "SET_NAMED",
    "Receiver",
    "counter_of",
    "key_set",
    "with_counter",
    "with_domain",
]

_KIC, _KID, _DEK = 1, 2, 3
_AES_TYPE = 0x88


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a TAR names.

    Attributes:
        domain: Security domain whose keys secure the packet.
        files: RFM instance, or None when the domain itself receives.
        minimum: Lowest SPI1 accepted, or None.
    """

    domain: SecurityDomain
    files: RemoteFileManagement | None
    minimum: int | None


def _receiver_of(content: ProfileContent, tar: bytes) -> Receiver | None:
    """Returns the receiver of a TAR, or None when there is none."""
    domains = content.security_domains
    for domain in domains:
        if tar in domain.tars:
            return Receiver(domain, None, domain.minimum_security_level)
    for instance in content.remote_file_management:
        if tar in instance.tars:
            named = [d for d in domains if d.aid.octets == instance.security_domain]
            return Receiver((named or list(domains))[0], instance, instance.minimum_security_level)
    return None


RECEIVER: Final[Decision[Callable[[ProfileContent, bytes], Receiver | None]]] = Decision(
    "ota.receiver", _receiver_of, "receiver of a TAR"
)


def _level_reached(given: int, minimum: int | None) -> bool:
    """Returns whether SPI1 reaches the minimum in each of its three parts (TS 102 225, 5.1.1)."""
    if minimum is None:
        return True
    masks = (0x03, 0x04, 0x18)
    return all(given & mask >= minimum & mask for mask in masks)


LEVEL_REACHED: Final[Decision[Callable[[int, int | None], bool]]] = Decision(
    "ota.level_reached", _level_reached, "whether SPI1 reaches the minimum security level"
)


def _set_named(octets: Sequence[int]) -> int | None:
    """Returns the key set that KIc and KID name, None when they name two."""
    versions = {octet >> 4 for octet in octets}
    return versions.pop() if len(versions) == 1 else None


SET_NAMED: Final[Decision[Callable[[Sequence[int]], int | None]]] = Decision(
    "ota.set_named", _set_named, "key set that KIc and KID name"
)


def _fits(algorithm: int, key: KeyObject | None) -> bool:
    if key is None:
        return False
    aes = algorithm == Algorithm.AES
    return aes is (key.key_type == _AES_TYPE)


ALGORITHM_FITS: Final[Decision[Callable[[int, KeyObject | None], bool]]] = Decision(
    "ota.algorithm_fits", _fits, "whether a key is of the algorithm that KIc or KID names"
)


def key_set(
    domain: SecurityDomain, parameters: SecurityParameters, decisions: Decisions
) -> KeySet | None:
    """Returns the key set KIc and KID name, or None when they disagree or the keys do not fit."""
    wanted = [octet for octet in (parameters.kic, parameters.kid) if octet]
    version = decisions[SET_NAMED](wanted) if wanted else None
    if version is None:
        return None
    keys = keys_for(decisions, domain, Protocol.SCP80, version)
    fits = decisions[ALGORITHM_FITS]
    if parameters.ciphered and not fits(parameters.kic & 0xF, keys.get(_KIC)):
        return None
    if parameters.integrity == 2 and not fits(parameters.kid & 0xF, keys.get(_KID)):
        return None
    kic, kid, dek = (keys.get(identifier) for identifier in (_KIC, _KID, _DEK))
    return KeySet(
        version,
        kic.value if kic else b"",
        kid.value if kid else b"",
        dek.value if dek else b"",
        mac_length=kid.mac_length if kid else 8,
    )


def counter_of(domain: SecurityDomain, version: int) -> int:
    """Returns the SCP80 counter of a key set; 0 before its first packet."""
    return dict(domain.counters).get(version, 0)


HELD_COUNTER: Final[Decision[Callable[[SecurityDomain, int], int]]] = Decision(
    "ota.held_counter", counter_of, "counter that a packet of a key set has to exceed"
)


def with_counter(profile: Profile, domain: SecurityDomain, version: int, value: int) -> Profile:
    """Returns a Profile in which the counter of a key set has a new value."""
    counters = tuple(sorted({**dict(domain.counters), version: value}.items()))
    return with_domain(profile, replace(domain, counters=counters))


def with_domain(profile: Profile, changed: SecurityDomain) -> Profile:
    """Returns a Profile in which the security domain of the same AID is replaced."""
    domains = tuple(
        changed if one.aid == changed.aid else one for one in profile.content.security_domains
    )
    return replace(profile, content=replace(profile.content, security_domains=domains))
