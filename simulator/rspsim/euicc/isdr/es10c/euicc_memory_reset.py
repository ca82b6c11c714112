"""ES10c.eUICCMemoryReset: removes Profiles whatever their state and rules (SGP.22 v2, 5.7.19).

Everything happens in one state, so that a cut leaves all or nothing done. Provisioning Profiles and
test Profiles that came with the card stay, unless bits that version 3 added choose them;
notifications, their counter, the RAT and the keys stay.
"""

from typing import Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.es10c import (
    EuiccMemoryResetRequest,
    EuiccMemoryResetResponse,
    ProfileState,
    ResetOption,
    ResetResult,
)
from rspcore.messages.metadata import NotificationEvent, ProfileClass
from rspcore.messages.v3 import profile_management as v3
from rspsim.euicc import cat, isdp, notifications
from rspsim.euicc.decisions import Check, Checks, Decision, Decisions, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.isdr.es10c import port_targets
from rspsim.euicc.isdr.es10c.switching import CHANNELS_AFTER
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.state import Addresses, CardState, Profile

__all__ = [
    "ADDRESSES",
    "CHECKS",
    "EUICC_MEMORY_RESET",
    "REMOVED",
    "RETURN_TARGET",
    "SELECTED",
    "ResetAttempt",
]


def _selected(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    """Returns the Profiles the options choose."""
    return tuple(profile for profile in state.profiles if _chosen(profile, options))


def _chosen(profile: Profile, options: frozenset[int]) -> bool:
    if profile.profile_class == ProfileClass.operational:
        return ResetOption.deleteOperationalProfiles in options
    if profile.profile_class == ProfileClass.test:
        field_loaded = ResetOption.deleteFieldLoadedTestProfiles
        return (field_loaded if profile.field_loaded else _PRELOADED) in options
    return _PROVISIONING in options


_PRELOADED: Final = v3.ResetOption.deletePreLoadedTestProfiles
_PROVISIONING: Final = v3.ResetOption.deleteProvisioningProfiles
_OF_VERSION_2: Final = frozenset(ResetOption)


SELECTED: Final = Decision(
    "es10c.euicc_memory_reset.selected", _selected, "Profiles that reset options choose"
)


def _factory_addresses(addresses: Addresses, /) -> Addresses:
    return replace(addresses, default_dp=addresses.factory_default_dp, default_dp_ci_pkid=None)


ADDRESSES: Final = Decision(
    "es10c.euicc_memory_reset.addresses", _factory_addresses, "addresses after their reset"
)
REMOVED: Final = Decision(
    "es10c.euicc_memory_reset.removed", isdp.removed, "state without a Profile"
)
RETURN_TARGET: Final = Decision(
    "es10c.euicc_memory_reset.return_target",
    isdp.return_target,
    "Profile enabled when the reset deletes this one",
)


@dataclass(frozen=True, slots=True)
class ResetAttempt:
    """A request and the view for its checks."""

    request: EuiccMemoryResetRequest
    view: View

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Returns the Profiles to delete; bits of version 3 mean nothing to a card of version 2."""
        options = self.request.reset_options
        if not self.view.state.personality.version_3:
            options &= _OF_VERSION_2
        return self.view.decisions[SELECTED](self.view.state, options)

    @property
    def resets_address(self) -> bool:
        """Returns whether the default SM-DP+ address is to be reset and is not reset yet."""
        addresses = self.view.state.addresses
        return self.chooses_address and addresses.default_dp != addresses.factory_default_dp

    @property
    def chooses_address(self) -> bool:
        """Returns whether the option for the default SM-DP+ address is set."""
        return ResetOption.resetDefaultSmdpAddress in self.request.reset_options

    @property
    def cat_free(self) -> bool:
        """Returns whether the toolkit lets the card ask for a REFRESH."""
        busy = self.view.volatile.cat.command is not None and self.view.options.cat_busy
        return not self.view.state.change_waits and not busy


_E = ResetResult

CHECKS: Final[Decision[Checks[ResetAttempt]]] = Decision(
    "es10c.euicc_memory_reset",
    (
        Check(
            "something_to_do",
            lambda a: bool(a.profiles) or a.resets_address,
            _E.nothingToDelete,
        ),
        Check("cat_free", lambda a: a.cat_free, _E.catBusy),
    ),
    "checks of eUICCMemoryReset",
)


def _handle(request: EuiccMemoryResetRequest, view: View) -> Outcome:
    attempt = ResetAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    if refusal is not None:
        return view.answer(EuiccMemoryResetResponse(reset_result=refusal))
    profiles = attempt.profiles
    state = _without(view.state, view.decisions, profiles)
    if attempt.chooses_address:
        state = replace(state, addresses=view.decisions[ADDRESSES](state.addresses))
    state = replace(state, one_time_keys=(), open_installation=None)
    session = view.session_after(SessionEvent.MEMORY_RESET)
    volatile = replace(view.volatile, session=session)
    if any(profile.enabled for profile in profiles):
        volatile = view.decisions[CHANNELS_AFTER](volatile)
        volatile = cat.with_refresh(view, volatile, only_reset=True)
    left = frozenset(one.port for one in profiles if one.port is not None)
    volatile = port_targets.left(view, volatile, left)
    response = EuiccMemoryResetResponse(reset_result=_E.ok)
    return view.answer(response, state=state, volatile=volatile)


def _without(state: CardState, decisions: Decisions, profiles: tuple[Profile, ...]) -> CardState:
    """Returns a state without these Profiles; after a test Profile the former one is enabled."""
    back = None
    for profile in profiles:
        if profile.enabled:
            back = decisions[RETURN_TARGET](state, profile)
    for profile in profiles:
        state = decisions[REMOVED](state, decisions, profile)
    back = state.profile_by_aid(back.aid) if back is not None else None
    if back is None:
        return state
    enabled = replace(back, state=ProfileState.enabled)
    state = replace(state.with_profile(enabled), return_to=None)
    if not state.options.reenable_notifies:
        return state
    event = NotificationEvent.notificationEnable
    return notifications.with_events(state, decisions, enabled, event)


EUICC_MEMORY_RESET: Final = Function(
    "ES10c.eUICCMemoryReset", EuiccMemoryResetRequest, _handle, Interface.ES10C
)
