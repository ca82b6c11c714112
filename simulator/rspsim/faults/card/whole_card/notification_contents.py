"""Faults of the content of a notification, and of how it is numbered and signed."""

from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc import notifications
from rspsim.euicc.state import CardState, CiCredential, Profile
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


class _Unsigned(NotificationMetadata):
    """Notification metadata with seqNumber encoded without a sign octet."""

    def content(self) -> bytes:
        """Returns the value field."""
        number, *rest = tlv.parse_all(NotificationMetadata.content(self))
        plain = bytes(number.value).lstrip(b"\x00") or b"\x00"
        return tlv.encode(number.tag, plain) + b"".join(bytes(one.raw) for one in rest)


def _unsigned(_state: CardState, metadata: NotificationMetadata) -> NotificationMetadata:
    return _Unsigned(
        seq_number=metadata.seq_number,
        profile_management_operation=metadata.profile_management_operation,
        notification_address=metadata.notification_address,
        iccid=metadata.iccid,
    )


def _without_iccid(_state: CardState, metadata: NotificationMetadata) -> NotificationMetadata:
    return replace(metadata, iccid=None)


def _two_events(_state: CardState, metadata: NotificationMetadata) -> NotificationMetadata:
    events = metadata.profile_management_operation | {NotificationEvent.notificationInstall}
    return replace(metadata, profile_management_operation=events)


def _to_default_address(state: CardState, metadata: NotificationMetadata) -> NotificationMetadata:
    default = state.addresses.default_dp or metadata.notification_address
    return replace(metadata, notification_address=default)


def _to_one_address(_state: CardState, metadata: NotificationMetadata) -> NotificationMetadata:
    return replace(metadata, notification_address="dp0.example.com")


def _first_credential(state: CardState, _profile: Profile) -> CiCredential:
    return next(one for one in state.credentials if one.signs)


FAULTS: Final = (
    CardFault(
        "notifications.number.falls",
        "A later notification has a smaller number.",
        (
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#17",
            "ES10b.RemoveNotificationFromList#08",
            "ES10c.eUICCMemoryReset#25",
        ),
        swap(notifications.NEXT_NUMBER, lambda number: number - 1),
    ),
    CardFault(
        "notifications.number.unsigned",
        "Numbers from 128 on are encoded without the leading 00 that makes them positive.",
        ("ES10b.ListNotification#17",),
        swap(notifications.METADATA, _unsigned),
    ),
    CardFault(
        "notifications.iccid.missing",
        "No notification has the ICCID of the Profile.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#06",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#15",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#04",
        ),
        swap(notifications.METADATA, _without_iccid),
    ),
    CardFault(
        "notifications.event.two-bits",
        "Every notification also has the bit of an installation.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#06",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#14",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#05",
            "ES10b.RetrieveNotificationsList#06",
            "ES10b.RetrieveNotificationsList#07",
        ),
        swap(notifications.METADATA, _two_events),
    ),
    CardFault(
        "notifications.address.default",
        "Notifications go to the default SM-DP+ address if there is one.",
        ("ES10c.DeleteProfile#20",),
        swap(notifications.METADATA, _to_default_address),
    ),
    CardFault(
        "notifications.address.constant",
        "All notifications go to one address.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#06",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#12",
            "ES10b.ListNotification#14",
            "ES10b.ListNotification#15",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#04",
            "ES10b.RetrieveNotificationsList#05",
        ),
        swap(notifications.METADATA, _to_one_address),
    ),
    CardFault(
        "notifications.certificates.exchanged",
        "CERT.EUICC and CERT.EUM of a notification are exchanged.",
        (
            "procedure.Notifications#04",
            "procedure.PowerLoss#10",
            "ES10b.RetrieveNotificationsList#10",
            "ES10b.RetrieveNotificationsList#12",
            "ES10b.RetrieveNotificationsList#17",
        ),
        swap(
            notifications.CERTIFICATES,
            lambda credential: (credential.eum_certificate, credential.euicc_certificate),
        ),
    ),
    CardFault(
        "notifications.credential.first",
        "Every notification is signed under the first CI.",
        ("ES10b.RetrieveNotificationsList#17",),
        swap(notifications.CREDENTIAL, _first_credential),
    ),
)
