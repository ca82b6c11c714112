"""What a card says of itself otherwise than its personality, in the words of a command line.

A target file has the same words in its table [card].
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from rspcore.errors import ConfigError
from rspcore.frozen import replace
from rspcore.messages.euicc_info import RspCapability, TreProperty, UiccCapability
from rspcore.messages.isdr import LpaeSupport
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.card_and_device import EuiccConfiguration
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.pki.variants import SERVER_VARIANTS, Variant
from rspsim.euicc.personality import Personality, with_mep

__all__ = ["CLAIMS", "claiming"]

T = TypeVar("T")

CLAIMS: Final = ("lpae", "tre", "mep", "esim_ports", "memory", "chain", "without")
"""The words: interfaces of an LPAe; bits of treProperties; modes of several enabled Profiles;
number of eSIM Ports; octets of memory; variant of the chain of version 3; bits it lacks."""

_MEP: Final = {mode.name: int(mode) for mode in MepMode if mode}
_LPAE: Final = {
    "cat": int(LpaeSupport.lpaeUsingCat),
    "scws": int(LpaeSupport.lpaeUsingScws),
    "e4e": int(EuiccConfiguration.lpaeUsingE4Esupported),
}
_PORTS: Final = 2
"""Number of eSIM Ports where modes alone are named."""


def claiming(kind: Personality, claims: Mapping[str, str]) -> Personality:
    """Returns a personality with what is claimed beside it; other keys are left aside.

    Args:
        kind: The personality.
        claims: Value by word of `CLAIMS`; several words in a value are separated by spaces.

    Raises:
        ConfigError: a value is not one of those the word takes, or the card cannot have it.
    """
    if "lpae" in claims:
        kind = replace(kind, lpae_support=frozenset(_words(claims, "lpae", _LPAE)))
    if "tre" in claims:
        bits = frozenset(_words(claims, "tre", TreProperty.__members__))
        kind = replace(kind, tre_properties=bits)
    if "mep" in claims:
        ports = _number(claims, "esim_ports", _PORTS)
        kind = with_mep(kind, tuple(_words(claims, "mep", _MEP)), ports)
    elif "esim_ports" in claims:
        raise ConfigError("esim_ports: expected mep with it, the modes of several Profiles")
    if "memory" in claims:
        kind = replace(kind, nvm_size=_number(claims, "memory", kind.nvm_size))
    if "chain" in claims:
        kind = replace(kind, chain=_chain(kind, claims["chain"]))
    if "without" in claims:
        kind = _lacking(kind, frozenset(claims["without"].split()))
    return kind


def _number(claims: Mapping[str, str], key: str, usual: int) -> int:
    text = claims.get(key, str(usual))
    if not (text.isascii() and text.isdecimal()):
        counted = "a number of octets" if key == "memory" else "a number"
        raise ConfigError(f"{key} = {text!r}: expected {counted}")
    return int(text)


def _chain(kind: Personality, name: str) -> Variant | None:
    """Returns the variant of the chain of version 3 that is claimed; None for "none".

    Raises:
        ConfigError: there is none of this name, or the card is one of version 2.
    """
    names = [str(one) for one in SERVER_VARIANTS]
    if name not in (*names, "none") or not kind.version_3:
        raise ConfigError(
            f"chain = {name!r}: expected {', '.join(names)} or none, on a card of version 3"
        )
    return None if name == "none" else Variant(name)


def _words(claims: Mapping[str, str], key: str, known: Mapping[str, T]) -> Iterator[T]:
    named = claims[key].split()
    if key == "mep" and not named:
        raise ConfigError(f"mep = {claims[key]!r}: expected {', '.join(known)}, or several")
    for name in named:
        if name not in known:
            raise ConfigError(f"{key} = {name!r}: expected {', '.join(known)}")
        yield known[name]


def _lacking(kind: Personality, names: frozenset[str]) -> Personality:
    capability = EuiccRspCapability if kind.version_3 else RspCapability
    known = {*capability.__members__, *UiccCapability.__members__}
    if unknown := sorted(names - known):
        raise ConfigError(
            f"without = {', '.join(unknown)}: expected bits of {capability.__name__} or "
            f"UICCCapability: {', '.join(sorted(known))}"
        )
    return replace(
        kind,
        rsp_capability=frozenset(b for b in kind.rsp_capability if capability(b).name not in names),
        uicc_capability=frozenset(
            b for b in kind.uicc_capability if UiccCapability(b).name not in names
        ),
        ts102241_version=None if "javacard" in names else kind.ts102241_version,
    )
