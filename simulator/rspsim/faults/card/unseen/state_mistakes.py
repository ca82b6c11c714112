"""Mistakes in what a function leaves behind, and in what is asked a second time: a third list."""

from dataclasses import replace
from typing import Any, Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.es10c import DisableResult
from rspcore.messages.metadata import (
    NotificationEvent,
    ProfileClass,
    StoreMetadataRequest,
    UpdateMetadataRequest,
)
from rspcore.messages.notifications import NotificationMetadata
from rspcore.status import StatusWord
from rspsim.euicc import applications, isdp, notifications
from rspsim.euicc.decisions import Check
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.isdr import information, selection
from rspsim.euicc.isdr.es10a import set_default_dp_address
from rspsim.euicc.isdr.es10a.set_default_dp_address import AddressAttempt
from rspsim.euicc.isdr.es10b import (
    get_euicc_info,
    list_notification,
    remove_notification_from_list,
)
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    euicc_memory_reset,
    set_nickname,
)
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.isdr.es10c.set_nickname import NicknameAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, CiCredential, Profile
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import (
    CardFault,
    adds,
    answering_data,
    behind,
    on,
    swap,
)
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.unseen.third_fault import third_fault

__all__ = ["FAULTS", "NOT_CAUGHT"]

_EVENT: Final = NotificationEvent
_UNDEFINED: Final = 127
_NICKNAME_OCTETS: Final = 128
_BLOCK: Final = 16
_AUTN: Final = 18
"""Where AUTN begins: behind RAND and the two lengths."""
_AMF: Final = slice(6, 8)


def _other_address(attempt: AddressAttempt) -> bool:
    return attempt.request.default_dp_address != attempt.state.addresses.default_dp


def _address_to_remove(attempt: AddressAttempt) -> bool:
    return bool(attempt.request.default_dp_address or attempt.state.addresses.default_dp)


def _other_nickname(attempt: NicknameAttempt) -> bool:
    profile, given = attempt.profile, attempt.request.profile_nickname
    return profile is None or not given or profile.nickname != given


def _nickname_to_remove(attempt: NicknameAttempt) -> bool:
    profile = attempt.profile
    return profile is None or bool(attempt.request.profile_nickname or profile.nickname)


def _of_a_disabled_one(attempt: NicknameAttempt) -> bool:
    return attempt.profile is None or not attempt.profile.enabled


def _nickname_cut(state: CardState, profile: Profile, nickname: str) -> CardState:
    octets = nickname.encode()[:_NICKNAME_OCTETS]
    return set_nickname.STORED.standard(state, profile, octets.decode(errors="ignore"))


def _enabling_noted(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Notes an enabling that was refused because the Profile is Enabled."""
    profile = view.state.enabled_profile
    named = request.profile_identifier
    if outcome.state is not view.state or profile is None:
        return outcome
    if profile.iccid != named.iccid and profile.aid != named.isdp_aid:
        return outcome
    event = _EVENT.notificationEnable
    noted = notifications.with_events(view.state, view.decisions, profile, event)
    return replace(outcome, state=noted)


def _deletion_noted(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Notes a deletion that was refused because the Profile is Enabled."""
    profile = view.state.enabled_profile
    if outcome.state is not view.state or profile is None:
        return outcome
    if profile.iccid != request.iccid and profile.aid != request.isdp_aid:
        return outcome
    event = _EVENT.notificationDelete
    noted = notifications.with_events(view.state, view.decisions, profile, event)
    return replace(outcome, state=noted)


def _older_along(state: CardState, seq_number: int) -> CardState:
    left = tuple(one for one in state.notifications if one.seq_number > seq_number)
    return replace(state, notifications=left)


def _first_named(state: CardState, metadata: NotificationMetadata, /) -> NotificationMetadata:
    if metadata.profile_management_operation != {_EVENT.notificationDelete} or not state.profiles:
        return metadata
    return replace(metadata, iccid=state.profiles[0].iccid)


def _one_deletion_noted(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Keeps of a memory reset the Notifications of the first Profile it deleted."""
    del request
    before = {one.seq_number for one in view.state.notifications}
    new = [one for one in outcome.state.notifications if one.seq_number not in before]
    if not new:
        return outcome
    first = NotificationMetadata.decode(new[0].metadata).iccid
    kept = tuple(
        one
        for one in outcome.state.notifications
        if one.seq_number in before or NotificationMetadata.decode(one.metadata).iccid == first
    )
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _counted_anew(outcome: Outcome, view: View) -> Outcome:
    if outcome.state is view.state:
        return outcome
    return replace(outcome, state=replace(outcome.state, next_seq_number=1))


def _list_emptied(outcome: Outcome, view: View) -> Outcome:
    if outcome.state is view.state:
        return outcome
    before = {one.seq_number for one in view.state.notifications}
    kept = tuple(one for one in outcome.state.notifications if one.seq_number not in before)
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _session_kept(outcome: Outcome, view: View) -> Outcome:
    return replace(outcome, volatile=replace(outcome.volatile, session=view.session))


def _iccid_of_the_last(state: CardState, metadata: NotificationMetadata, /) -> NotificationMetadata:
    if metadata.iccid is not None or not state.profiles:
        return metadata
    return replace(metadata, iccid=state.profiles[-1].iccid)


def _remembered_once(state: CardState, disabled: Profile | None, enabled: Profile | None, /) -> Any:
    if disabled is not None and disabled.profile_class == ProfileClass.test:
        return None
    return isdp.REMEMBERED.standard(state, disabled, enabled)


def _somewhere_to_return(attempt: ProfileAttempt) -> bool:
    profile = attempt.profile
    if profile is None or profile.profile_class != ProfileClass.test:
        return True
    return attempt.view.state.return_to is not None


def _type_kept(stored: StoreMetadataRequest, request: UpdateMetadataRequest) -> Any:
    updated = update_metadata.UPDATED.standard(stored, request)
    return replace(updated, icon_type=stored.icon_type) if request.icon == b"" else updated


def _first_event(pending: Pending, events: frozenset[int] | None, passes: EventFilter) -> Pending:
    first = None if not events else frozenset({min(events)})
    return list_notification.LISTED.standard(pending, first if events else events, passes)


def _credential_of_the_last(state: CardState, profile: Profile, /) -> CiCredential:
    last = state.profiles[-1] if state.profiles else profile
    return notifications.CREDENTIAL.standard(state, replace(profile, ci_pkid=last.ci_pkid))


def _first_ci_alone(outcome: Outcome, view: View) -> Outcome:
    info = information.euicc_info1(view.state, view.decisions)
    signing = info.euicc_ci_pkid_list_for_signing[:1]
    return answering_data(outcome, replace(info, euicc_ci_pkid_list_for_signing=signing).encode())


def _session_ends(view: View) -> Outcome:
    outcome = selection.selected(view)
    fresh = replace(outcome.volatile, session=IDLE_SESSION)
    return replace(outcome, volatile=fresh)


_ISDR, *_OTHERS = applications.APPLICATIONS.standard


def _one_amf(handler: Handler) -> Handler:
    """Refuses an authentication management field other than 8000."""

    def run(command: CommandApdu, view: View) -> Outcome:
        data = command.data
        autn = data[_AUTN:] if len(data) >= _AUTN + _BLOCK else b""
        if autn and autn[_AMF] != b"\x80\x00":
            return view.refuse(StatusWord.AUTHENTICATION_ERROR_MAC)
        return handler(command, view)

    return run


FAULTS: Final[tuple[CardFault, ...]] = (
    third_fault(
        1,
        "same-address-refused",
        "The default SM-DP+ address that is set already is refused.",
        adds(set_default_dp_address.CHECKS, Check("other", _other_address, _UNDEFINED)),
        "ES10a.SetDefaultDpAddress#02",
    ),
    third_fault(
        2,
        "no-address-to-remove",
        "The removal of a default SM-DP+ address that is not set is refused.",
        adds(set_default_dp_address.CHECKS, Check("set", _address_to_remove, _UNDEFINED)),
        "ES10a.SetDefaultDpAddress#03",
    ),
    third_fault(
        3,
        "same-nickname-refused",
        "The nickname that a Profile has already is refused.",
        adds(set_nickname.CHECKS, Check("other", _other_nickname, _UNDEFINED)),
        "ES10c.SetNickname#02",
    ),
    third_fault(
        4,
        "no-nickname-to-remove",
        "The removal of a nickname that is not there is refused.",
        adds(set_nickname.CHECKS, Check("set", _nickname_to_remove, _UNDEFINED)),
        "ES10c.SetNickname#03",
    ),
    third_fault(
        5,
        "nickname-of-the-enabled",
        "The nickname of the Enabled Profile cannot be changed.",
        adds(set_nickname.CHECKS, Check("disabled", _of_a_disabled_one, _UNDEFINED)),
        "ES10c.SetNickname#06",
    ),
    third_fault(
        6,
        "nickname-of-128-octets",
        "A nickname is cut after 128 octets.",
        swap(set_nickname.STORED, _nickname_cut),
        "ES10c.SetNickname#05",
    ),
    third_fault(
        7,
        "refused-enabling-noted",
        "An enabling that is refused because the Profile is Enabled leaves a Notification.",
        on(enable_profile.ENABLE_PROFILE, _enabling_noted),
        "procedure.Notifications#12",
    ),
    third_fault(
        8,
        "refused-deletion-noted",
        "A deletion that is refused because the Profile is Enabled leaves a Notification.",
        on(delete_profile.DELETE_PROFILE, _deletion_noted),
        "ES10c.DeleteProfile#03",
    ),
    third_fault(
        9,
        "older-ones-along",
        "The removal of a Notification takes all older ones along.",
        swap(remove_notification_from_list.REMOVED, _older_along),
        "ES10b.RemoveNotificationFromList#01",
    ),
    third_fault(
        10,
        "deletion-of-the-first",
        "A Notification of deletion names the first Profile aboard.",
        swap(notifications.METADATA, _first_named),
        "ES10c.DeleteProfile#12",
    ),
    third_fault(
        11,
        "one-deletion-noted",
        "A memory reset leaves Notifications of the first Profile that it deletes alone.",
        on(euicc_memory_reset.EUICC_MEMORY_RESET, _one_deletion_noted),
        "procedure.MemoryResetProcess#02",
    ),
    third_fault(
        12,
        "counted-anew",
        "After a memory reset Notifications are numbered from 1 again.",
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _counted_anew),
        "procedure.Notifications#06",
    ),
    third_fault(
        13,
        "list-emptied",
        "A memory reset drops the Notifications that waited before it.",
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _list_emptied),
        "ES10c.eUICCMemoryReset#22",
    ),
    third_fault(
        14,
        "session-outlives-reset",
        "A memory reset leaves the RSP session open.",
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _session_kept),
        "procedure.MemoryResetProcess#04",
    ),
    third_fault(
        19,
        "iccid-of-the-last",
        "The result of a load that ends before its metadata names the last Profile installed.",
        swap(notifications.METADATA, _iccid_of_the_last),
        "ES8+.InitialiseSecureChannel#21",
    ),
    third_fault(
        20,
        "remembered-once",
        "A second test Profile forgets the operational one that the first took the place of.",
        swap(isdp.REMEMBERED, _remembered_once),
        "ES10c.EnableProfile#44",
    ),
    third_fault(
        21,
        "nowhere-to-return",
        "A test Profile cannot be disabled where no operational one was Enabled before.",
        adds(
            disable_profile.CHECKS,
            Check("return", _somewhere_to_return, DisableResult.undefinedError),
        ),
        "ES10c.DisableProfile#20",
    ),
    third_fault(
        23,
        "first-event-of-filter",
        "Of a filter of several events the first alone is looked for.",
        swap(list_notification.LISTED, _first_event),
        "ES10b.ListNotification#07",
    ),
    third_fault(
        27,
        "first-ci-signs",
        "EUICCInfo1 lists the first CI alone for signing.",
        behind(get_euicc_info.GET_EUICC_INFO1, _first_ci_alone),
        "ES10b.GetEUICCInfo1#03",
    ),
    third_fault(
        30,
        "one-amf",
        "A challenge whose authentication management field is not 8000 is refused.",
        instead(Ins.AUTHENTICATE, _one_amf),
        "UICC.Authenticate#06",
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    third_fault(
        22,
        "type-without-icon",
        "An update that removes the icon leaves its type.",
        swap(update_metadata.UPDATED, _type_kept),
    ),
    third_fault(
        26,
        "signed-as-the-last",
        "Notifications are signed under the CI that the last Profile came under.",
        swap(notifications.CREDENTIAL, _credential_of_the_last),
    ),
    third_fault(
        28,
        "session-ends-with-select",
        "Another SELECT of the ISD-R ends the RSP session.",
        swap(
            applications.APPLICATIONS,
            (replace(_ISDR, select=_session_ends), *_OTHERS),
        ),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
