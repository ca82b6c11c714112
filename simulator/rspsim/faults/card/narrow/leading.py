"""Narrow faults of rows that many cases lead through: each shows in one use of what they share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, PprId, ProfileClass
from rspcore.messages.notifications import (
    NotificationMetadata,
)
from rspsim.euicc import applications, notifications
from rspsim.euicc.isdr import selection
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    list_notification,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10c import delete_profile, enable_profile, get_profiles_info
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import (
    CardState,
    CiCredential,
    PendingSwitch,
)
from rspsim.faults.card.card_fault import (
    Change,
    answering_data,
    on,
    swap,
)
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_EVENT: Final = NotificationEvent
_MANY: Final = 5
_BUFFER: Final = 4352
_FCI, _NAME = 0x6F, 0x84


def _turned(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Lets a list of five or more begin with the second entry from then on."""
    waiting = view.state.notifications
    if request.profile_management_operation is not None or len(waiting) < _MANY:
        return outcome
    return replace(outcome, state=replace(view.state, notifications=(*waiting[1:], waiting[0])))


def _lone_result_nameless(
    pending: Any, events: frozenset[int] | None, passes: Callable[..., bool]
) -> Any:
    """Lists a result that waits alone without its address."""
    found = list_notification.LISTED.standard(pending, events, passes)
    if len(pending) != 1 or len(found) != 1 or not found[0].is_result:
        return found
    metadata = NotificationMetadata.decode(found[0].metadata)
    return (replace(found[0], metadata=replace(metadata, notification_address="").encode()),)


def _lone_result_damaged(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Gives the only result with a signature whose last bit is another one."""
    results = [one for one in view.state.notifications if one.is_result]
    if len(results) != 1 or len(view.state.profiles) != 1:
        return outcome
    octets = results[0].octets
    wrong = octets[:-1] + bytes((octets[-1] ^ 1,))
    return answering_data(outcome, outcome.response.data.replace(octets, wrong))


def _short_buffer(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Loses what of an answer is beyond a buffer that three Profiles leave."""
    data = outcome.response.data
    short = len(view.state.profiles) > 2 and len(data) > _BUFFER
    return answering_data(outcome, data[:_BUFFER]) if short else outcome


def _eum_of_the_first(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Shows CERT.EUM of the CI that the Profile aboard came under."""
    found = authenticate_server.CREDENTIAL.standard(attempt)
    state = attempt.view.state
    if found is None or not state.profiles or state.profiles[0].ci_pkid == found.ci_pkid:
        return found
    other = next(
        (one for one in state.credentials if one.ci_pkid == state.profiles[0].ci_pkid), None
    )
    return found if other is None else replace(found, eum_certificate=other.eum_certificate)


def _undone_at_reset(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Goes back, at a reset, to the Profile that was Enabled before a change without REFRESH."""
    former = view.state.enabled_profile
    now = outcome.state.enabled_profile
    if request.refresh_flag or former is None or now is None or former.aid == now.aid:
        return outcome
    if [one.aid for one in view.state.profiles] != [former.aid, now.aid]:
        return outcome
    if ProfileClass.test in (now.profile_class, former.profile_class):
        return outcome
    if view.state.notifications:
        return outcome
    back = PendingSwitch(disable=now.aid, enable=former.aid)
    return replace(outcome, state=replace(outcome.state, pending_switch=back))


def _enabling_numbered_first(
    state: CardState, metadata: NotificationMetadata, /
) -> NotificationMetadata:
    """Exchanges the numbers of the two Notifications of a change from one Profile to another."""
    enabled, number = state.enabled_profile, metadata.seq_number
    if metadata.profile_management_operation == {_EVENT.notificationDisable}:
        another = enabled is not None and enabled.iccid != metadata.iccid
        return replace(metadata, seq_number=number + 1) if another else metadata
    waiting = state.notifications
    if waiting and NotificationMetadata.decode(waiting[-1].metadata).seq_number == number:
        return replace(metadata, seq_number=number - 1)
    return metadata


def _rule_of_the_first_hidden(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Lists the only Profile, which has PPR1 alone and was never Enabled, as one with PPR2."""
    profiles = view.state.profiles
    del request
    if len(profiles) != 1 or profiles[0].metadata.profile_policy_rules != frozenset({PprId.ppr1}):
        return outcome
    if profiles[0].state == ProfileState.enabled:
        return outcome
    data = outcome.response.data.replace(b"\x99\x02\x06\x40", b"\x99\x02\x05\x20")
    return answering_data(outcome, data)


def _of_event_forgotten(event: NotificationEvent) -> Change:
    """Returns a change by which a deletion takes the only Notification, of an event, along."""

    def change(_request: Any, view: View, outcome: Outcome) -> Outcome:
        gone = {one.iccid for one in view.state.profiles} - {
            one.iccid for one in outcome.state.profiles
        }
        if len(view.state.notifications) != 1:
            return outcome
        kept = tuple(
            one
            for one in outcome.state.notifications
            if one.event != event or NotificationMetadata.decode(one.metadata).iccid not in gone
        )
        return replace(outcome, state=replace(outcome.state, notifications=kept))

    return on(delete_profile.DELETE_PROFILE, change)


def _only_result_forgotten(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Forgets, with the only Profile, the result of its installation, if it was never Enabled."""
    installed = all(one.event == _EVENT.notificationInstall for one in view.state.notifications)
    if len(view.state.profiles) != 1 or outcome.state.profiles or not installed:
        return outcome
    kept = tuple(one for one in outcome.state.notifications if not one.is_result)
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _beside_a_test_profile(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Leaves an operational Profile without rules Enabled when a test Profile is enabled."""
    del request
    state, former = outcome.state, view.state.enabled_profile
    now = next((p for p in state.profiles if p.state == ProfileState.enabled), None)
    if former is None or now is None or now.profile_class != ProfileClass.test:
        return outcome
    if former.profile_class != ProfileClass.operational or former.metadata.profile_policy_rules:
        return outcome
    both = state.with_profile(replace(former, state=ProfileState.enabled))
    return replace(outcome, state=both)


def _selected_without_name(view: View) -> Outcome:
    """Leaves the AID out of the FCI of the ISD-R on channel 1."""
    outcome = selection.selected(view)
    data = outcome.response.data
    if view.channel_number != 1 or not data:
        return outcome
    parts = tlv.parse(data).children()
    kept = b"".join(bytes(one.raw) for one in parts if one.tag != _NAME)
    return answering_data(outcome, tlv.encode(_FCI, kept))


_ISDR, *_OTHERS = applications.APPLICATIONS.standard


def _four_events_listed_as_three(_request: Any, _view: View, outcome: Outcome) -> Outcome:
    """Lists a configuration entry of all four events without deletion."""
    data = outcome.response.data.replace(b"\x80\x02\x04\xf0", b"\x80\x02\x04\xe0")
    return answering_data(outcome, data)


def _first_of_two_stays(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and deletes nothing, where the first of two Disabled Profiles is named by ICCID."""
    profiles = view.state.profiles
    disabled = all(one.state == ProfileState.disabled for one in profiles)
    if len(profiles) != 2 or not disabled:
        return outcome
    first = request.iccid is not None and request.iccid == profiles[0].iccid
    return replace(outcome, state=view.state) if first else outcome


def _silent_result_stays(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and keeps the result of a Profile that names no address."""
    silent = {
        one.iccid for one in view.state.profiles if not one.metadata.notification_configuration_info
    }
    for one in view.state.notifications:
        iccid = NotificationMetadata.decode(one.metadata).iccid
        if one.seq_number == request.seq_number and one.is_result and iccid in silent:
            return replace(outcome, state=view.state)
    return outcome


_LIST: Final = "ES10b.ListNotification"


FAULTS: Final = (
    narrow_fault(
        "list-notification.turned-by-reading",
        "Reading a list of five or more lets it begin with its second entry.",
        on(list_notification.LIST_NOTIFICATION, _turned),
        f"{_LIST}#16",
    ),
    narrow_fault(
        "list-notification.lone-result-nameless",
        "A result that waits alone is listed without its address.",
        swap(list_notification.LISTED, _lone_result_nameless),
        f"{_LIST}#15",
    ),
    narrow_fault(
        "retrieve-notifications-list.lone-result-damaged",
        "The only result is given with a wrong signature.",
        on(retrieve_notifications_list.RETRIEVE_NOTIFICATIONS_LIST, _lone_result_damaged),
        "ES10b.RetrieveNotificationsList#11",
    ),
    narrow_fault(
        "remove-notification-from-list.silent-result-stays",
        "The result of a Profile that names no address stays, and is said to be removed.",
        on(remove_notification_from_list.REMOVE_NOTIFICATION_FROM_LIST, _silent_result_stays),
        "procedure.Download#01",
    ),
    narrow_fault(
        "retrieve-notifications-list.short-buffer",
        "Beside three Profiles 4352 octets of a list of Notifications are answered at most.",
        on(retrieve_notifications_list.RETRIEVE_NOTIFICATIONS_LIST, _short_buffer),
        "Transport.StoreData#07",
    ),
    narrow_fault(
        "authenticate-server.eum-of-the-first",
        "CERT.EUM is that of the CI which the first Profile aboard came under.",
        swap(authenticate_server.CREDENTIAL, _eum_of_the_first),
        "procedure.Download#04",
    ),
    narrow_fault(
        "enable-profile.undone-at-reset",
        "A change from the first to the second operational Profile is undone at the next reset.",
        on(enable_profile.ENABLE_PROFILE, _undone_at_reset),
        "procedure.EnableProcess#02",
    ),
    narrow_fault(
        "switch.enabling-numbered-first",
        "Of a change from one Profile to another the enabling has the smaller number.",
        swap(notifications.METADATA, _enabling_numbered_first),
        "procedure.EnableProcess#10",
    ),
    narrow_fault(
        "get-profiles-info.ppr1-as-ppr2",
        "The only Profile, Disabled, with PPR1 alone, is listed with PPR2.",
        on(get_profiles_info.GET_PROFILES_INFO, _rule_of_the_first_hidden),
        "ES8+.StoreMetadata#19",
    ),
    narrow_fault(
        "delete-profile.lone-enabling-forgotten",
        "A deletion takes the Notification of enabling of its Profile along, where it waits alone.",
        _of_event_forgotten(NotificationEvent.notificationEnable),
        "ES10c.DeleteProfile#14",
    ),
    narrow_fault(
        "delete-profile.only-result-forgotten",
        "The deletion of the only Profile, never Enabled, takes its result along.",
        on(delete_profile.DELETE_PROFILE, _only_result_forgotten),
        "procedure.DeleteProcess#02",
    ),
    narrow_fault(
        "enable-profile.beside-a-test-profile",
        "An operational Profile without rules stays Enabled beside a test Profile.",
        on(enable_profile.ENABLE_PROFILE, _beside_a_test_profile),
        "ES10c.EnableProfile#12",
    ),
    narrow_fault(
        "select.no-name-on-channel-1",
        "The FCI of the ISD-R has no AID on channel 1.",
        swap(
            applications.APPLICATIONS,
            (replace(_ISDR, select=_selected_without_name), *_OTHERS),
        ),
        "ISD-R.Select#15",
    ),
    narrow_fault(
        "get-profiles-info.four-events-as-three",
        "A configuration entry of all four events is listed without deletion.",
        on(get_profiles_info.GET_PROFILES_INFO, _four_events_listed_as_three),
        "ES8+.StoreMetadata#14",
    ),
    narrow_fault(
        "delete-profile.first-of-two-stays",
        "The first of two Disabled Profiles, named by ICCID, is said to be deleted and stays.",
        on(delete_profile.DELETE_PROFILE, _first_of_two_stays),
        "ES10c.DeleteProfile#01",
    ),
)
