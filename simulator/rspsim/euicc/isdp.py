"""The life of an ISD-P: it gets an AID, is enabled and disabled, and is removed.

At most one Profile is enabled (SGP.22 v2, 2.4). A change is a pair, one ISD-P to disable and one to
enable, and `switched` carries out both in one state, notifications included, so that no cut can
leave two enabled Profiles or half a change. While a test Profile is enabled, the state keeps which
operational Profile it replaced (2.4.5.3).
"""

from typing import Final

from rspcore.frozen import replace
from rspcore.ids import Aid
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, ProfileClass
from rspcore.messages.v3.profile_metadata import NotificationEvent as V3Event
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import notifications
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.state import CardState, PendingSwitch, Profile

__all__ = [
    "DISABLES_FORMER",
    "FREE_AID",
    "REMEMBERED",
    "pending_carried_out",
    "removed",
    "removed_by",
    "return_target",
    "switched",
]

_FIRST_NUMBER = 0x0010
_LAST_NUMBER = 0xFFFF


def _free_aid(state: CardState, /) -> Aid | None:
    """Returns the lowest AID of the ISD-P range that is not in use, None when all are."""
    used = {profile.aid for profile in state.profiles}
    for number in range(_FIRST_NUMBER, _LAST_NUMBER + 1):
        aid = Aid(ISDP_PREFIX + number.to_bytes(2, "big") + b"\x00")
        if aid not in used:
            return aid
    return None


def _remembered(
    state: CardState, disabled: Profile | None, enabled: Profile | None, /
) -> Aid | None:
    """Returns the operational Profile to enable again after a test Profile, or None."""
    if enabled is None or enabled.profile_class != ProfileClass.test:
        return None
    if disabled is None:
        return None
    if disabled.profile_class == ProfileClass.test:
        return state.return_to
    return disabled.aid if disabled.profile_class == ProfileClass.operational else None


FREE_AID: Final = Decision("isdp.free_aid", _free_aid, "AID of a new ISD-P")
DISABLES_FORMER: Final = Decision(
    "isdp.disables_former", standard=True, summary="a change disables the Profile that was enabled"
)
REMEMBERED: Final = Decision(
    "isdp.remembered", _remembered, "operational Profile to enable after a test Profile"
)


def switched(state: CardState, decisions: Decisions, change: PendingSwitch) -> CardState:
    """Returns a state after a change: one Profile disabled, one enabled, both with notifications.

    A Profile that was deleted meanwhile is skipped.
    """
    leaving = state.profile_by_aid(change.disable)
    coming = state.profile_by_aid(change.enable)
    return_to = decisions[REMEMBERED](state, leaving, coming)
    if leaving is not None and decisions[DISABLES_FORMER]:
        leaving = replace(leaving, state=ProfileState.disabled)
        state = state.with_profile(leaving)
    if coming is not None:
        coming = replace(coming, state=ProfileState.enabled)
        state = state.with_profile(coming)
    state = replace(state, return_to=return_to, pending_switch=None)
    if leaving is not None:
        event: int = NotificationEvent.notificationDisable
        if change.remote:
            event = V3Event.notificationRpmDisable
        state = notifications.with_events(state, decisions, leaving, event)
    if coming is not None and (state.options.reenable_notifies or not change.automatic):
        event = (
            V3Event.notificationRpmEnable if change.remote else NotificationEvent.notificationEnable
        )
        state = notifications.with_events(state, decisions, coming, event)
    return state


def pending_carried_out(state: CardState, decisions: Decisions) -> CardState:
    """Returns a state after the change that waited; the same object when none did."""
    change = state.pending_switch
    return state if change is None else switched(state, decisions, change)


def return_target(state: CardState, leaving: Profile) -> Profile | None:
    """Returns the Profile to enable when this one ends: only a test Profile has one (2.4.5.3)."""
    if leaving.profile_class != ProfileClass.test:
        return None
    return state.profile_by_aid(state.return_to)


def removed(state: CardState, decisions: Decisions, profile: Profile, /) -> CardState:
    """Returns a state without a Profile; its delete notifications come before its removal (3.5)."""
    return removed_by(state, decisions, profile, NotificationEvent.notificationDelete)


def removed_by(state: CardState, decisions: Decisions, profile: Profile, event: int) -> CardState:
    """Returns a state without a Profile, deleted by an event that has Notifications of its own."""
    state = notifications.with_events(state, decisions, profile, event)
    if state.return_to == profile.aid:
        state = replace(state, return_to=None)
    return state.without_profile(profile.aid)
