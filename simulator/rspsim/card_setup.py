"""The card that a command line asks for: credentials, personality, options, faults and store.

A card kept in a file has its EID, personality and keys already; a request for others is refused,
because it would be another card. Its options can be changed, and the change is kept.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspsim.card_claims import claiming
from rspsim.card_presets import CardPreset
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.options import Options
from rspsim.euicc.personality import personality_named
from rspsim.euicc.state import Addresses, CardState
from rspsim.euicc.store import Store
from rspsim.faults.registry import decisions_with
from rspsim.personalise import ROOT_DS_ADDRESS, personalise
from rspsim.pki_folder import read_pki

__all__ = [
    "PROFILE_OF_A_SIM",
    "USUAL_PERSONALITY",
    "CardRequest",
    "changed_options",
    "decided",
    "first_state",
    "kept_state",
]

USUAL_PERSONALITY: Final = "v2.5"
"""Personality of a card for which none is named."""


PROFILE_OF_A_SIM: Final = "PROFILE_OPERATIONAL1"
"""What is on a SIM that is no eUICC, where nothing else is asked for; nobody could load it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRequest:
    """What a command line asks of a card; None where it asks nothing.

    Attributes:
        pki: Folder of credentials.
        eid: The EID.
        personality: Name of a personality.
        options: "name=value" each.
        memory: Octets of non-volatile memory for Profiles.
        rat: Name of a rules authorisation table (`rspsim.personalise.RATS`).
        default_dp: Default SM-DP+ address, an FQDN.
        root_ds: Root SM-DS address, an FQDN.
        more_root_ds: Further root SM-DS addresses of a card of version 3.
        claims: What it says of itself otherwise than its personality (`card_claims.CLAIMS`).
        profiles: Profiles it is delivered with, by their names in the catalogue.
        enabled: The one of them that is Enabled; it need not be named among them.
    """

    pki: Path | None = None
    eid: Eid | None = None
    personality: str | None = None
    options: tuple[str, ...] = ()
    memory: int | None = None
    rat: str | None = None
    default_dp: str | None = None
    root_ds: str | None = None
    more_root_ds: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    profiles: tuple[str, ...] = ()
    enabled: str | None = None

    def with_preset(self, preset: CardPreset) -> "CardRequest":
        """Returns the request completed by a preset; what was asked before takes precedence."""
        return replace(
            self,
            personality=self.personality or preset.personality,
            options=(*preset.options, *self.options),
            memory=self.memory or preset.memory,
            claims={**preset.claims, **self.claims},
        )


def kept_state(store: Store, request: CardRequest) -> CardState:
    """Returns the state of the card in a store; an empty store gets a new card.

    Raises:
        ConfigError: the store's card is not the one requested, or a new one cannot be made.
        LocalError: an option is unknown or has no such value.
        StoreError: the store cannot be written.
    """
    kept = store.load()
    if kept is None:
        state = first_state(request)
    else:
        _require_same(kept, request)
        options = changed_options(kept.options, request.options)
        state = replace(
            kept, options=options, personality=replace(kept.personality, options=options)
        )
    if state != kept:
        store.commit(state)
    return state


def first_state(request: CardRequest, pki: Pki | None = None) -> CardState:
    """Personalises a new card and returns its state.

    Args:
        request: What the card has to be.
        pki: Credentials to use instead of those in the folder of the request.

    Raises:
        ConfigError: no such personality or table, or credentials are missing.
        LocalError: an option is unknown or has no such value, or no such Profile.
    """
    kind = personality_named(request.personality or USUAL_PERSONALITY)
    if request.memory is not None:
        kind = replace(kind, nvm_size=request.memory)
    kind = claiming(kind, request.claims)
    if request.more_root_ds and not kind.version_3:
        raise ConfigError(
            f"further root SM-DS addresses: expected a card of version 3, got {kind.name}"
        )
    options = changed_options(kind.options, request.options)
    state = personalise(
        pki or read_pki(request.pki),
        eid=request.eid,
        personality=kind,
        options=options,
        rat=request.rat or "any-operator",
        addresses=Addresses(
            root_ds=request.root_ds or ROOT_DS_ADDRESS,
            default_dp=request.default_dp,
            more_root_ds=request.more_root_ds,
        ),
    )
    chosen = request.enabled
    if not kind.isdr:
        chosen = chosen or next(iter(request.profiles), PROFILE_OF_A_SIM)
    more = () if chosen is None or chosen in request.profiles else (chosen,)
    wanted = (*request.profiles, *more)
    if not wanted:
        return state
    from rspcore.profile_maker import make_profile  # noqa: PLC0415  most cards begin without
    from rspcore.profile_maker import preset as profile_preset  # noqa: PLC0415  likewise
    from rspsim.preloaded_profiles import with_preloaded  # noqa: PLC0415  likewise

    for name in wanted:
        made = make_profile(profile_preset(name))
        state = with_preloaded(state, made, enabled=name == chosen)
    return state


def changed_options(options: Options, given: Iterable[str]) -> Options:
    """Returns options with the given ones set.

    Args:
        options: The options so far.
        given: "name=value" each; `-` and `_` are the same in a name.

    Raises:
        LocalError: no such option, or no such value; the message lists those that exist.
    """
    named = list(given)
    if not named:
        return options
    from rspsim.stores.coders import field_types  # noqa: PLC0415  only where one is named

    types = field_types(Options)
    changes: dict[str, Any] = {}
    for one in named:
        name, equals, text = one.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in types:
            known = ", ".join(field.name for field in fields(Options))
            raise LocalError(f"option {one!r}: expected NAME=VALUE, with a name of {known}")
        changes[name] = _value(name, types[name], text.strip())
    return replace(options, **changes)


def decided(kind: CardPreset, names: Sequence[str]) -> Decisions:
    """Returns the decisions of a card of this kind with further faults.

    Raises:
        LocalError: no such fault.
    """
    return kind.changed(decisions_with([*kind.faults, *names]))


def _value(name: str, kind: type, text: str) -> object:
    if kind is bool:
        words = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
        if text.lower() in words:
            return words[text.lower()]
        expected = "yes or no"
    elif kind is int:
        if text.isascii() and text.isdecimal():
            return int(text)
        expected = "a number"
    elif issubclass(kind, enum.Enum):
        for member in kind:
            if member.value == text:
                return member
        expected = " or ".join(str(member.value) for member in kind)
    else:
        raise LocalError(f"option {name}: cannot be set from the command line")
    raise LocalError(f"option {name}={text}: expected {expected}")


def _require_same(kept: CardState, request: CardRequest) -> None:
    """Refuses a request for another card than the one that is kept.

    Raises:
        ConfigError: EID, personality, memory or credentials differ.
    """
    if request.eid is not None and request.eid != kept.eid:
        raise ConfigError(f"the state file holds the card with EID {kept.eid}, not {request.eid}")
    if request.personality is not None and request.personality != kept.personality.name:
        raise ConfigError(
            f"the state file holds a card {kept.personality.name}, not {request.personality}; "
            "name another file for another card"
        )
    if request.memory is not None and request.memory != kept.personality.nvm_size:
        raise ConfigError(
            f"the state file holds a card with {kept.personality.nvm_size:,} octets of memory, not "
            f"{request.memory:,}; name another file for another card"
        )
    first = {
        "RAT": request.rat,
        "default SM-DP+ address": request.default_dp,
        "root SM-DS address": request.root_ds or request.more_root_ds,
        "Profiles": request.profiles or request.enabled,
        **{name.replace("_", " "): value for name, value in request.claims.items()},
    }
    if asked := [name for name, value in first.items() if value]:
        raise ConfigError(
            f"the state file holds a card already, and {' and '.join(asked)} are chosen for a new "
            "one; name another file, or change them by the LPA"
        )
    if request.pki is not None:
        given = {c.ci_pkid for c in first_state(CardRequest(pki=request.pki)).credentials}
        held = {c.ci_pkid for c in kept.credentials}
        if given != held:
            raise ConfigError(
                f"the state file holds a card under other CIs than {request.pki}; "
                "leave --pki out, or name another file for another card"
            )
