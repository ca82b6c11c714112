"""Faults of DisableProfile: which Profile it finds, disables, and enables in its place."""

from dataclasses import replace
from typing import Final

from rspcore.ids import Aid
from rspcore.messages.es10c import DisableResult, ProfileState
from rspsim.euicc import cat, isdp
from rspsim.euicc.isdr.es10c import disable_profile
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, answers, behind, skip, swap, together

__all__ = ["FAULTS"]


def _remembers_for_provisioning(
    _state: CardState, disabled: Profile | None, _enabled: Profile | None
) -> Aid | None:
    return None if disabled is None else disabled.aid


def _disables_when_refusing(outcome: Outcome, view: View) -> Outcome:
    enabled = view.state.enabled_profile
    if outcome.state is not view.state or enabled is None:
        return outcome
    return replace(
        outcome, state=view.state.with_profile(replace(enabled, state=ProfileState.disabled))
    )


def _announces_when_refusing(outcome: Outcome, view: View) -> Outcome:
    if outcome.state is not view.state:
        return outcome
    return replace(outcome, volatile=cat.with_refresh(view, outcome.volatile))


FAULTS: Final = (
    CardFault(
        "es10c.disable-profile.not-found-undefined",
        "An unknown Profile is answered undefinedError(127).",
        (
            "ES10c.DisableProfile#09",
            "ES10c.DisableProfile#10",
        ),
        answers(disable_profile.CHECKS, "profile_found", DisableResult.undefinedError),
    ),
    CardFault(
        "es10c.disable-profile.any-state",
        "A Profile that is disabled is disabled again.",
        (
            "procedure.DisableProcess#07",
            "ES10c.DisableProfile#08",
        ),
        skip(disable_profile.CHECKS, "profile_enabled"),
    ),
    CardFault(
        "es10c.disable-profile.no-return",
        "After a test Profile is disabled, no operational Profile is enabled.",
        (
            "procedure.DisableProcess#06",
            "ES10c.DisableProfile#06",
            "ES10c.DisableProfile#30",
        ),
        swap(disable_profile.RETURN_TARGET, lambda _state, _profile: None),
    ),
    CardFault(
        "es10c.disable-profile.provisioning-returns",
        "After a provisioning Profile is disabled, the Profile before it is enabled.",
        (
            "ES10c.DisableProfile#29",
            "ES10c.EnableProfile#44",
        ),
        together(
            swap(isdp.REMEMBERED, _remembers_for_provisioning),
            swap(
                disable_profile.RETURN_TARGET,
                lambda state, _profile: state.profile_by_aid(state.return_to),
            ),
        ),
    ),
    CardFault(
        "es10c.disable-profile.refusal-disables",
        "A refused request disables the Profile.",
        (
            "ES10c.DisableProfile#09",
            "ES10c.DisableProfile#10",
            "ES10c.DisableProfile#11",
            "ES10c.DisableProfile#30",
            "ES10c.DisableProfile#31",
        ),
        behind(disable_profile.DISABLE_PROFILE, _disables_when_refusing),
    ),
    CardFault(
        "es10c.disable-profile.refusal-announces",
        "A refused request announces REFRESH.",
        ("ES10c.DisableProfile#31",),
        behind(disable_profile.DISABLE_PROFILE, _announces_when_refusing),
    ),
)
