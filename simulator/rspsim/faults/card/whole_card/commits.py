"""Faults of a card that writes in two pieces what belongs together; power may go in between."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.messages.es10c import ProfileState
from rspsim.euicc.commits import COMMITTED
from rspsim.euicc.profile_content.model import FileSystem
from rspsim.euicc.state import CardState
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]

Between = Callable[[CardState, CardState], CardState | None]
"""From the states before and after a command, the one written first; None where it is one piece."""


def _in_two(between: Between) -> Change:
    def committed(before: CardState, after: CardState) -> tuple[CardState, ...]:
        first = between(before, after)
        return (after,) if first is None else (first, after)

    return swap(COMMITTED, committed)


def _switched(before: CardState, after: CardState) -> CardState | None:
    """Disables the former Profile first, and enables the other one then."""
    former, now = before.enabled_profile, after.enabled_profile
    if former is None or now is None or former.aid == now.aid:
        return None
    return before.with_profile(replace(former, state=ProfileState.disabled))


def _noted_later(before: CardState, after: CardState) -> CardState | None:
    """Disables the Profile first, and notes it then."""
    disabled = before.enabled_profile is not None and after.enabled_profile is None
    if not disabled or len(before.profiles) != len(after.profiles):
        return None
    return replace(after, notifications=before.notifications)


def _one_deleted(before: CardState, after: CardState) -> CardState | None:
    """Deletes the Profile first, and notes it then."""
    if len(before.profiles) - len(after.profiles) != 1:
        return None
    return replace(after, notifications=before.notifications)


def _one_by_one(before: CardState, after: CardState) -> CardState | None:
    """Deletes the first of several Profiles, and the others then."""
    if len(before.profiles) - len(after.profiles) < 2:
        return None
    return replace(before, profiles=before.profiles[1:])


def _half_a_nickname(before: CardState, after: CardState) -> CardState | None:
    for one in after.profiles:
        held = before.profile_by_aid(one.aid)
        if held is not None and one.nickname and held.nickname != one.nickname:
            return after.with_profile(replace(one, nickname=one.nickname[: len(one.nickname) // 2]))
    return None


def _no_address(before: CardState, after: CardState) -> CardState | None:
    """Takes the old address away first, and writes the new one then."""
    if before.addresses.default_dp == after.addresses.default_dp:
        return None
    return replace(before, addresses=replace(before.addresses, default_dp=None))


def _result_later(before: CardState, after: CardState) -> CardState | None:
    """Installs the Profile first, and keeps its result then."""
    if len(after.profiles) <= len(before.profiles):
        return None
    return replace(after, notifications=before.notifications)


def _first_octet(before: CardState, after: CardState) -> CardState | None:
    """Writes one octet of a file, and the others then."""
    old, new = before.enabled_profile, after.enabled_profile
    if old is None or new is None or old.aid != new.aid:
        return None
    bodies = {one.path: one.body for one in old.content.files.files}
    for one in new.content.files.files:
        body = bodies.get(one.path)
        if body is None or body == one.body or len(body) != len(one.body):
            continue
        at = next(n for n in range(len(body)) if body[n] != one.body[n])
        torn = replace(one, body=body[:at] + one.body[at : at + 1] + body[at + 1 :])
        if torn.body == one.body:
            return None
        files = tuple(torn if f.path == one.path else f for f in new.content.files.files)
        content = replace(new.content, files=FileSystem(files))
        return after.with_profile(replace(new, content=content))
    return None


def _fault(name: str, summary: str, row: int, between: Between) -> CardFault:
    return CardFault(f"commits.{name}", summary, (f"procedure.PowerLoss#{row}",), _in_two(between))


FAULTS: Final = (
    _fault("enabling-in-two", "The former Profile is Disabled before.", 11, _switched),
    _fault("disabling-noted-later", "A Profile Disabled is noted later.", 12, _noted_later),
    _fault("deletion-noted-later", "A Profile deleted is noted later.", 13, _one_deleted),
    _fault("reset-one-by-one", "A memory reset deletes one Profile first.", 14, _one_by_one),
    _fault("nickname-in-two", "A nickname is written in two halves.", 15, _half_a_nickname),
    _fault("address-in-two", "An address is removed before the new one.", 16, _no_address),
    _fault("result-later", "A Profile is listed before its result is kept.", 17, _result_later),
    _fault("file-in-two", "A file is written octet by octet.", 18, _first_octet),
)
