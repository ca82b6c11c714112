"""Narrow faults of Notifications: which event is noted, for whom, and what is kept of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata, ProfileInstallationResult
from rspsim.euicc import notifications, startup
from rspsim.euicc.isdr.es10b import list_notification
from rspsim.euicc.isdr.es10c import delete_profile, enable_profile
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, PendingNotification, Profile
from rspsim.faults.card.card_fault import Change, on, swap
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS", "last_event"]

_ENABLE: Final = NotificationEvent.notificationEnable
_DISABLE: Final = NotificationEvent.notificationDisable
_INSTALL: Final = NotificationEvent.notificationInstall


def last_event(state: CardState) -> int | None:
    """Returns the event of the youngest Notification, None where none waits."""
    return state.notifications[-1].event if state.notifications else None


def _address_of_the_other(state: CardState, metadata: NotificationMetadata, /) -> Any:
    """Sends the Notification of enabling to the address of the one of disabling before it."""
    if metadata.profile_management_operation != {_ENABLE} or last_event(state) != _DISABLE:
        return metadata
    before = NotificationMetadata.decode(state.notifications[-1].metadata)
    if before.iccid == metadata.iccid:
        return metadata
    return replace(metadata, notification_address=before.notification_address)


def _unasked(wanted: NotificationEvent) -> Change:
    def addresses(profile: Profile, event: int, /) -> tuple[str, ...]:
        found = notifications.ADDRESSES.standard(profile, event)
        return found or (("unasked.example.com",) if event is wanted else ())

    return swap(notifications.ADDRESSES, addresses)


def _implicit_in_silence(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Leaves no Notification of a Profile that another one takes the place of."""
    before = {one.seq_number for one in view.state.notifications}
    kept = tuple(
        one
        for one in outcome.state.notifications
        if one.seq_number in before or one.event != _DISABLE
    )
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _result_forgotten(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Forgets, with a Profile that is deleted, the result of its installation."""
    gone = {one.iccid for one in view.state.profiles} - {
        one.iccid for one in outcome.state.profiles
    }
    kept = tuple(
        one
        for one in outcome.state.notifications
        if one.event != _INSTALL or NotificationMetadata.decode(one.metadata).iccid not in gone
    )
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _results_lost(*, failed: bool) -> Change:
    """Returns a change by which a reset drops results, of failures or of installations."""

    def wanted(one: PendingNotification) -> bool:
        try:
            data = ProfileInstallationResult.decode(one.octets).data
        except DecodeError:
            return True
        return (data.final_result.error_result is not None) is not failed

    def kept(state: CardState, /) -> CardState:
        return replace(state, notifications=tuple(filter(wanted, state.notifications)))

    return swap(startup.KEPT, kept)


def _exchanged_when_many(
    pending: Any, events: frozenset[int] | None, passes: Callable[..., bool]
) -> Any:
    """Exchanges the numbers of the oldest and the youngest of more than four Notifications."""
    found = list_notification.LISTED.standard(pending, events, passes)
    if events is not None or len(found) < 5:
        return found
    first, last = (NotificationMetadata.decode(one.metadata) for one in (found[0], found[-1]))
    exchanged = (
        replace(found[0], metadata=replace(first, seq_number=last.seq_number).encode()),
        replace(found[-1], metadata=replace(last, seq_number=first.seq_number).encode()),
    )
    return (exchanged[0], *found[1:-1], exchanged[1])


_EN: Final = "ES10c.EnableProfile"
_DIS: Final = "ES10c.DisableProfile"


FAULTS: Final = (
    narrow_fault(
        "switch.address-of-the-other",
        "The Notification of enabling goes to the address of the Profile that was disabled.",
        swap(notifications.METADATA, _address_of_the_other),
        f"{_EN}#34",
    ),
    narrow_fault(
        "notifications.enable-unasked",
        "A Profile that names no address for it leaves a Notification of enabling.",
        _unasked(_ENABLE),
        f"{_EN}#35",
        "procedure.Notifications#03",
    ),
    narrow_fault(
        "notifications.disable-unasked",
        "A Profile that names no address for it leaves a Notification of disabling.",
        _unasked(_DISABLE),
        f"{_DIS}#19",
    ),
    narrow_fault(
        "enable-profile.former-in-silence",
        "A Profile that another one takes the place of leaves no Notification.",
        on(enable_profile.ENABLE_PROFILE, _implicit_in_silence),
        f"{_DIS}#24",
    ),
    narrow_fault(
        "delete-profile.result-forgotten",
        "The result of the installation goes with a Profile that is deleted.",
        on(delete_profile.DELETE_PROFILE, _result_forgotten),
        "procedure.DeleteProcess#02",
    ),
    narrow_fault(
        "load.failure-lost-at-reset",
        "A reset drops the results of loads that failed.",
        _results_lost(failed=True),
        "ES10b.LoadBoundProfilePackage#29",
    ),
    narrow_fault(
        "load.result-lost-at-reset",
        "A reset drops the results of installations.",
        _results_lost(failed=False),
        "ES10b.LoadBoundProfilePackage#08",
        "ES8+.LoadProfileElements#43",
        "procedure.PowerLoss#05",
    ),
    narrow_fault(
        "list-notification.exchanged-when-many",
        "Of more than four Notifications oldest and youngest are listed with exchanged numbers.",
        swap(list_notification.LISTED, _exchanged_when_many),
        "ES10b.ListNotification#13",
    ),
)
