"""Narrow faults of enabling, disabling and deleting: one of several ways into the same rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, PprId, ProfileClass
from rspcore.messages.notifications import NotificationMetadata, ProfileInstallationResult
from rspsim.euicc import cat, notifications, startup
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session, list_notification
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    euicc_memory_reset,
    get_profiles_info,
)
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import EMPTY_CONTENT, FileSystem, ProfileContent
from rspsim.euicc.state import CardState, PendingNotification, Profile
from rspsim.euicc.uicc import command_context
from rspsim.faults.card.card_fault import (
    Change,
    answering_data,
    on,
    swap,
)
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]

_ENABLE: Final = NotificationEvent.notificationEnable
_DISABLE: Final = NotificationEvent.notificationDisable
_INSTALL: Final = NotificationEvent.notificationInstall
_ENABLED: Final = b"\x9f\x70\x01\x01"
_DISABLED: Final = b"\x9f\x70\x01\x00"


def _last(state: CardState) -> int | None:
    """Returns the event of the youngest Notification."""
    return state.notifications[-1].event if state.notifications else None


def _lost_beside_enabling(state: CardState, /) -> CardState:
    """Disables, at a reset, what is Enabled while its Notification of enabling waits alone."""
    profile = state.enabled_profile
    if profile is None or len(state.notifications) != 1 or _last(state) != _ENABLE:
        return state
    return state.with_profile(replace(profile, state=ProfileState.disabled))


def _back_beside_disabling(state: CardState, /) -> CardState:
    """Enables, at a reset, the one Profile whose Notification of disabling waits alone."""
    if state.enabled_profile or len(state.notifications) != 1 or _last(state) != _DISABLE:
        return state
    iccid = NotificationMetadata.decode(state.notifications[0].metadata).iccid
    profile = None if iccid is None else state.profile_by_iccid(iccid)
    return state.with_profile(replace(profile, state=ProfileState.enabled)) if profile else state


def _neither_enabled(state: CardState, /) -> CardState:
    """Carries out, at a reset, half of an enabling that waits for its REFRESH."""
    waiting = state.pending_switch
    leaving = None if waiting is None else state.profile_by_aid(waiting.disable)
    if waiting is None or leaving is None or waiting.enable is None:
        return state
    disabled = replace(leaving, state=ProfileState.disabled)
    return replace(state.with_profile(disabled), pending_switch=None)


def _lost_from_none(state: CardState, /) -> CardState:
    """Drops, at a reset, an enabling that waits for its REFRESH, where none was Enabled."""
    waiting = state.pending_switch
    dropped = waiting is not None and waiting.disable is None
    return replace(state, pending_switch=None) if dropped else state


def _enabled_without_files(state: CardState, /) -> CardState:
    """Drops, at a reset, a disabling that waits for its REFRESH, and the files."""
    waiting = state.pending_switch
    leaving = None if waiting is None else state.profile_by_aid(waiting.disable)
    if waiting is None or leaving is None or waiting.enable is not None:
        return state
    emptied = replace(leaving, content=EMPTY_CONTENT)
    return replace(state.with_profile(emptied), pending_switch=None)


def _without_refresh(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Asks a terminal that knows Profile State Change for nothing."""
    if not cat.ANNOUNCES_STATE_CHANGE.standard(view.volatile.cat.terminal_profile or b""):
        return outcome
    quiet = replace(outcome.volatile.cat, command=None)
    return replace(outcome, volatile=replace(outcome.volatile, cat=quiet))


def _refreshing(function: AnyFunction, holds: Callable[[Any, View], bool]) -> Change:
    """Returns a change by which REFRESH is asked for though refreshFlag is FALSE."""

    def change(request: Any, view: View, outcome: Outcome) -> Outcome:
        if request.refresh_flag or outcome.state is view.state or not holds(request, view):
            return outcome
        return function.handle(replace(request, refresh_flag=True), view)

    return on(function, change)


def _alone_by_iccid(request: Any, view: View) -> bool:
    """Returns whether the only Profile of a card without Notifications is named by ICCID."""
    named = request.profile_identifier.iccid is not None
    return named and len(view.state.profiles) == 1 and not view.state.notifications


def _with_ppr1(request: Any, view: View) -> bool:
    iccid = request.profile_identifier.iccid
    target = None if iccid is None else view.state.profile_by_iccid(iccid)
    rules = None if target is None else target.metadata.profile_policy_rules
    return rules is not None and PprId.ppr1 in rules


def _address_of_the_other(state: CardState, metadata: NotificationMetadata, /) -> Any:
    """Sends the Notification of enabling to the address of the one of disabling before it."""
    if metadata.profile_management_operation != {_ENABLE} or _last(state) != _DISABLE:
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


def _listed_otherwise(holds: Callable[[CardState], bool], old: bytes, new: bytes) -> Change:
    """Returns a change of profileState in the list, for some states of the card."""

    def change(_request: Any, view: View, outcome: Outcome) -> Outcome:
        data = outcome.response.data
        return answering_data(outcome, data.replace(old, new)) if holds(view.state) else outcome

    return on(get_profiles_info.GET_PROFILES_INFO, change)


def _third_of_three(state: CardState) -> bool:
    third = len(state.profiles) == 3
    return third and state.profiles[-1].state is ProfileState.enabled


def _just_disabled_of_two(state: CardState) -> bool:
    two = len(state.profiles) == 2
    return two and state.enabled_profile is None and _last(state) == _DISABLE


def _implicit_in_silence(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Leaves no Notification of a Profile that another one takes the place of."""
    before = {one.seq_number for one in view.state.notifications}
    kept = tuple(
        one
        for one in outcome.state.notifications
        if one.seq_number in before or one.event != _DISABLE
    )
    return replace(outcome, state=replace(outcome.state, notifications=kept))


def _one_left(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and deletes nothing, where one Disabled Profile is all there is."""
    states = [one.state for one in view.state.profiles]
    alone = states == [ProfileState.disabled] and len(request.reset_options) == 1
    return replace(outcome, state=view.state) if alone else outcome


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


def _former_files(state: CardState) -> ProfileContent:
    """Shows the files of a Profile whose Notification of disabling is the last."""
    if state.enabled_profile is None and _last(state) == _DISABLE:
        iccid = NotificationMetadata.decode(state.notifications[-1].metadata).iccid
        profile = None if iccid is None else state.profile_by_iccid(iccid)
        if profile is not None:
            return profile.content
    return command_context.CONTENT.standard(state)


def _file(fid: int, *, enabled: bool, body: Callable[[bytes], bytes] | None) -> Change:
    """Returns a change of one file below the MF: its body, or that it is there."""

    def content(state: CardState) -> ProfileContent:
        plain = command_context.CONTENT.standard(state)
        if (state.enabled_profile is not None) is not enabled:
            return plain
        files = []
        for one in plain.files.files:
            if one.path != (fid,):
                files.append(one)
            elif body is not None:
                files.append(replace(one, body=body(one.body)))
        return replace(plain, files=FileSystem(tuple(files)))

    return swap(command_context.CONTENT, content)


def _blank(body: bytes) -> bytes:
    return b"\xff" * len(body)


def _none_before_the_first(state: CardState) -> ProfileContent:
    return command_context.CONTENT.standard(state) if state.profiles else EMPTY_CONTENT


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


def _signed_by_the_key_of_the_server(_request: Any, view: View, outcome: Outcome) -> Outcome:
    """Signs a cancellation under the CI of the server, whatever was asked for."""
    server = view.session.server
    if server is None or server.ci_pkid == server.server_ci_pkid:
        return outcome
    other = replace(server, ci_pkid=server.server_ci_pkid)
    session = replace(view.session, server=other)
    changed = replace(view, volatile=replace(view.volatile, session=session))
    return cancel_session.CANCEL_SESSION.handle(_request, changed)


def _empty_matching_id_dropped(attempt: Any) -> Any:
    plain = authenticate_server.SIGNED.standard(attempt)
    if b"\x80\x00" not in plain.ctx_params1[:4]:
        return plain
    octets = plain.ctx_params1.replace(b"\x80\x00", b"", 1)
    shorter = octets[:1] + bytes((octets[1] - 2,)) + octets[2:]
    return replace(plain, ctx_params1=shorter)


def _one_rule_lost(rule: PprId) -> Change:
    def kept(request: Any) -> Any:
        plain = store_metadata.KEPT.standard(request)
        alone = plain.profile_policy_rules == frozenset({rule})
        return replace(plain, profile_policy_rules=None) if alone else plain

    return swap(store_metadata.KEPT, kept)


def _returns_to_itself(state: CardState, leaving: Profile) -> Profile | None:
    found = disable_profile.RETURN_TARGET.standard(state, leaving)
    test = leaving.profile_class == ProfileClass.test
    return found or (leaving if test and state.return_to is None else None)


_EN: Final = "ES10c.EnableProfile"
_DIS: Final = "ES10c.DisableProfile"
_FILES: Final = "procedure.FileStructure"

FAULTS: Final = (
    narrow_fault(
        "switch.enabling-lost-at-reset",
        "At a reset a Profile is Disabled again while its Notification of enabling waits alone.",
        swap(startup.KEPT, _lost_beside_enabling),
        f"{_EN}#37",
        f"{_EN}#38",
    ),
    narrow_fault(
        "switch.disabling-lost-at-reset",
        "At a reset a Profile is Enabled again while its Notification of disabling waits alone.",
        swap(startup.KEPT, _back_beside_disabling),
        f"{_DIS}#22",
        "procedure.DisableProcess#02",
    ),
    narrow_fault(
        "switch.neither-after-reset",
        "A reset before the REFRESH of an enabling leaves neither Profile Enabled.",
        swap(startup.KEPT, _neither_enabled),
        f"{_EN}#10",
        f"{_EN}#41",
        "procedure.EnableProcess#04",
        "procedure.PowerLoss#06",
    ),
    narrow_fault(
        "switch.first-enabling-dropped",
        "A reset drops an enabling that waits for its REFRESH, where none was Enabled.",
        swap(startup.KEPT, _lost_from_none),
        f"{_EN}#03",
        f"{_EN}#48",
    ),
    narrow_fault(
        "switch.disabling-loses-files",
        "A reset before the REFRESH of a disabling leaves the Profile Enabled without files.",
        swap(startup.KEPT, _enabled_without_files),
        f"{_DIS}#26",
        "procedure.DisableProcess#03",
        "procedure.PowerLoss#07",
    ),
    narrow_fault(
        "enable-profile.asks-refresh",
        "The only Profile, named by ICCID, is enabled after a REFRESH that nobody asked for.",
        _refreshing(enable_profile.ENABLE_PROFILE, _alone_by_iccid),
        f"{_EN}#01",
        f"{_EN}#42",
    ),
    narrow_fault(
        "disable-profile.asks-refresh",
        "The only Profile, named by ICCID, is disabled after a REFRESH that nobody asked for.",
        _refreshing(disable_profile.DISABLE_PROFILE, _alone_by_iccid),
        f"{_DIS}#01",
    ),
    narrow_fault(
        "enable-profile.refresh-for-ppr1",
        "A Profile with PPR1 is enabled after a REFRESH that nobody asked for.",
        _refreshing(enable_profile.ENABLE_PROFILE, _with_ppr1),
        f"{_EN}#39",
    ),
    narrow_fault(
        "enable-profile.no-refresh-for-state-change",
        "EnableProfile asks a terminal that knows Profile State Change for no REFRESH.",
        on(enable_profile.ENABLE_PROFILE, _without_refresh),
        f"{_EN}#05",
    ),
    narrow_fault(
        "disable-profile.no-refresh-for-state-change",
        "DisableProfile asks a terminal that knows Profile State Change for no REFRESH.",
        on(disable_profile.DISABLE_PROFILE, _without_refresh),
        f"{_DIS}#05",
    ),
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
        "get-profiles-info.third-not-enabled",
        "The third of three Profiles is never listed as Enabled.",
        _listed_otherwise(_third_of_three, _ENABLED, _DISABLED),
        f"{_EN}#36",
    ),
    narrow_fault(
        "get-profiles-info.disabled-not-shown",
        "Of two Profiles one that was just disabled is listed as Enabled.",
        _listed_otherwise(_just_disabled_of_two, _DISABLED, _ENABLED),
        f"{_DIS}#23",
    ),
    narrow_fault(
        "enable-profile.former-in-silence",
        "A Profile that another one takes the place of leaves no Notification.",
        on(enable_profile.ENABLE_PROFILE, _implicit_in_silence),
        f"{_DIS}#24",
    ),
    narrow_fault(
        "disable-profile.test-returns-to-itself",
        "A test Profile that is disabled is Enabled again, where none was Enabled before it.",
        swap(disable_profile.RETURN_TARGET, _returns_to_itself),
        f"{_DIS}#07",
    ),
    narrow_fault(
        "memory-reset.not-the-last",
        "One Disabled Profile alone is not deleted by deleteOperationalProfiles.",
        on(euicc_memory_reset.EUICC_MEMORY_RESET, _one_left),
        "ES10c.eUICCMemoryReset#01",
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
        "files.of-the-former",
        "After disabling the files of the former Profile stay.",
        swap(command_context.CONTENT, _former_files),
        f"{_DIS}#21",
        "procedure.DisableProcess#01",
        "procedure.DisableProcess#04",
    ),
    narrow_fault(
        "files.blank-pl",
        "EF.PL of a Profile reads as FF.",
        _file(0x2F05, enabled=True, body=_blank),
        f"{_FILES}#08",
    ),
    narrow_fault(
        "files.blank-env-classes",
        "EF ENV-CLASSES reads as FF without an Enabled Profile.",
        _file(0x2F11, enabled=False, body=_blank),
        f"{_FILES}#15",
    ),
    narrow_fault(
        "files.no-umpc",
        "Without an Enabled Profile there is no EF.UMPC.",
        _file(0x2F08, enabled=False, body=None),
        f"{_FILES}#01",
    ),
    narrow_fault(
        "files.blank-umpc",
        "EF.UMPC reads as FF without an Enabled Profile.",
        _file(0x2F08, enabled=False, body=_blank),
        f"{_FILES}#16",
    ),
    narrow_fault(
        "files.none-before-the-first",
        "Before any Profile is installed there is no file.",
        swap(command_context.CONTENT, _none_before_the_first),
        f"{_FILES}#02",
    ),
    narrow_fault(
        "list-notification.exchanged-when-many",
        "Of more than four Notifications oldest and youngest are listed with exchanged numbers.",
        swap(list_notification.LISTED, _exchanged_when_many),
        "ES10b.ListNotification#13",
    ),
    narrow_fault(
        "cancel-session.key-of-the-server",
        "CancelSession is signed under the CI of the server, not under that of the session.",
        on(cancel_session.CANCEL_SESSION, _signed_by_the_key_of_the_server),
        "ES10b.CancelSession#34",
    ),
    narrow_fault(
        "authenticate-server.empty-matching-id-dropped",
        "An empty matchingId is left out of the ctxParams1 that is signed.",
        swap(authenticate_server.SIGNED, _empty_matching_id_dropped),
        "ES10b.AuthenticateServer#10",
    ),
    narrow_fault(
        "store-metadata.ppr1-lost",
        "PPR1 alone is not kept.",
        _one_rule_lost(PprId.ppr1),
        "ES8+.StoreMetadata#19",
    ),
    narrow_fault(
        "store-metadata.ppr2-lost",
        "PPR2 alone is not kept.",
        _one_rule_lost(PprId.ppr2),
        "ES8+.StoreMetadata#20",
    ),
)
