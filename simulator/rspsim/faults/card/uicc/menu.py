"""Faults of the menu of a Profile, and of what its items start."""

from collections.abc import Callable
from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspsim.euicc import startup
from rspsim.euicc.state import CardState, Cat, Profile, Volatile
from rspsim.euicc.uicc import toolkit
from rspsim.euicc.uicc.toolkit import MenuItem, Offer
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]

Items = tuple[MenuItem, ...]
_SET_UP_MENU, _DISPLAY_TEXT = 0x25, 0x21


def _without_numbers(items: Items) -> Items:
    return tuple(replace(item, identifier=1) for item in items)


def _kinds(change: Callable[[bytes, int], bool]) -> Change:
    return swap(toolkit.ANNOUNCED_KIND, change)


def _any_menu(profile: bytes, kind: int) -> bool:
    return kind == _SET_UP_MENU or toolkit.ANNOUNCED_KIND.standard(profile, kind)


def _any_text(profile: bytes, kind: int) -> bool:
    return kind == _DISPLAY_TEXT or toolkit.ANNOUNCED_KIND.standard(profile, kind)


def _reversed(items: Items) -> Items:
    """Lists the items from the last to the first."""
    return items[::-1]


def _by_place(items: Items, identifier: int) -> MenuItem | None:
    """Finds an item one place too far on."""
    return items[identifier % len(items)] if identifier <= len(items) else None


def _first_for_others(items: Items, identifier: int) -> MenuItem | None:
    return toolkit.FOUND.standard(items, identifier) or items[0]


def _first_alone(item: MenuItem) -> tuple[Offer, ...]:
    return toolkit.STARTED.standard(item)[:1]


def _kept_queue(before: Volatile, /) -> Volatile:
    """Keeps over a reset what the terminal announced, and an item's command on offer."""
    forgotten = startup.FORGOTTEN.standard(before)
    chosen = before.cat.command is not None and before.cat.command[3:].find(b"\x21\x80") >= 0
    if not chosen:
        return forgotten
    return replace(forgotten, cat=Cat(terminal_profile=before.cat.terminal_profile))


def _any_profile(state: CardState) -> Profile | None:
    """Returns the first Profile of the card with a menu."""
    for one in state.profiles:
        if any(app.module == toolkit.MENU_CLASS for app in one.content.applications):
            return one
    return state.enabled_profile


def _second_by_default(envelope: bytes) -> int | None:
    """Takes a selection without an item for that of the second one."""
    return toolkit.CHOSEN.standard(envelope) or 2


def _cut_taken(envelope: bytes) -> int | None:
    """Takes what can be read of a selection that is cut."""
    try:
        return toolkit.CHOSEN.standard(envelope)
    except DecodeError:
        return 2


def _fault(name: str, summary: str, change: Change, *numbers: str) -> CardFault:
    return CardFault(f"menu.{name}", summary, tuple(f"UICC.Menu#{n}" for n in numbers), change)


FAULTS: Final = (
    _fault(
        "one-identifier",
        "Every item of the menu has the identifier 1.",
        swap(toolkit.LISTED, _without_numbers),
        "01",
        "03",
    ),
    _fault(
        "unannounced",
        "The menu is offered to a terminal that has none.",
        _kinds(_any_menu),
        "02",
    ),
    _fault("reversed", "The items are listed backward.", swap(toolkit.LISTED, _reversed), "03"),
    _fault(
        "next-item",
        "The item after the one chosen is started.",
        swap(toolkit.FOUND, _by_place),
        "04",
    ),
    _fault(
        "first-command-alone",
        "Of an item with two commands the first alone is offered.",
        swap(toolkit.STARTED, _first_alone),
        "05",
    ),
    _fault(
        "unknown-is-first",
        "An identifier of no item starts the first one.",
        swap(toolkit.FOUND, _first_for_others),
        "06",
    ),
    _fault(
        "text-unannounced",
        "DISPLAY TEXT is offered to a terminal that has none.",
        _kinds(_any_text),
        "08",
    ),
    _fault(
        "profile-kept",
        "A reset leaves what the terminal announced, so that an item starts before it does again.",
        swap(startup.FORGOTTEN, _kept_queue),
        "09",
    ),
    _fault(
        "of-any-profile",
        "The menu is that of the first Profile that has one, Enabled or not.",
        swap(toolkit.OWNER, _any_profile),
        "10",
    ),
    _fault(
        "second-by-default",
        "A selection without an item starts the second one.",
        swap(toolkit.CHOSEN, _second_by_default),
        "11",
    ),
    _fault(
        "cut-selection",
        "A selection that is cut starts the second item.",
        swap(toolkit.CHOSEN, _cut_taken),
        "11",
    ),
)
