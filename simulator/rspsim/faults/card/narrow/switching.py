"""Narrow faults of enabling, disabling and deleting: one of several ways into the same rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import NotificationEvent, PprId, ProfileClass
from rspcore.messages.notifications import NotificationMetadata
from rspsim.euicc import cat, startup
from rspsim.euicc.isdr.es10_function import AnyFunction
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session
from rspsim.euicc.isdr.es10c import (
    disable_profile,
    enable_profile,
    euicc_memory_reset,
    get_profiles_info,
)
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import EMPTY_CONTENT
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import Change, answering_data, on, swap
from rspsim.faults.card.narrow.narrow_fault import narrow_fault
from rspsim.faults.card.narrow.noted_events import last_event

__all__ = ["FAULTS"]

_ENABLE: Final = NotificationEvent.notificationEnable
_DISABLE: Final = NotificationEvent.notificationDisable
_ENABLED: Final = b"\x9f\x70\x01\x01"
_DISABLED: Final = b"\x9f\x70\x01\x00"


def _lost_beside_enabling(state: CardState, /) -> CardState:
    """Disables, at a reset, what is Enabled while its Notification of enabling waits alone."""
    profile = state.enabled_profile
    if profile is None or len(state.notifications) != 1 or last_event(state) != _ENABLE:
        return state
    return state.with_profile(replace(profile, state=ProfileState.disabled))


def _back_beside_disabling(state: CardState, /) -> CardState:
    """Enables, at a reset, the one Profile whose Notification of disabling waits alone."""
    if state.enabled_profile or len(state.notifications) != 1 or last_event(state) != _DISABLE:
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
    return two and state.enabled_profile is None and last_event(state) == _DISABLE


def _one_left(request: Any, view: View, outcome: Outcome) -> Outcome:
    """Says ok and deletes nothing, where one Disabled Profile is all there is."""
    states = [one.state for one in view.state.profiles]
    alone = states == [ProfileState.disabled] and len(request.reset_options) == 1
    return replace(outcome, state=view.state) if alone else outcome


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
