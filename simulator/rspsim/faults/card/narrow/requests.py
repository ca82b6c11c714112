"""Narrow faults of ES10 functions: one value of one request, one state of the session."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.messages.es10b import (
    CancelSessionReason,
    EuiccCancelSessionSigned,
    NotificationSentResponse,
    NotificationSentResult,
)
from rspcore.messages.es10c import EnableProfileRequest, EnableProfileResponse, EnableResult
from rspcore.messages.metadata import NotificationEvent, PprId, ProfileClass
from rspcore.messages.notifications import NotificationMetadata
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    cancel_session,
    get_euicc_info,
    list_notification,
    prepare_download,
    remove_notification_from_list,
)
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    get_profiles_info,
)
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionState
from rspsim.faults.card.card_fault import Change, answering_data, decides, on, swap
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_S = SessionState


def _malformed(function: AnyFunction, answer: Callable[[View], Outcome]) -> Change:
    """Returns a change of the answer to a request that cannot be read."""

    def apply(decisions: Decisions) -> Decisions:
        table = decisions[dispatch.FUNCTIONS]
        changed = {**table, function.tag: replace(table[function.tag], malformed=answer)}
        return decisions.having(dispatch.FUNCTIONS, changed)

    return apply


def _with_iccid(wanted: int) -> Change:
    """Returns a change that answers a tag list of one tag with the ICCID as well."""

    def change(request: Any, view: View, outcome: Outcome) -> Outcome:
        octets = wanted.to_bytes(2 if wanted > 0xFF else 1, "big")
        if request.tag_list != octets or wanted == Tag.Iccid:
            return outcome
        both = replace(request, tag_list=bytes((Tag.Iccid,)) + octets)
        return get_profiles_info.GET_PROFILES_INFO.handle(both, view)

    return on(get_profiles_info.GET_PROFILES_INFO, change)


def _with_aid(request: Any, view: View, outcome: Outcome) -> Outcome:
    if request.tag_list != bytes((Tag.Iccid,)):
        return outcome
    both = replace(request, tag_list=bytes((Tag.Iccid, Tag.IsdpAid)))
    return get_profiles_info.GET_PROFILES_INFO.handle(both, view)


def _all_disabled_without_list(request: Any, _view: View, outcome: Outcome) -> Outcome:
    """Lists every Profile as Disabled when no tag list is given."""
    data = outcome.response.data
    if request.tag_list is not None:
        return outcome
    return answering_data(outcome, data.replace(b"\x9f\x70\x01\x01", b"\x9f\x70\x01\x00"))


def _icon_left_out_of_a_long_list(request: Any, view: View, outcome: Outcome) -> Outcome:
    many = len(view.state.profiles) > 7
    if not many or request.tag_list != bytes.fromhex("5A9294"):
        return outcome
    shorter = replace(request, tag_list=bytes.fromhex("5A92"))
    return get_profiles_info.GET_PROFILES_INFO.handle(shorter, view)


def _every_event_for(event: NotificationEvent) -> Change:
    """Returns a change by which a filter of one event lists everything."""

    def change(request: Any, view: View, outcome: Outcome) -> Outcome:
        if request.profile_management_operation != frozenset({event}):
            return outcome
        whole = replace(request, profile_management_operation=None)
        return list_notification.LIST_NOTIFICATION.handle(whole, view)

    return on(list_notification.LIST_NOTIFICATION, change)


def _reason_lost(reason: CancelSessionReason) -> Change:
    """Returns a change that signs another reason in place of one."""

    def signed(attempt: Any, server: Any) -> EuiccCancelSessionSigned:
        plain = cancel_session.SIGNED.standard(attempt, server)
        other = CancelSessionReason.endUserRejection
        if reason is other:
            other = CancelSessionReason.timeout
        return replace(plain, reason=other) if plain.reason == reason else plain

    return swap(cancel_session.SIGNED, signed)


def _info2(tag: int, altered: Callable[[bytes], bytes]) -> Change:
    """Returns a change of one object of EUICCInfo2, outside a session."""

    def change(_request: Any, view: View, outcome: Outcome) -> Outcome:
        if view.session.state is not _S.IDLE:
            return outcome
        parts = tlv.parse(outcome.response.data).children()
        octets = b"".join(
            tlv.encode(tag, altered(bytes(one.value))) if one.tag == tag else bytes(one.raw)
            for one in parts
        )
        return answering_data(outcome, tlv.encode(Tag.GetEuiccInfo2, octets))

    return on(get_euicc_info.GET_EUICC_INFO2, change)


def _last_bit(value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,))


def _first_bits(value: bytes) -> bytes:
    """Turns every bit of the first octet of a bit string."""
    return value[:1] + bytes((value[1] ^ 0xFF,)) + value[2:]


def _one_object_more(value: bytes) -> bytes:
    return value + b"\x84\x01\x00"


def _no_category(_value: bytes) -> bytes:
    return b"\x09"


def _nothing_done(outcome: Outcome, view: View) -> Outcome:
    return replace(outcome, state=view.state, volatile=view.volatile)


def _named(by_aid: bool, flag: bool | None = None) -> Callable[[Any], bool]:  # noqa: FBT001
    def holds(request: Any) -> bool:
        named = request.profile_identifier
        form = (named.isdp_aid is not None) is by_aid
        return form and (flag is None or request.refresh_flag is flag)

    return holds


def _idle_when(function: AnyFunction, holds: Callable[[Any, View], bool]) -> Change:
    """Returns a change by which a function says ok and does nothing, for some requests."""

    def change(request: Any, view: View, outcome: Outcome) -> Outcome:
        return _nothing_done(outcome, view) if holds(request, view) else outcome

    return on(function, change)


def _target(request: Any, view: View) -> Any:
    named = request.profile_identifier
    if named.iccid is not None:
        return view.state.profile_by_iccid(named.iccid)
    return view.state.profile_by_aid(named.isdp_aid)


def _over_operational(kind: ProfileClass) -> Callable[[Any, View], bool]:
    """Returns whether a Profile of a class is enabled over an operational one."""

    def holds(request: Any, view: View) -> bool:
        target, current = _target(request, view), view.state.enabled_profile
        return (
            target is not None
            and current is not None
            and target.profile_class == kind
            and current.profile_class == ProfileClass.operational
        )

    return holds


def _with_rules(rule: PprId) -> Callable[[Any, View], bool]:
    def holds(request: Any, view: View) -> bool:
        target = _target(request, view)
        rules = None if target is None else target.metadata.profile_policy_rules
        return bool(rules) and rules == frozenset({rule})

    return holds


def _forbidding(function: AnyFunction, holds: Callable[[Any, View], bool]) -> Change:
    """Returns a change by which EnableProfile is disallowed by policy, for some requests."""

    def change(request: EnableProfileRequest, view: View, outcome: Outcome) -> Outcome:
        if not holds(request, view):
            return outcome
        return view.answer(EnableProfileResponse(enable_result=EnableResult.disallowedByPolicy))

    return on(function, change)


def _enable_forgotten(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Forgets, with a Profile that is deleted by ICCID, its Notifications of enabling."""
    if request.iccid is None or outcome.state is view.state:
        return outcome
    kept = tuple(
        one
        for one in outcome.state.notifications
        if one.event is not NotificationEvent.notificationEnable
        or NotificationMetadata.decode(one.metadata).iccid != request.iccid
    )
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _in_state(*states: SessionState) -> Change:
    """Returns a change that takes a segment at a wrong place in silence, in some states."""

    def misplaced(view: View, /) -> int:
        return StatusWord.OK if view.session.state in states else segments.MISPLACED.standard(view)

    return swap(segments.MISPLACED, misplaced)


def _both_rules_authorised(attempt: MetadataAttempt) -> bool:
    both = {PprId.ppr1, PprId.ppr2} <= set(attempt.rules_wanted)
    return both or attempt.rules_authorised


def _removed_without_number(view: View) -> Outcome:
    state = replace(view.state, notifications=view.state.notifications[1:])
    answer = NotificationSentResponse(delete_notification_status=NotificationSentResult.ok)
    return view.answer(answer, state=state)


def _empty_success(view: View) -> Outcome:
    return replace(view.outcome(), response=ResponseApdu(b"", int(StatusWord.OK)))


_TAG_LISTS: Final = (
    ("aid", Tag.IsdpAid, "11"),
    ("state", Tag.ProfileState, "12"),
    ("provider", Tag.ServiceProviderName, "14"),
    ("name", Tag.ProfileName, "15"),
    ("configuration", 0xB6, "19"),
    ("rules", 0x99, "22"),
)
_EVENTS: Final = (
    ("install", NotificationEvent.notificationInstall, "03"),
    ("enable", NotificationEvent.notificationEnable, "04"),
    ("disable", NotificationEvent.notificationDisable, "05"),
    ("delete", NotificationEvent.notificationDelete, "06"),
)
_REASONS: Final = (
    (CancelSessionReason.endUserRejection, "01"),
    (CancelSessionReason.postponed, "02"),
    (CancelSessionReason.timeout, "03"),
    (CancelSessionReason.pprNotAllowed, "04"),
    (CancelSessionReason.metadataMismatch, "05"),
    (CancelSessionReason.undefinedReason, "21"),
)
_OBJECTS: Final = (
    ("profile-version", 0x81, _last_bit, "05"),
    ("firmware", 0x83, _last_bit, "07"),
    ("resource", 0x84, _one_object_more, "08"),
    ("uicc-capability", 0x85, _first_bits, "09"),
    ("java-card", 0x86, _last_bit, "10"),
    ("global-platform", 0x87, _last_bit, "11"),
    ("rsp-capability", 0x88, _first_bits, "12"),
    ("category", 0x8B, _no_category, "15"),
    ("pp-version", 0x04, _last_bit, "17"),
    ("accreditation", 0x0C, _last_bit, "18"),
    ("certification", 0xAC, _last_bit, "19"),
    ("package-versions", 0xAF, _last_bit, "20"),
    ("product", 0x8E, lambda _value: b"", "04"),
)

FAULTS: Final = (
    *(
        narrow_fault(
            f"get-profiles-info.{name}-with-iccid",
            f"A tag list of {tag:02X} alone is answered with the ICCID as well.",
            _with_iccid(tag),
            f"ES10c.GetProfilesInfo#{row}",
        )
        for name, tag, row in _TAG_LISTS
    ),
    narrow_fault(
        "get-profiles-info.iccid-with-aid",
        "A tag list of 5A alone is answered with the AID as well.",
        on(get_profiles_info.GET_PROFILES_INFO, _with_aid),
        "ES10c.GetProfilesInfo#10",
    ),
    narrow_fault(
        "get-profiles-info.disabled-by-default",
        "Without a tag list every Profile is listed as Disabled.",
        on(get_profiles_info.GET_PROFILES_INFO, _all_disabled_without_list),
        "ES10c.GetProfilesInfo#37",
    ),
    narrow_fault(
        "get-profiles-info.no-icons-of-many",
        "A list of more than seven Profiles is answered without icons.",
        on(get_profiles_info.GET_PROFILES_INFO, _icon_left_out_of_a_long_list),
        "ES10c.GetProfilesInfo#41",
    ),
    *(
        narrow_fault(
            f"list-notification.everything-for-{name}",
            f"A filter of the event {name} alone lists every Notification.",
            _every_event_for(event),
            f"ES10b.ListNotification#{row}",
        )
        for name, event, row in _EVENTS
    ),
    *(
        narrow_fault(
            f"cancel-session.{reason.name.lower()}-lost",
            f"The reason {reason.name} is signed as another one.",
            _reason_lost(reason),
            f"ES10b.CancelSession#{row}",
        )
        for reason, row in _REASONS
    ),
    *(
        narrow_fault(
            f"info2.{name}",
            f"Outside of a session EUICCInfo2 has another value in {tag:02X}.",
            _info2(tag, altered),
            f"ES10b.GetEUICCInfo2#{row}",
        )
        for name, tag, altered, row in _OBJECTS
    ),
    narrow_fault(
        "enable-profile.by-iccid-with-refresh",
        "EnableProfile by ICCID with refreshFlag TRUE says ok and does nothing.",
        _idle_when(enable_profile.ENABLE_PROFILE, lambda r, _: _named(False, True)(r)),  # noqa: FBT003
        "ES10c.EnableProfile#03",
    ),
    narrow_fault(
        "disable-profile.by-iccid-with-refresh",
        "DisableProfile by ICCID with refreshFlag TRUE says ok and does nothing.",
        _idle_when(disable_profile.DISABLE_PROFILE, lambda r, _: _named(False, True)(r)),  # noqa: FBT003
        "ES10c.DisableProfile#03",
    ),
    narrow_fault(
        "enable-profile.test-over-operational",
        "A test Profile is not enabled over an operational one, though the answer is ok.",
        _idle_when(enable_profile.ENABLE_PROFILE, _over_operational(ProfileClass.test)),
        "ES10c.EnableProfile#12",
    ),
    narrow_fault(
        "enable-profile.provisioning-over-operational",
        "A provisioning Profile is not enabled over an operational one, though the answer is ok.",
        _idle_when(enable_profile.ENABLE_PROFILE, _over_operational(ProfileClass.provisioning)),
        "ES10c.EnableProfile#15",
    ),
    narrow_fault(
        "enable-profile.ppr2-forbids",
        "A Profile with PPR2 alone is not enabled.",
        _forbidding(enable_profile.ENABLE_PROFILE, _with_rules(PprId.ppr2)),
        "ES10c.EnableProfile#40",
    ),
    narrow_fault(
        "delete-profile.enabling-forgotten",
        "DeleteProfile by ICCID removes the Profile's Notifications of enabling.",
        on(delete_profile.DELETE_PROFILE, _enable_forgotten),
        "ES10c.DeleteProfile#14",
    ),
    narrow_fault(
        "load.before-prepare-download",
        "A segment after AuthenticateServer is answered 9000 and dropped.",
        _in_state(_S.AUTHENTICATED_DP),
        "ES8+.InitialiseSecureChannel#17",
        "ES10b.LoadBoundProfilePackage#13",
    ),
    narrow_fault(
        "load.without-session",
        "A segment outside of any session is answered 9000 and dropped.",
        _in_state(_S.IDLE),
        "ES10b.LoadBoundProfilePackage#14",
    ),
    narrow_fault(
        "store-metadata.both-rules-authorised",
        "PPR1 and PPR2 together are accepted whatever the RAT says.",
        decides(store_metadata.CHECKS, "rules_authorised", _both_rules_authorised),
        "procedure.ForbiddenPPR#03",
    ),
    narrow_fault(
        "remove-notification.first-without-number",
        "RemoveNotificationFromList without a number removes the first Notification.",
        _malformed(
            remove_notification_from_list.REMOVE_NOTIFICATION_FROM_LIST, _removed_without_number
        ),
        "ES10b.RemoveNotificationFromList#10",
        "Transport.StoreData#35",
    ),
    narrow_fault(
        "authenticate-server.unreadable-is-well",
        "A request of AuthenticateServer that cannot be read is answered 9000 without data.",
        _malformed(authenticate_server.AUTHENTICATE_SERVER, _empty_success),
        "ES10b.AuthenticateServer#56",
        "ES10b.AuthenticateServer#57",
    ),
    narrow_fault(
        "prepare-download.unreadable-is-well",
        "A request of PrepareDownload that cannot be read is answered 9000 without data.",
        _malformed(prepare_download.PREPARE_DOWNLOAD, _empty_success),
        "ES10b.PrepareDownload#32",
    ),
)
