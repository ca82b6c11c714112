"""Faults of ES10b: challenges and the list of notifications."""

from typing import Final

from rspsim.euicc.es10b import (
    get_euicc_challenge,
    list_notification,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.faults.fault import Fault, allows, swap, together
from rspsim.euicc.session import SessionEvent, SessionState

__all__ = ["FAULTS"]

FAULTS: Final = (
    Fault(
        "es10b.challenge.constant",
        "Every euiccChallenge is the same.",
        ("ES10b.GetEUICCChallenge#02", "ES10b.GetEUICCChallenge#03"),
        swap(get_euicc_challenge.CHALLENGE, lambda _rng: bytes(16)),
    ),
    Fault(
        "es10b.challenge.keeps-session",
        "A new challenge leaves the session before it usable.",
        ("ES10b.GetEUICCChallenge#05", "ES10b.PrepareDownload#19"),
        together(
            swap(get_euicc_challenge.DISCARDS, value=False),
            allows(SessionEvent.DOWNLOAD_PREPARED, SessionState.PREPARED, SessionState.CHALLENGED),
        ),
    ),
    Fault(
        "es10b.notifications.filter-ignored",
        "A filter for events lets everything pass.",
        ("ES10b.ListNotification#03", "ES10b.RetrieveNotificationsList#05"),
        swap(list_notification.EVENT_FILTER, lambda _notification, _events: True),
    ),
    Fault(
        "es10b.retrieve-notifications-list.criteria-ignored",
        "RetrieveNotificationsList gives everything whatever it is asked for.",
        ("ES10b.RetrieveNotificationsList#02", "ES10b.RetrieveNotificationsList#03"),
        swap(retrieve_notifications_list.FOUND, lambda pending, _criteria, _passes: pending),
    ),
    Fault(
        "es10b.remove-notification.not-removed",
        "A notification is confirmed as removed and stays.",
        ("ES10b.RemoveNotificationFromList#01", "ES10b.RemoveNotificationFromList#03"),
        swap(remove_notification_from_list.REMOVED, lambda state, _seq_number: state),
    ),
)
