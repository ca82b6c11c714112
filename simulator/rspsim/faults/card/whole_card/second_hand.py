"""Faults of a second hand: mistakes that a firmware engineer makes, from the text of SGP.22 alone.

They were written before the cases were looked at for them; which of them the cases then caught is
in `fixtures/faults/second-hand.md`.
"""

from dataclasses import replace
from typing import Final

from rspcore.crypto.bsp import Bsp
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10b import CancelSessionReason, EuiccCancelSessionSigned, SearchCriteria
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.metadata import (
    NotificationEvent,
    PprId,
    StoreMetadataRequest,
    UpdateMetadataRequest,
)
from rspcore.tlv import Tlv
from rspsim.euicc import notifications, startup
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.isdr import information, store_data
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    cancel_session,
    list_notification,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10c import (
    euicc_memory_reset,
    get_profiles_info,
    profile_attempt,
    set_nickname,
)
from rspsim.euicc.load import step
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import (
    Addresses,
    CardState,
    CiCredential,
    PendingNotification,
    Profile,
    Volatile,
)
from rspsim.faults.card.card_fault import CardFault, Change, swap

__all__ = ["FAULTS"]


def _same_iccid_removed(state: CardState, seq_number: int) -> CardState:
    """Removes with a Notification all of the same Profile and event."""
    named = next((n for n in state.notifications if n.seq_number == seq_number), None)
    sound = remove_notification_from_list.REMOVED.standard(state, seq_number)
    if named is None:
        return sound
    left = tuple(n for n in sound.notifications if n.event != named.event)
    return replace(sound, notifications=left)


def _empty_filter_is_all(one: PendingNotification, events: frozenset[int] | None) -> bool:
    return not events or one.event in events


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


def _by_end_of_aid(state: CardState, aid: Aid | None, iccid: Iccid | None, /) -> Profile | None:
    """Finds a Profile by the last three octets of an AID."""
    if aid is None:
        return profile_attempt.NAMED.standard(state, aid, iccid)
    ending = aid.octets[-3:]
    return next((one for one in state.profiles if one.aid.octets[-3:] == ending), None)


def _by_begin_of_iccid(state: CardState, aid: Aid | None, iccid: Iccid | None, /) -> Profile | None:
    """Finds a Profile by the first nine octets of an ICCID."""
    if iccid is None or aid is not None:
        return profile_attempt.NAMED.standard(state, aid, iccid)
    begin = iccid.octets[:9]
    return next((one for one in state.profiles if one.iccid.octets[:9] == begin), None)


def _root_cleared(addresses: Addresses, /) -> Addresses:
    return replace(euicc_memory_reset.ADDRESSES.standard(addresses), root_ds="")


def _disabled_only(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    chosen = euicc_memory_reset.SELECTED.standard(state, options)
    return tuple(one for one in chosen if not one.enabled)


def _always_postponed(
    attempt: CancelAttempt, server: AuthenticatedServer
) -> EuiccCancelSessionSigned:
    signed = cancel_session.SIGNED.standard(attempt, server)
    return replace(signed, reason=CancelSessionReason.postponed)


def _counter_in_one_octet(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content, after = bsp.unprotect(one)
    return content, replace(after, counter=after.counter % 16 or 1)


def _first_address_for_all(profile: Profile, event: NotificationEvent, /) -> tuple[str, ...]:
    entries = profile.metadata.notification_configuration_info or ()
    addresses = notifications.ADDRESSES.standard(profile, event)
    return tuple(entries[0].notification_address for _ in addresses)


def _first_credential(attempt: AuthenticationAttempt) -> CiCredential | None:
    found = authenticate_server.CREDENTIAL.standard(attempt)
    return None if found is None else attempt.view.state.credentials[0]


def _icon_dropped(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    """Removes the icon with each update that does not bring one."""
    updated = update_metadata.UPDATED.standard(stored, request)
    return updated if request.icon is not None else replace(updated, icon=None, icon_type=None)


def _rules_replaced(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    """Sets the rules of an update, also those that were not set before."""
    updated = update_metadata.UPDATED.standard(stored, request)
    if request.profile_policy_rules is None:
        return updated
    return replace(updated, profile_policy_rules=request.profile_policy_rules or None)


def _ppr1_by_any_class(state: CardState) -> frozenset[int]:
    forbidden = information.FORBIDDEN_RULES.standard(state)
    return forbidden | {PprId.ppr1} if state.profiles else forbidden


def _verified_over_reset(before: Volatile, /) -> Volatile:
    return replace(startup.FORGOTTEN.standard(before), verified_pins=before.verified_pins)


def _state_left_out(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    """Leaves the state of a Disabled Profile out."""
    sound = get_profiles_info.DESCRIBED.standard(profile, tags, state)
    return sound if profile.enabled else replace(sound, profile_state=None)


def _operational(profile: Profile, tags: frozenset[int], state: CardState) -> ProfileInfo:
    """Says operational of every class."""
    sound = get_profiles_info.DESCRIBED.standard(profile, tags, state)
    return sound if sound.profile_class is None else replace(sound, profile_class=2)


def _listed_once(pending: Pending, events: frozenset[int] | None, passes: EventFilter) -> Pending:
    """Lists one Notification of each Profile and event."""
    seen: dict[object, PendingNotification] = {}
    for one in list_notification.LISTED.standard(pending, events, passes):
        seen.setdefault((one.event, one.metadata[-10:]), one)
    return tuple(seen.values())


def _fault(name: str, summary: str, row: str, change: Change) -> CardFault:
    return CardFault(f"second-hand.{name}", summary, (row,), change)


FAULTS: Final = (
    _fault(
        "number-in-one-octet",
        "The number of Notifications begins again after 255.",
        "procedure.Notifications#07",
        swap(notifications.NEXT_NUMBER, lambda number: (number + 1) % 256),
    ),
    _fault(
        "removal-by-event",
        "RemoveNotificationFromList removes all Notifications of the same event.",
        "ES10b.RemoveNotificationFromList#01",
        swap(remove_notification_from_list.REMOVED, _same_iccid_removed),
    ),
    _fault(
        "empty-filter-is-all",
        "A filter of no event finds every Notification.",
        "ES10b.ListNotification#08",
        swap(list_notification.EVENT_FILTER, _empty_filter_is_all),
    ),
    _fault(
        "first-event-of-filter",
        "Of a filter of several events only the first is looked at.",
        "ES10b.ListNotification#07",
        swap(list_notification.EVENT_FILTER, _first_event_only),
    ),
    _fault(
        "from-number-on",
        "A search by number finds all larger numbers too.",
        "ES10b.RetrieveNotificationsList#02",
        swap(retrieve_notifications_list.FOUND, _from_number),
    ),
    _fault(
        "nickname-cut",
        "A nickname is stored up to 32 characters.",
        "ES10c.SetNickname#02",
        swap(set_nickname.STORED, _cut_nickname),
    ),
    _fault(
        "nickname-of-all-removed",
        "An empty nickname removes those of all Profiles.",
        "ES10c.SetNickname#03",
        swap(set_nickname.STORED, _nickname_of_all),
    ),
    _fault(
        "by-end-of-aid",
        "A Profile is found by the last three octets of an AID.",
        "ES10c.EnableProfile#14",
        swap(profile_attempt.NAMED, _by_end_of_aid),
    ),
    _fault(
        "by-begin-of-iccid",
        "A Profile is found by the first nine octets of an ICCID.",
        "ES10c.EnableProfile#13",
        swap(profile_attempt.NAMED, _by_begin_of_iccid),
    ),
    _fault(
        "root-address-cleared",
        "A memory reset of the default address clears that of the root SM-DS too.",
        "ES10c.eUICCMemoryReset#08",
        swap(euicc_memory_reset.ADDRESSES, _root_cleared),
    ),
    _fault(
        "reset-of-disabled-only",
        "A memory reset leaves the Enabled Profile.",
        "ES10c.eUICCMemoryReset#02",
        swap(euicc_memory_reset.SELECTED, _disabled_only),
    ),
    _fault(
        "always-postponed",
        "CancelSession signs the reason postponed(1) whatever was asked.",
        "ES10b.CancelSession#01",
        swap(cancel_session.SIGNED, _always_postponed),
    ),
    _fault(
        "counter-in-four-bits",
        "The counter of protected objects begins again after 15.",
        "ES8+.LoadProfileElements#01",
        swap(step.UNPROTECT, _counter_in_one_octet),
    ),
    _fault(
        "first-address-for-all",
        "Each Notification goes to the first address configured.",
        "ES10b.ListNotification#12",
        swap(notifications.ADDRESSES, _first_address_for_all),
    ),
    _fault(
        "first-credential",
        "AuthenticateServer signs under the first CI whatever was asked.",
        "ES10b.AuthenticateServer#03",
        swap(authenticate_server.CREDENTIAL, _first_credential),
    ),
    _fault(
        "icon-dropped",
        "UpdateMetadata without an icon removes it.",
        "ES6.UpdateMetadata#10",
        swap(update_metadata.UPDATED, _icon_dropped),
    ),
    _fault(
        "rules-replaced",
        "UpdateMetadata sets policy rules that were not set.",
        "ES6.UpdateMetadata#05",
        swap(update_metadata.UPDATED, _rules_replaced),
    ),
    _fault(
        "ppr1-by-any-class",
        "PPR1 is forbidden beside a Profile of any class.",
        "ES10b.GetEUICCInfo2#16",
        swap(information.FORBIDDEN_RULES, _ppr1_by_any_class),
    ),
    _fault(
        "verified-over-reset",
        "A PIN stays verified over a reset.",
        "UICC.Pin#01",
        swap(startup.FORGOTTEN, _verified_over_reset),
    ),
    _fault(
        "disabled-state-left-out",
        "The state of a Disabled Profile is not listed.",
        "ES10c.GetProfilesInfo#12",
        swap(get_profiles_info.DESCRIBED, _state_left_out),
    ),
    _fault(
        "every-class-operational",
        "Every Profile is listed as operational.",
        "ES10c.GetProfilesInfo#18",
        swap(get_profiles_info.DESCRIBED, _operational),
    ),
    _fault(
        "listed-once",
        "Of several Notifications of one Profile and event one is listed.",
        "procedure.Notifications#07",
        swap(list_notification.LISTED, _listed_once),
    ),
    _fault(
        "block-255-is-last",
        "The number of a block of STORE DATA begins again after 254.",
        "Transport.StoreData#05",
        swap(store_data.CONTINUES, lambda p2, blocks: p2 == blocks % 255),
    ),
)
