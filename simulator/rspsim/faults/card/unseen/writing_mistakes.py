"""Mistakes in the order of writing, which a power cut shows, from a second list."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspsim.euicc.commits import COMMITTED
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS", "NOT_CAUGHT"]

_CODE = 8
"""Octets of a PIN."""


def _in_two(between: Callable[[CardState, CardState], CardState | None]) -> Change:
    def committed(before: CardState, after: CardState) -> tuple[CardState, ...]:
        first = between(before, after)
        return (after,) if first is None or first == after else (first, after)

    return swap(COMMITTED, committed)


def _number_later(before: CardState, after: CardState) -> CardState | None:
    return replace(after, next_seq_number=before.next_seq_number)


def _names_first(before: CardState, after: CardState) -> CardState | None:
    for one in after.profiles:
        held = before.profile_by_aid(one.aid)
        if held is None or held.metadata == one.metadata:
            continue
        torn = replace(held.metadata, profile_name=one.metadata.profile_name)
        return after.with_profile(replace(one, metadata=torn))
    return None


def _both(before: CardState, after: CardState) -> tuple[Profile, Profile] | None:
    old, new = before.enabled_profile, after.enabled_profile
    return (old, new) if old is not None and new is not None and old.aid == new.aid else None


def _erased_first(before: CardState, after: CardState) -> CardState | None:
    same = _both(before, after)
    if same is None:
        return None
    values = {(p.context, p.reference): p.value for p in same[0].content.pins}
    for one in same[1].content.pins:
        if values.get((one.context, one.reference), one.value) != one.value:
            erased = replace(one, value=b"\xff" * _CODE)
            content = same[1].content.with_pin(erased)
            return after.with_profile(replace(same[1], content=content))
    return None


def _enlarged_first(before: CardState, after: CardState) -> CardState | None:
    same = _both(before, after)
    if same is None:
        return None
    old = {one.path: one.body for one in same[0].content.files.files}
    for one in same[1].content.files.files:
        held = old.get(one.path, one.body)
        if len(held) < len(one.body):
            zeros = replace(one, body=bytes(len(one.body)))
            content = same[1].content.with_file(zeros)
            return after.with_profile(replace(same[1], content=content))
    return None


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.68-number-later",
        "The number of the next Notification is written after the Notification.",
        ("procedure.PowerLoss#21",),
        _in_two(_number_later),
    ),
    CardFault(
        "unseen.69-names-first",
        "An update of metadata writes the Profile name first.",
        ("procedure.PowerLoss#20",),
        _in_two(_names_first),
    ),
    CardFault(
        "unseen.70-code-erased-first",
        "A new value of a PIN is written after the old one was erased.",
        ("procedure.PowerLoss#19",),
        _in_two(_erased_first),
    ),
    CardFault(
        "unseen.71-enlarged-first",
        "A larger file is written with zeros first.",
        ("UICC.ResizeFile#05",),
        _in_two(_enlarged_first),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = ()
