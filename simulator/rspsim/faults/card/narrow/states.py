"""Narrow faults that show in one state of the card: its Profiles, and what waits."""

from dataclasses import replace
from typing import Any, Final

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.messages.es10b import AuthenticateServerResponse, EuiccSigned1
from rspcore.messages.es10c import DisableProfileResponse, DisableResult, ProfileState
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import ProfileInstallationResult
from rspcore.status import StatusWord
from rspsim.euicc import applications, notifications, startup
from rspsim.euicc.applications import Application
from rspsim.euicc.isdr.es10b import authenticate_server
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10c import disable_profile, get_profiles_info
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileSystem, ProfileContent
from rspsim.euicc.security import policy_rules
from rspsim.euicc.session import SessionState
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import (
    Change,
    answering_data,
    decides,
    on,
    skip,
    swap,
)
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_ICCID: Final = (0x2FE2,)
_S: Final = SessionState
_DELIVERED: Final = bytes.fromhex("000003000002000001")
"""Content of a cyclic file of three records, until something is written."""


def _wrong_signature(curve: Curve, state: SessionState) -> Change:
    """Returns a change of euiccSignature1 on one curve, for one kind of server.

    The session keeps what was answered, so that it goes on with a server that does not verify.
    """

    def change(_request: Any, view: View, outcome: Outcome) -> Outcome:
        session = outcome.volatile.session
        server = session.server
        if session.state is not state or server is None:
            return outcome
        credential = next(one for one in view.state.credentials if one.ci_pkid == server.ci_pkid)
        answer = AuthenticateServerResponse.decode(outcome.response.data)
        ok = answer.authenticate_response_ok
        if ok is None or credential.curve is not curve:
            return outcome
        wrong = ok.euicc_signature1[:-1] + bytes((ok.euicc_signature1[-1] ^ 1,))
        kept = replace(session, server=replace(server, euicc_signature1=wrong))
        altered = replace(answer, authenticate_response_ok=replace(ok, euicc_signature1=wrong))
        return replace(
            answering_data(outcome, altered.encode()),
            volatile=replace(outcome.volatile, session=kept),
        )

    return on(authenticate_server.AUTHENTICATE_SERVER, change)


def _just_enabled_second(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Lists two Profiles as Enabled when the second one was enabled just now."""
    state = view.state
    waiting = state.notifications
    second = len(state.profiles) == 2 and state.profiles[1].state is ProfileState.enabled
    if not second or not waiting or waiting[-1].event != NotificationEvent.notificationEnable:
        return outcome
    data = outcome.response.data
    return answering_data(outcome, data.replace(b"\x9f\x70\x01\x00", b"\x9f\x70\x01\x01"))


def _silent_if_alone(wanted: NotificationEvent) -> Change:
    """Returns a change by which an event that a Profile names alone leaves no Notification."""

    def addresses(profile: Profile, event: int, /) -> tuple[str, ...]:
        entries = profile.metadata.notification_configuration_info or ()
        alone = len(entries) == 1 and entries[0].profile_management_operation == {wanted}
        if event is wanted and alone:
            return ()
        return notifications.ADDRESSES.standard(profile, event)

    return swap(notifications.ADDRESSES, addresses)


def _refused_after_the_last(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Refuses the list once the last Profile was deleted."""
    waiting = view.state.notifications
    deleted = bool(waiting) and waiting[-1].event == NotificationEvent.notificationDelete
    if view.state.profiles or not deleted:
        return outcome
    return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)


def _deletion_forgotten(state: CardState, /) -> CardState:
    """Drops, at a reset, the Notification of deletion that is the youngest."""
    waiting = state.notifications
    if not waiting or waiting[-1].event != NotificationEvent.notificationDelete:
        return state
    return replace(state, notifications=waiting[:-1])


def _rules_of_disabled_ones(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Refuses to disable a Profile beside a Disabled one with PPR1."""
    others = (one for one in view.state.profiles if one.state is ProfileState.disabled)
    if outcome.state is view.state or not any(
        policy_rules.disabling_forbidden(one, None) for one in others
    ):
        return outcome
    return view.answer(DisableProfileResponse(disable_result=DisableResult.disallowedByPolicy))


def _iccid_of_the_first(state: CardState) -> ProfileContent:
    """Shows EF.ICCID of the first Profile when the second of two is Enabled."""
    plain = command_context.CONTENT.standard(state)
    profiles = state.profiles
    if len(profiles) != 2 or profiles[1].state is not ProfileState.enabled:
        return plain
    first = profiles[0].content.files.get(_ICCID)
    files = tuple(
        replace(one, body=first.body) if first is not None and one.path == _ICCID else one
        for one in plain.files.files
    )
    return replace(plain, files=FileSystem(files))


def _oldest_record_blank(state: CardState) -> ProfileContent:
    """Shows cyclic files as delivered without their last record."""
    plain = command_context.CONTENT.standard(state)
    files = tuple(
        replace(one, body=one.body[:-3] + b"\xff" * 3) if one.body == _DELIVERED else one
        for one in plain.files.files
    )
    return replace(plain, files=FileSystem(files))


def _not_failed_before(attempt: MetadataAttempt) -> bool:
    """Returns whether the ICCID is unused, and no result names a load of it that failed."""
    for one in attempt.step.view.state.notifications:
        try:
            data = ProfileInstallationResult.decode(one.octets).data
        except DecodeError:
            continue
        failed = data.final_result.error_result is not None
        if failed and data.notification_metadata.iccid == attempt.request.iccid:
            return False
    return attempt.iccid_unused


def _of_disabled_alone(view: View) -> tuple[Application, ...]:
    """Has the applications of the first Profile where none is Enabled."""
    state = view.state
    if state.enabled_profile is None and state.profiles:
        enabled = replace(state.profiles[0], state=ProfileState.enabled)
        view = replace(view, state=state.with_profile(enabled))
    return applications.OF_PROFILE.standard(view)


def _of_others_too(view: View) -> tuple[Application, ...]:
    """Has the applications of Disabled Profiles beside those of the Enabled one."""
    own = applications.OF_PROFILE.standard(view)
    if view.state.enabled_profile is None:
        return own
    known = {one.aid for one in own}
    others: list[Application] = []
    for profile in view.state.profiles:
        alone = replace(view.state, profiles=(replace(profile, state=ProfileState.enabled),))
        found = applications.OF_PROFILE.standard(replace(view, state=alone))
        others += [one for one in found if one.aid not in known]
    return (*own, *others)


def _other_firmware(attempt: AuthenticationAttempt) -> EuiccSigned1:
    """Signs EUICCInfo2 with the version of the profile package as that of the firmware."""
    sound = authenticate_server.SIGNED.standard(attempt)
    info = replace(sound.euicc_info2, euicc_firmware_ver=sound.euicc_info2.profile_version)
    return replace(sound, euicc_info2=info)


def _unknown_name_found(aid: bytes, name: bytes) -> bool:
    """Finds an application by a name of the proprietary range, whatever it is called."""
    return name[:1] == b"\xf0" or applications.MATCHES.standard(aid, name)


FAULTS: Final = (
    narrow_fault(
        "applications.of-a-disabled-profile",
        "Without a Profile Enabled, the applications of the first one can be selected.",
        swap(applications.OF_PROFILE, _of_disabled_alone),
        "ISD-R.Select#23",
    ),
    narrow_fault(
        "applications.of-other-profiles",
        "Applications of Disabled Profiles can be selected beside those of the Enabled one.",
        swap(applications.OF_PROFILE, _of_others_too),
        "procedure.FileStructure#11",
    ),
    narrow_fault(
        "authenticate-server.other-firmware",
        "EUICCInfo2 is signed with another firmware version than is read.",
        swap(authenticate_server.SIGNED, _other_firmware),
        "ES10b.GetEUICCInfo2#27",
    ),
    narrow_fault(
        "select.proprietary-name-found",
        "A name that begins with F0 finds the first application.",
        swap(applications.MATCHES, _unknown_name_found),
        "UICC.Select#06",
    ),
    narrow_fault(
        "authenticate-server.wrong-to-an-sm-ds",
        "euiccSignature1 to an SM-DS is wrong on NIST P-256.",
        _wrong_signature(Curve.NIST_P256, _S.AUTHENTICATED_DS),
        "ES10b.AuthenticateServer#02",
    ),
    narrow_fault(
        "authenticate-server.wrong-to-an-sm-ds-on-brainpool",
        "euiccSignature1 to an SM-DS is wrong on brainpoolP256r1.",
        _wrong_signature(Curve.BRAINPOOL_P256R1, _S.AUTHENTICATED_DS),
        "ES10b.AuthenticateServer#04",
    ),
    narrow_fault(
        "authenticate-server.wrong-on-brainpool",
        "euiccSignature1 to an SM-DP+ is wrong on brainpoolP256r1.",
        _wrong_signature(Curve.BRAINPOOL_P256R1, _S.AUTHENTICATED_DP),
        "ES10b.AuthenticateServer#03",
    ),
    narrow_fault(
        "get-profiles-info.second-beside-first",
        "Right after the second of two Profiles was enabled both are listed as Enabled.",
        on(get_profiles_info.GET_PROFILES_INFO, _just_enabled_second),
        "ES10c.EnableProfile#11",
    ),
    narrow_fault(
        "notifications.disable-alone-silent",
        "A configuration of disabling alone leaves no Notification.",
        _silent_if_alone(NotificationEvent.notificationDisable),
        "ES10c.DisableProfile#18",
    ),
    narrow_fault(
        "notifications.delete-alone-silent",
        "A configuration of deletion alone leaves no Notification.",
        _silent_if_alone(NotificationEvent.notificationDelete),
        "ES10c.DeleteProfile#12",
    ),
    narrow_fault(
        "get-profiles-info.refused-after-the-last",
        "Once the last Profile was deleted, the list is refused.",
        on(get_profiles_info.GET_PROFILES_INFO, _refused_after_the_last),
        "procedure.DeleteProcess#03",
    ),
    narrow_fault(
        "notifications.deletion-lost-at-reset",
        "A reset drops the Notification of a deletion.",
        swap(startup.KEPT, _deletion_forgotten),
        "procedure.DeleteProcess#05",
    ),
    narrow_fault(
        "disable-profile.rules-of-disabled-ones",
        "A Profile is not disabled beside a Disabled one with PPR1.",
        on(disable_profile.DISABLE_PROFILE, _rules_of_disabled_ones),
        "procedure.PolicyRules#09",
    ),
    narrow_fault(
        "files.iccid-of-the-first",
        "EF.ICCID is that of the first Profile when the second of two is Enabled.",
        swap(command_context.CONTENT, _iccid_of_the_first),
        "procedure.FileStructure#04",
    ),
    narrow_fault(
        "files.last-record-not-delivered",
        "A cyclic file is delivered without its last record.",
        swap(command_context.CONTENT, _oldest_record_blank),
        "UICC.Content#01",
    ),
    narrow_fault(
        "store-metadata.iccid-failed-before",
        "An ICCID whose load failed is refused while the result of that waits.",
        decides(store_metadata.CHECKS, "iccid_unused", _not_failed_before),
        "procedure.IccidUniqueness#05",
    ),
    narrow_fault(
        "store-metadata.any-class-supported",
        "A card without test Profiles installs one.",
        skip(store_metadata.CHECKS, "class_supported"),
        "ES8+.StoreMetadata#12",
    ),
)
