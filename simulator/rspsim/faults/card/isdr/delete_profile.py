"""Faults of DeleteProfile: what it refuses, what it deletes and what it keeps."""

from dataclasses import replace
from typing import Final

from rspcore.ids import Aid
from rspcore.messages.es10c import DeleteResult
from rspcore.messages.metadata import (
    NotificationEvent,
    ProfileClass,
)
from rspcore.messages.notifications import ErrorReason, NotificationMetadata
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import isdp, memory, notifications
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr.es10c import delete_profile
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, adds, answers, behind, skip, swap

__all__ = ["FAULTS"]


def _silently_removed(state: CardState, _decisions: Decisions, profile: Profile, /) -> CardState:
    return state.without_profile(profile.aid)


def _not_removed(state: CardState, _decisions: Decisions, _profile: Profile, /) -> CardState:
    return state


def _notifications_removed(
    state: CardState, decisions: Decisions, profile: Profile, /
) -> CardState:
    state = isdp.removed(state, decisions, profile)
    left = tuple(
        one
        for one in state.notifications
        if NotificationMetadata.decode(one.metadata).iccid != profile.iccid
        or one.event == NotificationEvent.notificationDelete
    )
    return replace(state, notifications=left)


def _no_deletion_listed(attempt: MetadataAttempt) -> bool:
    pending = attempt.step.view.state.notifications
    return all(
        NotificationMetadata.decode(one.metadata).iccid != attempt.request.iccid
        or one.event != NotificationEvent.notificationDelete
        for one in pending
    )


def _counted_aid(state: CardState, /) -> Aid | None:
    number = 0x0010 + len(state.profiles)
    return Aid(ISDP_PREFIX + number.to_bytes(2, "big") + b"\x00")


def _notifies_when_refusing(outcome: Outcome, view: View) -> Outcome:
    if outcome.state is not view.state:
        return outcome
    state, event = view.state, NotificationEvent.notificationDelete
    for profile in view.state.profiles:
        state = notifications.with_events(state, view.decisions, profile, event)
    return replace(outcome, state=state)


def _not_return_target(attempt: ProfileAttempt) -> bool:
    return attempt.profile is None or attempt.profile.aid != attempt.view.state.return_to


def _no_test(attempt: ProfileAttempt) -> bool:
    return attempt.profile is None or attempt.profile.profile_class != ProfileClass.test


def _no_provisioning(attempt: ProfileAttempt) -> bool:
    profile = attempt.profile
    return profile is None or profile.profile_class != ProfileClass.provisioning


def _less_with_every_number(state: CardState) -> int:
    return max(memory.FREE.standard(state) - 64 * state.next_seq_number, 0)


_D = DeleteResult

FAULTS: Final = (
    CardFault(
        "es10c.delete-profile.kept",
        "The deletion of a Profile is confirmed and not carried out.",
        (
            "ES10c.DeleteProfile#01",
            "ES10c.DeleteProfile#02",
            "ES10c.DeleteProfile#07",
            "ES10c.DeleteProfile#10",
            "ES10c.DeleteProfile#12",
            "ES10c.DeleteProfile#13",
            "ES10c.DeleteProfile#15",
            "ES10c.DeleteProfile#16",
            "ES10c.DeleteProfile#17",
            "ES10c.DeleteProfile#18",
            "ES10c.DeleteProfile#19",
            "ES10c.DeleteProfile#20",
            "ES10c.DeleteProfile#22",
            "ES10b.ListNotification#01",
        ),
        swap(delete_profile.REMOVED, _not_removed),
    ),
    CardFault(
        "es10c.delete-profile.not-found-undefined",
        "An unknown Profile is answered undefinedError(127).",
        (
            "ES10c.DeleteProfile#04",
            "ES10c.DeleteProfile#05",
            "ES10c.DeleteProfile#19",
        ),
        answers(delete_profile.CHECKS, "profile_found", _D.undefinedError),
    ),
    CardFault(
        "es10c.delete-profile.enabled-too",
        "An enabled Profile can be deleted.",
        ("ES10c.DeleteProfile#03",),
        skip(delete_profile.CHECKS, "profile_disabled"),
    ),
    CardFault(
        "es10c.delete-profile.no-test-profile",
        "A test Profile cannot be deleted.",
        ("ES10c.DeleteProfile#10",),
        adds(delete_profile.CHECKS, Check("no_test", _no_test, _D.undefinedError)),
    ),
    CardFault(
        "es10c.delete-profile.no-provisioning-profile",
        "The deletion of a provisioning Profile is answered undefinedError(127).",
        ("ES10c.DeleteProfile#11",),
        adds(delete_profile.CHECKS, Check("no_other", _no_provisioning, _D.undefinedError)),
    ),
    CardFault(
        "es10c.delete-profile.remembered-kept",
        "The Profile to return to after a test Profile cannot be deleted.",
        ("ES10c.DeleteProfile#22",),
        adds(delete_profile.CHECKS, Check("remembered", _not_return_target, _D.disallowedByPolicy)),
    ),
    CardFault(
        "es10c.delete-profile.silent",
        "Deleting a Profile leaves no notification.",
        (
            "ES10c.DeleteProfile#12",
            "ES10c.DeleteProfile#13",
            "ES10c.DeleteProfile#20",
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#06",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#16",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#07",
            "ES10b.RetrieveNotificationsList#10",
        ),
        swap(delete_profile.REMOVED, _silently_removed),
    ),
    CardFault(
        "es10c.delete-profile.notifications-too",
        "Deleting a Profile also deletes its pending notifications.",
        (
            "ES10c.DeleteProfile#14",
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#07",
            "ES10b.ListNotification#08",
            "ES10b.ListNotification#13",
            "ES10b.ListNotification#16",
            "ES10b.RemoveNotificationFromList#01",
            "ES10b.RemoveNotificationFromList#09",
            "ES10b.RetrieveNotificationsList#01",
            "ES10b.RetrieveNotificationsList#02",
            "ES10b.RetrieveNotificationsList#04",
        ),
        swap(delete_profile.REMOVED, _notifications_removed),
    ),
    CardFault(
        "es10c.delete-profile.refusal-notified",
        "A refused deletion leaves notifications of a deletion.",
        (
            "ES10c.DeleteProfile#03",
            "ES10c.DeleteProfile#04",
            "ES10c.DeleteProfile#05",
            "ES10c.DeleteProfile#06",
            "ES10c.DeleteProfile#23",
        ),
        behind(delete_profile.DELETE_PROFILE, _notifies_when_refusing),
    ),
    CardFault(
        "es10c.delete-profile.iccid-burnt",
        "The ICCID of a deleted Profile cannot be installed again.",
        (
            "ES8+.StoreMetadata#31",
            "procedure.DeleteProcess#04",
            "procedure.IccidUniqueness#02",
            "ES10c.DeleteProfile#16",
            "ES10c.DeleteProfile#17",
        ),
        adds(
            store_metadata.CHECKS,
            Check(
                "no_deletion_listed",
                _no_deletion_listed,
                ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc,
            ),
        ),
    ),
    CardFault(
        "isdp.aid.counted",
        "The AID of a new ISD-P follows from the number of Profiles, even if it is in use.",
        ("ES10c.DeleteProfile#17",),
        swap(isdp.FREE_AID, _counted_aid),
    ),
    CardFault(
        "memory.leaking",
        "Each notification made reduces the free memory for good.",
        ("ES10c.DeleteProfile#21",),
        swap(memory.FREE, _less_with_every_number),
    ),
)
