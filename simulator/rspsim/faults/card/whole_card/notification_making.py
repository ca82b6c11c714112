"""Faults of notifications, of all signatures, and of the free memory reported."""

from typing import Final

from rspcore.crypto.keys import PrivateKey
from rspsim.euicc import memory, notifications
from rspsim.euicc.security import ecasd
from rspsim.faults.card.card_fault import CardFault, swap

__all__ = ["FAULTS"]


def _damaged(key: PrivateKey, data: bytes) -> bytes:
    signature = key.sign(data)
    return signature[:-1] + bytes((signature[-1] ^ 1,))


FAULTS: Final = (
    CardFault(
        "notifications.number.stands",
        "All notifications have the same number.",
        (
            "procedure.Notifications#05",
            "ES10b.ListNotification#13",
            "procedure.Download#08",
            "procedure.PowerLoss#10",
            "ES10b.ListNotification#17",
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#03",
            "ES10b.RetrieveNotificationsList#16",
            "ES10b.RemoveNotificationFromList#06",
            "ES10b.RemoveNotificationFromList#07",
            "ES10b.RemoveNotificationFromList#08",
            "ES10c.eUICCMemoryReset#25",
        ),
        swap(notifications.NEXT_NUMBER, lambda number: number),
    ),
    CardFault(
        "notifications.full.youngest-dropped",
        "When the list is full, new notifications are lost.",
        (
            "procedure.Notifications#07",
            "ES10b.ListNotification#17",
        ),
        swap(notifications.KEPT, lambda pending, capacity: pending[:capacity]),
    ),
    CardFault(
        "notifications.address.first-only",
        "Of several addresses for an event, only the first gets a notification.",
        (
            "procedure.Notifications#01",
            "procedure.Notifications#02",
            "procedure.MemoryResetProcess#02",
            "ES8+.StoreMetadata#15",
            "ES10c.DeleteProfile#13",
            "ES10c.eUICCMemoryReset#21",
        ),
        swap(
            notifications.ADDRESSES,
            lambda profile, event: notifications.ADDRESSES.standard(profile, event)[:1],
        ),
    ),
    CardFault(
        "notifications.test-profile.notified",
        "Changes of test Profiles leave notifications.",
        (
            "procedure.Notifications#09",
            "ES10c.DisableProfile#20",
            "ES10c.eUICCMemoryReset#28",
        ),
        swap(notifications.SILENT_CLASSES, frozenset()),
    ),
    CardFault(
        "signature.damaged",
        "One bit of every signature of the card is wrong.",
        (
            "ES10b.AuthenticateServer#01",
            "ES10b.LoadBoundProfilePackage#01",
            "procedure.Notifications#04",
            "procedure.Download#04",
            "procedure.PowerLoss#10",
            "ES10b.RetrieveNotificationsList#10",
            "ES10b.RetrieveNotificationsList#11",
            "ES10b.RetrieveNotificationsList#17",
        ),
        swap(ecasd.SIGNATURE, _damaged),
    ),
    CardFault(
        "memory.constant",
        "The free memory reported never changes.",
        (
            "ES8+.LoadProfileElements#46",
            "ES10c.DeleteProfile#15",
            "procedure.Download#07",
            "procedure.PowerLoss#08",
        ),
        swap(memory.FREE, lambda state: state.personality.nvm_size),
    ),
)
