"""The Notifications that wait on a card, read leniently: what is somebody else's has to be known.

An entry that the strict decoder refuses waits like any other. Where ListNotification gives no list,
the Notifications themselves are retrieved. A card that gives neither leaves it open what waits.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.es10b import ListNotificationRequest, RetrieveNotificationsListRequest
from rspcore.messages.notifications import NotificationMetadata
from rspcore.status import describe, is_success
from rspharness.card.card_under_test import Card
from rspharness.card.listed import (
    ListedNotification,
    UnobservedError,
    read_notifications,
    read_pending,
)

__all__ = ["events_of", "waiting_notifications"]

_ROW: Final = "ES10b.ListNotification#01"
_PENDING: Final = 0xBF2B
_LIST: Final = 0xA0
_NO_RESULT: Final = 0x81


def waiting_notifications(card: Card) -> Mapping[int, ListedNotification]:
    """Returns every Notification that waits by its number, also those of somebody else.

    Raises:
        UnobservedError: the card gives no list, or an entry of it has no number.
        TargetLost: the card does not answer.
    """
    data, sw = card.send_raw(ListNotificationRequest().encode())
    listed = read_notifications(data) if is_success(sw) else None
    if listed is None:
        listed = _retrieved(card)
    if listed is None:
        shown = f"SW {describe(sw)}, {data.hex(' ').upper() or 'no data'}"
        raise UnobservedError(_ROW, "a list of Notifications", shown)
    return dict(_numbered(listed))


def events_of(one: ListedNotification) -> frozenset[int]:
    """Returns the events of a Notification, none where they cannot be read."""
    try:
        return NotificationMetadata.decode(one.raw).profile_management_operation
    except DecodeError:
        return frozenset()


def _retrieved(card: Card) -> tuple[ListedNotification, ...] | None:
    """Retrieves them; None when the answer is no list."""
    data, sw = card.send_raw(RetrieveNotificationsListRequest().encode())
    if not is_success(sw):
        return None
    try:
        answer = tlv.parse(data)
        if answer.tag != _PENDING:
            return None
        inside = answer.children()
    except DecodeError:
        return None
    tags = [one.tag for one in inside]
    if tags == [_NO_RESULT]:
        return ()
    pending = read_pending(data)
    whole = tags == [_LIST] and len(pending) == len(inside[0].children())
    return pending if whole else None


def _numbered(listed: Iterable[ListedNotification]) -> Iterator[tuple[int, ListedNotification]]:
    for one in listed:
        if one.seq_number is None:
            raise UnobservedError(_ROW, "a seqNumber in each entry", one.raw.hex(" ").upper())
        yield one.seq_number, one
