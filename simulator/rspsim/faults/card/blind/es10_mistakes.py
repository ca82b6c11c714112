"""Mistakes in transport, Profiles and Notifications, from the list of a second hand."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import ResetOption, SearchCriteria
from rspcore.messages.metadata import NotificationEvent, PprId
from rspcore.messages.notifications import NotificationMetadata
from rspcore.tags import Tag
from rspsim.euicc import applications, manage_channel, notifications
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import information, store_data
from rspsim.euicc.isdr.es10a import set_default_dp_address
from rspsim.euicc.isdr.es10b import list_notification, remove_notification_from_list
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    enable_profile,
    euicc_memory_reset,
    get_profiles_info,
    profile_attempt,
    set_nickname,
)
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, PendingNotification, Profile, Volatile
from rspsim.faults.card.card_fault import CardFault, behind, decides, swap

__all__ = ["FAULTS", "NOT_CAUGHT"]

_LABEL, _ADDRESS = 63, 32
_KNOWN_TAGS: Final = frozenset(
    {
        *get_profiles_info.DEFAULT_TAGS.standard,
        Tag.NotificationConfigurationInfo,
        Tag.ProfileOwner,
        Tag.DpProprietaryData,
        Tag.ProfilePolicyRules,
        0xBF22,
    }
)


def _once_there(state: CardState) -> frozenset[int]:
    ever = state.next_seq_number > state.options.first_seq_number
    return information.FORBIDDEN_RULES.standard(state) | ({PprId.ppr1} if ever else set())


def _those_above_too(volatile: Volatile, number: int) -> Volatile:
    for higher in range(len(volatile.channels) - 1, number, -1):
        if volatile.channels[higher] is not None:
            volatile = manage_channel.CLOSED.standard(volatile, higher)
    return manage_channel.CLOSED.standard(volatile, number)


def _stored_as(state: CardState, address: str) -> CardState:
    return set_default_dp_address.STORED.standard(state, address)


def _over_the_old(state: CardState, address: str) -> CardState:
    old = state.addresses.default_dp or ""
    return _stored_as(state, address + old[len(address) :] if address else "")


def _results_stay(
    pending: tuple[PendingNotification, ...], capacity: int
) -> tuple[PendingNotification, ...]:
    if len(pending) <= capacity:
        return pending
    others = [one for one in pending if not one.is_result]
    oldest = (others or list(pending))[0]
    return tuple(one for one in pending if one is not oldest)


def _first_event(profile: Profile, event: int, /) -> tuple[str, ...]:
    entries = profile.metadata.notification_configuration_info or ()
    return tuple(
        entry.notification_address
        for entry in entries
        if entry.profile_management_operation and min(entry.profile_management_operation) == event
    )


def _no_results(one: PendingNotification, events: frozenset[int] | None) -> bool:
    return list_notification.EVENT_FILTER.standard(one, events) and not (
        events is not None and one.is_result
    )


def _short_address(_state: CardState, metadata: NotificationMetadata, /) -> NotificationMetadata:
    return replace(metadata, notification_address=metadata.notification_address[:_ADDRESS])


def _default_address(state: CardState, metadata: NotificationMetadata, /) -> NotificationMetadata:
    """Sends what follows an installation to the default SM-DP+ where there is one."""
    install = NotificationEvent.notificationInstall in metadata.profile_management_operation
    address = state.addresses.default_dp
    if install and address:
        return replace(metadata, notification_address=address)
    return metadata


def _all_of_installation(state: CardState, seq_number: int) -> CardState:
    named = next((n for n in state.notifications if n.seq_number == seq_number), None)
    after = remove_notification_from_list.REMOVED.standard(state, seq_number)
    if named is None or not named.is_result:
        return after
    iccid = NotificationMetadata.decode(named.metadata).iccid
    left = tuple(
        one
        for one in after.notifications
        if one.event != NotificationEvent.notificationInstall
        or NotificationMetadata.decode(one.metadata).iccid != iccid
    )
    return replace(after, notifications=left)


def _last_pair_ignored(state: CardState, aid: Aid | None, iccid: Iccid | None, /) -> Profile | None:
    exact = profile_attempt.NAMED.standard(state, aid, iccid)
    if exact is not None or iccid is None:
        return exact
    alike = (one for one in state.profiles if one.iccid.octets[:-1] == iccid.octets[:-1])
    return next(alike, None)


def _ppr1_by_iccid(attempt: ProfileAttempt) -> bool:
    by_name = {check.name: check for check in enable_profile.CHECKS.standard}
    return attempt.isdp_aid is not None or by_name["policy"].holds(attempt)


def _either_rule(attempt: ProfileAttempt) -> bool:
    profile = attempt.profile
    return profile is None or not profile.policy_rules & {PprId.ppr1, PprId.ppr2}


def _nicknames_stay(state: CardState, decisions: Decisions, profile: Profile, /) -> CardState:
    names = [one.nickname for one in state.profiles]
    after = delete_profile.REMOVED.standard(state, decisions, profile)
    place = state.profiles.index(profile)
    moved = (
        one if number < place else replace(one, nickname=names[number])
        for number, one in enumerate(after.profiles)
    )
    return replace(after, profiles=tuple(moved))


def _first_kind(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    both = {ResetOption.deleteOperationalProfiles, ResetOption.deleteFieldLoadedTestProfiles}
    if both <= options:
        options = options - {ResetOption.deleteFieldLoadedTestProfiles}
    return euicc_memory_reset.SELECTED.standard(state, options)


def _address_with_profiles(outcome: Outcome, view: View) -> Outcome:
    if len(outcome.state.profiles) != len(view.state.profiles):
        return outcome
    return replace(outcome, state=replace(outcome.state, addresses=view.state.addresses))


def _first_plane(state: CardState, profile: Profile, nickname: str) -> CardState:
    text = "".join("?" if ord(one) > 0xFFFF else one for one in nickname)
    return set_nickname.STORED.standard(state, profile, text)


def _class_as_given(profile: Profile, criteria: SearchCriteria | None) -> bool:
    if criteria is not None and criteria.profile_class is not None:
        return profile.metadata.profile_class == criteria.profile_class
    return get_profiles_info.MATCHES.standard(profile, criteria)


def _tags_in_order(octets: bytes) -> Iterable[int]:
    position = 0
    while position < len(octets):
        size = 2 if octets[position] & 0x1F == 0x1F else 1
        yield int.from_bytes(octets[position : position + size], "big")
        position += size


def _until_unknown(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    wanted = get_profiles_info.WANTED.standard(tag_list, default)
    if tag_list is None:
        return wanted
    known = []
    for tag in _tags_in_order(tag_list):
        if tag not in _KNOWN_TAGS:
            break
        known.append(tag)
    return frozenset(known)


FAULTS: Final = (
    CardFault(
        "blind.01-block-number-nibble",
        "The block number is compared in its low four bits.",
        ("Transport.StoreData#55",),
        swap(store_data.CONTINUES, lambda p2, blocks: p2 & 0x0F == blocks & 0x0F),
    ),
    CardFault(
        "blind.02-longer-name",
        "An AID is found by a name that has more octets than the AID.",
        ("ISD-R.Select#32",),
        swap(applications.MATCHES, lambda aid, name: aid.startswith(name) or name.startswith(aid)),
    ),
    CardFault(
        "blind.03-ppr1-forbidden-for-good",
        "PPR1 stays forbidden once an operational Profile was there.",
        ("ES10b.GetEUICCInfo2#29",),
        swap(information.FORBIDDEN_RULES, _once_there),
    ),
    CardFault(
        "blind.04-channels-above-closed",
        "The close of a channel closes those above it, too.",
        ("ISD-R.Select#33",),
        swap(manage_channel.CLOSED, _those_above_too),
    ),
    CardFault(
        "blind.05-default-address-lower-case",
        "The default SM-DP+ address is kept in lower case.",
        ("ES10a.SetDefaultDpAddress#15",),
        swap(set_default_dp_address.STORED, lambda s, a: _stored_as(s, a.lower())),
    ),
    CardFault(
        "blind.06-default-address-of-a-label",
        "The default SM-DP+ address is cut after 63 octets.",
        ("ES10a.SetDefaultDpAddress#12", "Transport.StoreData#02", "Transport.StoreData#03"),
        swap(set_default_dp_address.STORED, lambda s, a: _stored_as(s, a[:_LABEL])),
    ),
    CardFault(
        "blind.07-end-of-old-address",
        "A shorter default SM-DP+ address leaves the end of the longer one before it.",
        ("ES10a.SetDefaultDpAddress#14",),
        swap(set_default_dp_address.STORED, _over_the_old),
    ),
    CardFault(
        "blind.34-result-to-default-address",
        "Where a default SM-DP+ address is set, the result of an installation goes there.",
        ("procedure.Notifications#17",),
        swap(notifications.METADATA, _default_address),
    ),
    CardFault(
        "blind.36-first-event-of-an-entry",
        "Of a configuration entry with several events the first alone is noted.",
        (
            "ES10b.ListNotification#01",
            "ES10b.ListNotification#04",
            "ES10b.ListNotification#05",
            "ES10b.ListNotification#06",
        ),
        swap(notifications.ADDRESSES, _first_event),
    ),
    CardFault(
        "blind.37-results-not-found-by-event",
        "A search by event finds no results of installations.",
        (
            "ES10b.ListNotification#03",
            "ES10b.ListNotification#08",
            "ES10b.RetrieveNotificationsList#04",
        ),
        swap(list_notification.EVENT_FILTER, _no_results),
    ),
    CardFault(
        "blind.38-short-notification-address",
        "The address of a Notification is cut after 32 octets.",
        ("procedure.Notifications#18",),
        swap(notifications.METADATA, _short_address),
    ),
    CardFault(
        "blind.39-result-takes-others-along",
        "A removed result takes the Notifications of the same installation with it.",
        ("ES10b.RemoveNotificationFromList#07",),
        swap(remove_notification_from_list.REMOVED, _all_of_installation),
    ),
    CardFault(
        "blind.40-last-digits-ignored",
        "The last two digits of an ICCID are not compared.",
        ("ES10c.EnableProfile#56", "ES10c.DisableProfile#32", "ES10c.DeleteProfile#24"),
        swap(profile_attempt.NAMED, _last_pair_ignored),
    ),
    CardFault(
        "blind.41-ppr1-by-iccid-alone",
        "EnableProfile looks at PPR1 only when the Profile is named by ICCID.",
        ("ES10c.EnableProfile#57",),
        decides(enable_profile.CHECKS, "policy", _ppr1_by_iccid),
    ),
    CardFault(
        "blind.42-ppr1-forbids-deletion",
        "PPR1 forbids the deletion of a Profile, too.",
        ("procedure.PolicyRules#05",),
        decides(delete_profile.CHECKS, "policy", _either_rule),
    ),
    CardFault(
        "blind.43-nicknames-stay-in-place",
        "Nicknames are not moved up with the Profiles behind the one deleted.",
        ("ES10c.SetNickname#13",),
        swap(delete_profile.REMOVED, _nicknames_stay),
    ),
    CardFault(
        "blind.44-first-kind-alone",
        "Of two kinds of Profiles to delete the first alone is deleted.",
        ("ES10c.eUICCMemoryReset#10", "ES10c.eUICCMemoryReset#12"),
        swap(euicc_memory_reset.SELECTED, _first_kind),
    ),
    CardFault(
        "blind.45-address-with-profiles-alone",
        "A memory reset clears the default SM-DP+ address only when it deletes a Profile.",
        ("ES10a.SetDefaultDpAddress#06", "ES10c.eUICCMemoryReset#08"),
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _address_with_profiles),
    ),
    CardFault(
        "blind.46-first-plane-alone",
        "Characters of a nickname beyond the first plane become question marks.",
        ("ES10c.SetNickname#05",),
        swap(set_nickname.STORED, _first_plane),
    ),
    CardFault(
        "blind.47-class-as-given",
        "A Profile without class in its metadata is not found by class.",
        ("ES10c.GetProfilesInfo#55",),
        swap(get_profiles_info.MATCHES, _class_as_given),
    ),
    CardFault(
        "blind.48-tags-until-unknown",
        "A tag list ends at the first tag the card does not know.",
        ("ES10c.GetProfilesInfo#33",),
        swap(get_profiles_info.WANTED, _until_unknown),
    ),
    CardFault(
        "blind.49-five-profiles",
        "Five Profiles at most are listed.",
        ("procedure.Download#08",),
        swap(get_profiles_info.PRESENT, lambda view: view.state.profiles[:5]),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    CardFault(
        "blind.35-results-stay-in-full-list",
        "When the list is full, the oldest Notification that is no result is dropped.",
        (),
        swap(notifications.KEPT, _results_stay),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
