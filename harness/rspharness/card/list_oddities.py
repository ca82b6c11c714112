"""What is wrong with lists whose entries can be read: states, doubles and numbers.

Each is a matter of one requirement, whatever is aboard a card, so that the preflight looks for it
in the lists that it reads anyway.

Sources: SGP.22 v2, 2.4 (at most one Profile is Enabled), 3.5 (one counter, which never goes back),
5.7.9, 5.7.15; the eSIM Ports of v3.1, 2.12.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.es10c import ProfileState
from rspcore.messages.notifications import NotificationMetadata
from rspcore.tags import Tag
from rspharness.card.listed import ListedNotification, ListedProfile

__all__ = ["STATES_ROW", "number_problem", "profile_problems", "unread"]

STATES_ROW: Final = "ES10c.GetProfilesInfo#37"
"""The requirement that owns profileState."""
_NUMBERS_ROW: Final = "ES10b.ListNotification#12"
_UNREAD_ROW: Final = "ES10b.ListNotification#01"
_STATES: Final = (ProfileState.disabled, ProfileState.enabled, None)
"""None where a Profile is listed without its state."""


def profile_problems(listed: Sequence[ListedProfile], row: str) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with a list of Profiles, each with the requirement that owns it.

    Args:
        listed: Its entries.
        row: The requirement that owns the list as such.
    """
    names = [one.iccid for one in listed if one.iccid is not None]
    names_of_domains = [one.isdp_aid for one in listed if one.isdp_aid is not None]
    for what, count in (*Counter(names).items(), *Counter(names_of_domains).items()):
        if count > 1:
            yield f"{what} is listed {count} times", row
    for one in listed:
        if one.profile_state not in _STATES:
            state = one.profile_state
            yield f"profileState {state} of {one.iccid}; expected 0 or 1", STATES_ROW
    enabled = [one for one in listed if one.profile_state == ProfileState.enabled]
    if len(enabled) > 1 and not any(map(_on_a_port, enabled)):
        shown = ", ".join(str(one.iccid) for one in enabled)
        yield f"{len(enabled)} Profiles Enabled ({shown}); expected at most one", STATES_ROW


def _on_a_port(one: ListedProfile) -> bool:
    """Returns whether an entry names an eSIM Port, as those of a card with several do."""
    try:
        return tlv.parse(one.raw).find(Tag.EnabledOnEsimPort) is not None
    except DecodeError:
        return False


def unread(one: ListedNotification) -> tuple[str, str] | None:
    """Returns why a Notification cannot be read as a whole, and the row; None where it can."""
    try:
        NotificationMetadata.decode(one.raw)
    except DecodeError as error:
        return str(error), _UNREAD_ROW
    return None


def number_problem(listed: Iterable[ListedNotification]) -> tuple[str, str] | None:
    """Returns what is wrong with the numbers of Notifications, and the row; None for nothing.

    Entries that cannot be read are a matter of `unread`.
    """
    numbers = []
    for one in listed:
        try:
            numbers.append(NotificationMetadata.decode(one.raw).seq_number)
        except DecodeError:
            continue
    if below := [number for number in numbers if number < 0]:
        return f"seqNumber {below[0]}; expected a number that is not negative", _NUMBERS_ROW
    if twice := [number for number, count in Counter(numbers).items() if count > 1]:
        return f"seqNumber {twice[0]} of two Notifications; each has its own", _NUMBERS_ROW
    return None
