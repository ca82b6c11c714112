"""The lists of `rsplab card`: faults, variations, options, presets, habits; and a state file."""

from collections.abc import Iterable
from dataclasses import fields
from enum import Enum
from pathlib import Path

from rspcore.errors import ConfigError
from rspcore.messages.metadata import ProfileClass
from rspsim.card_presets import PRESETS, USUAL, preset_named
from rspsim.card_setup import USUAL_PERSONALITY, changed_options
from rspsim.euicc.options import Options
from rspsim.euicc.personality import personality_named
from rspsim.euicc.state import CardState
from rspsim.faults.registry import card_faults, hostile_cards
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.modem.at_modem import HABITS
from rspsim.variations import VARIATIONS

__all__ = [
    "print_faults",
    "print_habits",
    "print_info",
    "print_options",
    "print_presets",
    "print_variations",
    "summary",
]


def print_faults() -> int:
    """Print every fault and hostile card with its summary and return 0."""
    for fault in card_faults():
        print(f"{fault.name:<44} {fault.summary}")
    for card in hostile_cards():
        print(f"{card.name:<44} {card.summary}")
    return 0


def print_variations() -> int:
    """Prints every legal variation with what makes it legal and returns 0."""
    for one in VARIATIONS:
        print(f"{one.name:<44} {one.summary}")
        print(f"{'':<44}   {one.legal_by}")
    return 0


def print_habits() -> int:
    """Prints every habit of a simulated modem with what it does and returns 0."""
    for name, does in HABITS.items():
        print(f"{name:<22} {does}")
    return 0


def print_presets() -> int:
    """Prints every preset with what it is made of and returns 0."""
    for one in PRESETS:
        print(f"{one.name:<22} {one.summary}")
        parts = [one.personality or "", *one.options, *one.variations, *one.faults]
        if one.memory is not None:
            parts.append(f"{one.memory:,} octets of memory")
        if one.isdr_aid:
            parts.append(f"ISD-R {one.isdr_aid.hex().upper()}")
        parts += [f"{tag:X} {delay} ms" for tag, delay in one.delays_ms.items() if tag]
        print(f"{'':<22}   {', '.join(part for part in parts if part)}")
    return 0


def print_options(personality: str | None = None, preset: str | None = None) -> int:
    """Prints every option with its value and returns 0.

    Args:
        personality: Personality whose values are shown; that of the preset, or the usual one, when
            None.
        preset: Kind of card whose values are shown.

    Raises:
        ConfigError: there is no such personality.
        LocalError: there is no such preset.
    """
    kind = preset_named(USUAL if preset is None else preset)
    named = personality or kind.personality or USUAL_PERSONALITY
    standard = changed_options(personality_named(named).options, kind.options)
    for field in fields(Options):
        value = getattr(standard, field.name)
        text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        kinds = type(value)
        others = [str(one.value) for one in kinds] if issubclass(kinds, Enum) else []
        print(f"{field.name:<38} {text:<22} {' | '.join(others)}".rstrip())
    return 0


def print_info(path: Path) -> int:
    """Prints what a state file contains and returns 0.

    Raises:
        ConfigError: there is no such file, or no card in it.
        StoreError: the file cannot be read, or a card is using it.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such file; `rsplab card serve --state {path}` makes one")
    with SqliteStore(path) as store:
        state = store.load()
    if state is None:
        raise ConfigError(
            f"{path}: no card in it yet; `rsplab card serve --state {path}` makes one"
        )
    print("\n".join(summary(state)))
    return 0


def summary(state: CardState) -> Iterable[str]:
    """Yields the lines that summarise a card, without any key."""
    personality = state.personality
    used = sum(profile.size for profile in state.profiles)
    yield f"EID            {state.eid}"
    yield f"personality    {personality.name}, SGP.22 {personality.svn}"
    for credential in state.credentials:
        role = "signs and verifies" if credential.signs else "verifies"
        yield f"CI             {credential.ci_pkid.hex().upper()} ({credential.curve}, {role})"
    yield f"default SM-DP+ {state.addresses.default_dp or 'none'}"
    yield f"root SM-DS     {state.addresses.root_ds}"
    yield f"memory         {used} of {personality.nvm_size} octets in use"
    yield f"profiles       {len(state.profiles)}"
    for profile in state.profiles:
        status = "enabled" if profile.enabled else "disabled"
        kind = ProfileClass(profile.profile_class).name
        name = profile.nickname or profile.metadata.profile_name
        yield f"  {profile.iccid!s:<20} {status:<8} {kind:<12} {profile.size:>7} octets  {name}"
    numbers = [str(one.seq_number) for one in state.notifications]
    yield f"notifications  {', '.join(numbers) or 'none'} (next is {state.next_seq_number})"
    usual = personality_named(personality.name).options
    changed = [
        f"{field.name}={getattr(state.options, field.name)}"
        for field in fields(Options)
        if getattr(state.options, field.name) != getattr(usual, field.name)
    ]
    yield f"options        {', '.join(changed) or 'as in the personality'}"
