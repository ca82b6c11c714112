"""ES10b: the functions of the notification list (SGP.22 v2, 5.7.9 to 5.7.11)."""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.messages.codec import (
    INTEGER,
    At,
    Codec,
    Structure,
    bits,
    enumerated,
    sequence_of,
    structure,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata
from rspcore.tags import Tag
from rspcore.tlv import Tlv, parse_all

__all__ = [
    "ListNotificationRequest",
    "ListNotificationResponse",
    "ListNotificationsResultError",
    "NotificationSentRequest",
    "NotificationSentResponse",
    "NotificationSentResult",
    "RetrieveNotificationsListRequest",
    "RetrieveNotificationsListResponse",
    "RetrieveNotificationsListResultError",
    "SearchCriteria",
]


class ListNotificationsResultError(IntEnum):
    """The error codes of ListNotification."""

    undefinedError = 127


class RetrieveNotificationsListResultError(IntEnum):
    """The error codes of RetrieveNotificationsList; 1 exists up to v2.5."""

    noResultAvailable = 1
    undefinedError = 127


class NotificationSentResult(IntEnum):
    """The results of RemoveNotificationFromList."""

    ok = 0
    nothingToDelete = 1
    undefinedError = 127


def _decode_all(one: Tlv) -> tuple[bytes, ...]:
    return tuple(bytes(child.raw) for child in parse_all(one.value))


_DATA_OBJECTS = Codec(_decode_all, b"".join)
"""A sequence of whole data objects of any tag, kept as received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotificationRequest(Structure):
    """ES10b.ListNotification request: all events when no filter is given."""

    TAG: ClassVar[int] = Tag.ListNotification

    profile_management_operation: Annotated[
        frozenset[int] | None, At(0x81, bits(NotificationEvent))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotificationResponse(Structure):
    """ES10b.ListNotification response: CHOICE of the list, which may be empty, and an error."""

    TAG: ClassVar[int] = Tag.ListNotification
    CHOICE: ClassVar[bool] = True

    notification_metadata_list: Annotated[
        tuple[NotificationMetadata, ...] | None,
        At(0xA0, sequence_of(Tag.NotificationMetadata, structure(NotificationMetadata))),
    ] = None
    list_notifications_result_error: Annotated[
        int | None, At(0x81, enumerated(ListNotificationsResultError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCriteria(Structure):
    """CHOICE of a sequence number and a set of events."""

    TAG: ClassVar[int] = 0xA0
    CHOICE: ClassVar[bool] = True

    seq_number: Annotated[int | None, At(0x80, INTEGER)] = None
    profile_management_operation: Annotated[
        frozenset[int] | None, At(0x81, bits(NotificationEvent))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveNotificationsListRequest(Structure):
    """ES10b.RetrieveNotificationsList request: everything when no criteria are given."""

    TAG: ClassVar[int] = Tag.RetrieveNotificationsList

    search_criteria: Annotated[SearchCriteria | None, At(0xA0, structure(SearchCriteria))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveNotificationsListResponse(Structure):
    """ES10b.RetrieveNotificationsList response.

    `notification_list` holds whole PendingNotification data objects: BF37 is a
    ProfileInstallationResult, 30 an OtherSignedNotification.
    """

    TAG: ClassVar[int] = Tag.RetrieveNotificationsList
    CHOICE: ClassVar[bool] = True

    notification_list: Annotated[tuple[bytes, ...] | None, At(0xA0, _DATA_OBJECTS)] = None
    notifications_list_result_error: Annotated[
        int | None, At(0x81, enumerated(RetrieveNotificationsListResultError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSentRequest(Structure):
    """ES10b.RemoveNotificationFromList request."""

    TAG: ClassVar[int] = Tag.NotificationSent

    seq_number: Annotated[int, At(0x80, INTEGER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSentResponse(Structure):
    """ES10b.RemoveNotificationFromList response."""

    TAG: ClassVar[int] = Tag.NotificationSent

    delete_notification_status: Annotated[int, At(0x80, enumerated(NotificationSentResult))]
