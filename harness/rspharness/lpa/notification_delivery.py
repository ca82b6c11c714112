"""Notifications waiting on a card: reading, delivery to their servers, removal from the list.

A Notification leaves the card only after its server has answered 204 (SGP.22 v2, 3.5). Delivery
follows ascending sequence numbers per server; a server that fails is left out for the rest of a
run, so that it never receives a later Notification before an earlier one.
"""

from collections.abc import Iterable
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError, RemoteError
from rspcore.frozen import dataclass
from rspcore.messages.es10b import (
    NotificationSentRequest,
    NotificationSentResult,
    RetrieveNotificationsListRequest,
    RetrieveNotificationsListResultError,
    SearchCriteria,
)
from rspcore.messages.notifications import (
    NotificationMetadata,
    OtherSignedNotification,
    ProfileInstallationResult,
)
from rspcore.messages.v3.rpm_package import LoadRpmPackageResultSigned
from rspcore.tags import Tag
from rspharness.lpa.es9p_client import (
    PROTOCOL_VERSION,
    Es9Client,
    HttpPort,
    ServerUnreachableError,
)
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import code_text

__all__ = [
    "Delivery",
    "PendingNotification",
    "deliver",
    "deliver_all",
    "deliver_older",
    "remove_notification",
    "retrieve_notifications",
]


_RPM_RESULT: Final = 0xA1


@dataclass(frozen=True, slots=True)
class PendingNotification:
    """One Notification as the card gave it.

    Attributes:
        metadata: Number, event, address and ICCID.
        result: The ProfileInstallationResult, None for another signed Notification.
        raw: The whole data object (BF37, 30; A1 of an RPM package), as it goes to the server.
    """

    metadata: NotificationMetadata
    result: ProfileInstallationResult | None
    raw: bytes

    @classmethod
    def decode(cls, octets: bytes) -> "PendingNotification":
        """Reads a PendingNotification of any kind.

        Raises:
            DecodeError: none of the kinds there are.
        """
        if tlv.parse(octets).tag == Tag.ProfileInstallationResult:
            result = ProfileInstallationResult.decode(octets)
            return cls(result.data.notification_metadata, result, bytes(octets))
        if tlv.parse(octets).tag == _RPM_RESULT:
            signed = LoadRpmPackageResultSigned.from_tlv(tlv.parse(octets))
            data = signed.load_rpm_package_result_data_signed
            return cls(data.notification_metadata, None, bytes(octets))
        other = OtherSignedNotification.decode(octets)
        return cls(other.tbs_other_notification, None, bytes(octets))


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of the delivery of one Notification.

    Attributes:
        notification: The Notification.
        error: Why it is still on the card, None when it was delivered and removed.
    """

    notification: PendingNotification
    error: str | None = None


def retrieve_notifications(
    card: IsdrChannel, seq_number: int | None = None
) -> tuple[PendingNotification, ...]:
    """Reads the Notifications of a card in ascending order, or the one with a number.

    Raises:
        RemoteError: the card answered an error other than noResultAvailable.
        DecodeError: an entry is no PendingNotification.
    """
    criteria = None if seq_number is None else SearchCriteria(seq_number=seq_number)
    response = card.send(RetrieveNotificationsListRequest(search_criteria=criteria))
    if response.notification_list is None:
        code = response.notifications_list_result_error
        if code == RetrieveNotificationsListResultError.noResultAvailable:
            return ()
        text = code_text(127 if code is None else code)
        raise RemoteError(f"ES10b.RetrieveNotificationsList: the card answered {text}", code=text)
    found = (
        PendingNotification.decode(octets)
        for octets in response.notification_list
        if tlv.parse(octets).tag != Tag.DeleteNotificationForDc  # for the next device, not a server
    )
    return tuple(sorted(found, key=lambda one: one.metadata.seq_number))


def remove_notification(card: IsdrChannel, seq_number: int) -> None:
    """Removes a Notification from the list of the card, delivered or not.

    Raises:
        RemoteError: the card answered another result than ok; the code is that result.
    """
    status = card.send(NotificationSentRequest(seq_number=seq_number)).delete_notification_status
    if status != NotificationSentResult.ok:
        raise RemoteError(
            f"ES10b.RemoveNotificationFromList: Notification {seq_number}: the card answered "
            f"{code_text(status)}",
            code=code_text(status),
        )


def deliver(
    card: IsdrChannel,
    port: HttpPort,
    notification: PendingNotification,
    protocol_version: str = PROTOCOL_VERSION,
) -> None:
    """Sends one Notification to its server and removes it from the list.

    Raises:
        RemoteError: the server did not answer 204, or the card refused the removal.
        ServerUnreachableError: no answer came; the Notification is still on the card.
    """
    client = Es9Client(port, notification.metadata.notification_address, protocol_version)
    client.handle_notification(notification.raw)
    remove_notification(card, notification.metadata.seq_number)


def deliver_all(
    card: IsdrChannel,
    port: HttpPort,
    notifications: Iterable[PendingNotification],
    protocol_version: str = PROTOCOL_VERSION,
) -> tuple[Delivery, ...]:
    """Delivers Notifications in order and returns each outcome; a failure stops its server only.

    Nothing is raised for a server or a refused removal; a card that is lost ends the run.
    """
    deliveries = []
    failed: dict[str, str] = {}
    for notification in sorted(notifications, key=lambda one: one.metadata.seq_number):
        address = notification.metadata.notification_address.lower()
        if address in failed:
            error: str | None = f"not tried: {failed[address]}"
        else:
            error = _try(card, port, notification, protocol_version)
            if error is not None:
                failed[address] = error
        deliveries.append(Delivery(notification, error))
    return tuple(deliveries)


def deliver_older(
    card: IsdrChannel, port: HttpPort, address: str, protocol_version: str = PROTOCOL_VERSION
) -> tuple[Delivery, ...]:
    """Delivers what waits for one server, so that nothing older follows the result of a download.

    Args:
        card: An open channel.
        port: The way to servers.
        address: Address of the server, compared without case.
        protocol_version: Highest version the LPA says it supports.

    Raises:
        RemoteError: the card refused the list.
    """
    waiting = retrieve_notifications(card)
    own = [one for one in waiting if _same(one.metadata.notification_address, address)]
    return deliver_all(card, port, own, protocol_version)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _try(
    card: IsdrChannel, port: HttpPort, notification: PendingNotification, protocol_version: str
) -> str | None:
    try:
        deliver(card, port, notification, protocol_version)
    except (RemoteError, ServerUnreachableError, DecodeError) as error:
        return str(error)
    return None
