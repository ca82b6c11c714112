"""The codes of the suites' Profiles: PINs, PUKs and keys of ADM, as commands carry them.

They are drawn from the seed of the run, one of each for every Profile, and PINs have seven digits,
so that the search for secrets finds them (`rspharness.card.known_secrets`).
"""

from rspcore.profile_maker import preset

__all__ = ["code", "octets_of"]

_ANY = "PROFILE_OPERATIONAL1"
_OCTETS = 8


def octets_of(name: str) -> bytes:
    """Returns the eight octets of a code: its digits, filled with FF.

    Args:
        name: Its field in `ProfileParameters`: pin1, pin2, puk1, puk2, adm1 or adm2.
    """
    digits: bytes = getattr(preset(_ANY), name)
    return digits.ljust(_OCTETS, b"\xff")


def code(name: str) -> str:
    """Returns the same in hexadecimal digits."""
    return octets_of(name).hex().upper()
