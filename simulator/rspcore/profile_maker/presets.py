"""The Profiles the eUICC test catalogue names, as parameters.

ICCIDs and names are the public ones where there are any; the ICCID of PROFILE_PROVISIONING1 and
every key are this project's own. IMSIs lie in the test network 001/01.
"""

from hashlib import sha256
from typing import Any, Final

from rspcore.drawn_codes import drawn_code, seed_of_codes
from rspcore.errors import LocalError
from rspcore.frozen import replace
from rspcore.ids import Iccid
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
    ProfileClass,
)
from rspcore.profile_maker.icons import png_icon
from rspcore.profile_maker.parameters import BUILT_IN_CODES, BUILT_IN_SECRETS, ProfileParameters

__all__ = [
    "BUILT_IN_SEED",
    "NOTIFICATION_ADDRESS",
    "PRESETS",
    "draw_secrets",
    "own_secret",
    "preset",
]

NOTIFICATION_ADDRESS: Final = "testsmdpplus1.example.com"

BUILT_IN_SEED: Final = "1"
"""The seed that stands for the secrets built in, which every version of this project has had."""
_OVER_THE_AIR: Final = ("kic", "kid", "dek")

_drawn: dict[str, bytes] = {}
"""Secrets in force in place of those built in, by their field; empty for the latter."""

_seeds: list[str] = [BUILT_IN_SEED]

_EVERY_EVENT: Final = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address=NOTIFICATION_ADDRESS,
    ),
)


def _operational(number: int, iccid: str, ppr: frozenset[int] | None = None) -> ProfileParameters:
    return ProfileParameters(
        iccid=Iccid.from_digits(iccid),
        imsi=f"00101012345678{number}",
        spn=f"SP Name {number}",
        profile_name=f"Operational Profile Name {number}",
        ppr=ppr,
        notification_configuration=_EVERY_EVENT,
        icon=png_icon(),
    )


PRESETS: Final[dict[str, ProfileParameters]] = {
    "PROFILE_OPERATIONAL1": _operational(1, "8929901012345678905"),
    "PROFILE_OPERATIONAL1.1": _operational(1, "8929901012345678905", frozenset({PprId.ppr2})),
    "PROFILE_OPERATIONAL2": _operational(2, "8929901023456789019"),
    "PROFILE_OPERATIONAL3": _operational(3, "8929901034567890125"),
    "PROFILE_OPERATIONAL4": _operational(4, "8929901045678901239", frozenset({PprId.ppr1})),
    "PROFILE_OPERATIONAL5": _operational(
        5, "8929901056789012345", frozenset({PprId.ppr1, PprId.ppr2})
    ),
    "PROFILE_OPERATIONAL5.1": _operational(
        5, "8929901056789012345", frozenset({PprId.ppr1, PprId.ppr2})
    ),
    "PROFILE_TEST1": ProfileParameters(
        iccid=Iccid.from_digits("89299010023456780024"),
        imsi="001010123456781",
        ki=bytes(range(16)),
        opc=bytes(16),
        spn="SP Name T1",
        profile_name="Test Profile Name 1",
        profile_class=ProfileClass.test,
        icon=png_icon((0x7A, 0x3E, 0x9D)),
    ),
    "PROFILE_PROVISIONING1": ProfileParameters(
        iccid=Iccid.from_digits("8929901067890123459"),
        imsi="001010123456786",
        spn="SP Name P1",
        profile_name="Provisioning Profile Name 1",
        profile_class=ProfileClass.provisioning,
        notification_configuration=_EVERY_EVENT,
        icon=png_icon((0x3C, 0x7A, 0x2B)),
    ),
}
"""Parameters by the catalogue's names; 1.1 and 5.1 share their ICCIDs with 1 and 5."""


def preset(name: str) -> ProfileParameters:
    """Returns the parameters of a Profile of the catalogue, for example "PROFILE_OPERATIONAL1".

    Raises:
        LocalError: no preset has that name; the message lists them.
    """
    try:
        made = PRESETS[name]
    except KeyError:
        known = ", ".join(PRESETS)
        raise LocalError(f"no profile {name!r}; known are {known}") from None
    changed: dict[str, Any] = {
        field: secret
        for field, secret in _drawn.items()
        if getattr(made, field) == BUILT_IN_SECRETS[field]
    }
    seed = seed_of_codes()
    for field, code in BUILT_IN_CODES.items():
        if seed is not None and getattr(made, field) == code:
            changed[field] = drawn_code(seed, field, 7 if field.startswith("pin") else 8)
    return replace(made, **changed) if changed else made


def draw_secrets(seed: str, *, over_the_air: bool = True) -> None:
    """Makes `preset` give Profiles whose secrets depend on a seed, from now on in this process.

    Test Profiles keep their key, which has to be one of those allowed to them.

    Args:
        seed: What they depend on; `BUILT_IN_SEED` for those built in.
        over_the_air: False leaves the keys of secured packets as they are, so that a later run with
            another seed can put a card back.
    """
    _drawn.clear()
    _seeds[:] = [seed]
    if seed == BUILT_IN_SEED:
        return
    for field in BUILT_IN_SECRETS:
        if over_the_air or field not in _OVER_THE_AIR:
            _drawn[field] = sha256(f"{seed}/{field}".encode()).digest()[:16]


def own_secret(name: str, size: int) -> bytes:
    """Returns a secret that depends on its name and on the seed in force (`draw_secrets`).

    Args:
        name: What it is, such as "SCP03 30 ENC".
        size: Its octets, at most 32.
    """
    return sha256(f"{_seeds[0]}/{name}".encode()).digest()[:size]
