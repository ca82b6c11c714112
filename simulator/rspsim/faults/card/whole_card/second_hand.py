"""Faults of a second hand: mistakes that a firmware engineer makes, from the text of SGP.22 alone.

They were written before the cases were looked at for them; how many the cases caught is in
`fixtures/faults/README.md`.
"""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10b import SearchCriteria
from rspsim.euicc import notifications
from rspsim.euicc.isdr.es10b import (
    list_notification,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10c import (
    set_nickname,
)
from rspsim.euicc.state import (
    CardState,
    PendingNotification,
    Profile,
)
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


def _same_iccid_removed(state: CardState, seq_number: int) -> CardState:
    """Removes with a Notification all of the same Profile and event."""
    named = next((n for n in state.notifications if n.seq_number == seq_number), None)
    sound = remove_notification_from_list.REMOVED.standard(state, seq_number)
    if named is None:
        return sound
    left = tuple(n for n in sound.notifications if n.event != named.event)
    return replace(sound, notifications=left)


def _first_event_only(one: PendingNotification, events: frozenset[int] | None) -> bool:
    """Looks at the first event of a filter alone."""
    return events is None or (bool(events) and one.event == min(events))


def _from_number(pending: Pending, criteria: SearchCriteria | None, passes: EventFilter) -> Pending:
    """Finds a number and all larger ones."""
    if criteria is not None and criteria.seq_number is not None:
        return tuple(one for one in pending if one.seq_number >= criteria.seq_number)
    return retrieve_notifications_list.FOUND.standard(pending, criteria, passes)


def _cut_nickname(state: CardState, profile: Profile, nickname: str) -> CardState:
    return set_nickname.STORED.standard(state, profile, nickname[:32])


def _nickname_of_all(state: CardState, profile: Profile, nickname: str) -> CardState:
    """Stores an empty nickname for every Profile, any other for the one named."""
    state = set_nickname.STORED.standard(state, profile, nickname)
    if nickname:
        return state
    return replace(state, profiles=tuple(replace(one, nickname="") for one in state.profiles))


FAULTS: Final = (
    CardFault(
        "second-hand.number-in-one-octet",
        "The number of Notifications begins again after 255.",
        ("procedure.Notifications#15",),
        swap(notifications.NEXT_NUMBER, lambda number: (number + 1) % 256),
    ),
    CardFault(
        "second-hand.removal-by-event",
        "RemoveNotificationFromList removes all Notifications of the same event.",
        (
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
        ),
        swap(remove_notification_from_list.REMOVED, _same_iccid_removed),
    ),
    CardFault(
        "second-hand.first-event-of-filter",
        "Of a filter of several events only the first is looked at.",
        (
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.RetrieveNotificationsList#18",
        ),
        swap(list_notification.EVENT_FILTER, _first_event_only),
    ),
    CardFault(
        "second-hand.from-number-on",
        "A search by number finds all larger numbers too.",
        (
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#03",
            "ES10b.RetrieveNotificationsList#16",
        ),
        swap(retrieve_notifications_list.FOUND, _from_number),
    ),
    CardFault(
        "second-hand.nickname-cut",
        "A nickname is stored up to 32 characters.",
        (
            "ES10c.SetNickname#04",
            "ES10c.SetNickname#05",
        ),
        swap(set_nickname.STORED, _cut_nickname),
    ),
    CardFault(
        "second-hand.nickname-of-all-removed",
        "An empty nickname removes those of all Profiles.",
        ("ES10c.SetNickname#12",),
        swap(set_nickname.STORED, _nickname_of_all),
    ),
)
