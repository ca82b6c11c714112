"""Faults of EnableProfile, and of how requests name a Profile."""

from dataclasses import replace
from typing import Final

from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import EnableResult, ProfileState
from rspcore.messages.metadata import PprId, ProfileClass
from rspcore.tags import ISDR_AID
from rspsim.euicc import cat, isdp
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10c import enable_profile, profile_attempt
from rspsim.euicc.isdr.es10c.profile_attempt import ProfileAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, adds, answers, behind, decides, skip, swap

__all__ = ["FAULTS"]


def _by_aid_only(state: CardState, isdp_aid: Aid | None, _iccid: Iccid | None) -> Profile | None:
    return None if isdp_aid is None else state.profile_by_aid(isdp_aid)


def _by_iccid_only(state: CardState, _isdp_aid: Aid | None, iccid: Iccid | None) -> Profile | None:
    return None if iccid is None else state.profile_by_iccid(iccid)


def _isdr_as_profile(state: CardState, isdp_aid: Aid | None, iccid: Iccid | None) -> Profile | None:
    if isdp_aid == ISDR_AID:
        return next(iter(state.profiles), None)
    return profile_attempt.NAMED.standard(state, isdp_aid, iccid)


def _same_class(attempt: ProfileAttempt) -> bool:
    current, target = attempt.current, attempt.profile
    return current is None or target is None or current.profile_class == target.profile_class


def _no_rules(attempt: ProfileAttempt) -> bool:
    return attempt.profile is None or not attempt.profile.policy_rules


def _current_free_of_ppr1(attempt: ProfileAttempt) -> bool:
    return attempt.current is None or PprId.ppr1 not in attempt.current.policy_rules


def _only_test_after_test(attempt: ProfileAttempt) -> bool:
    return not _test(attempt.current) or _test(attempt.profile)


def _only_return_after_test(attempt: ProfileAttempt) -> bool:
    named = None if attempt.profile is None else attempt.profile.aid
    return not _test(attempt.current) or named == attempt.view.state.return_to


def _test(profile: Profile | None) -> bool:
    return profile is not None and profile.profile_class == ProfileClass.test


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


_E = EnableResult

FAULTS: Final = (
    CardFault(
        "es10c.enable-profile.two-enabled",
        "Enabling a Profile leaves the former one enabled.",
        (
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#11",
            "ES10c.EnableProfile#12",
            "ES10c.EnableProfile#13",
            "ES10c.EnableProfile#14",
            "ES10c.EnableProfile#15",
            "ES10c.EnableProfile#21",
            "ES10c.EnableProfile#22",
            "ES10c.EnableProfile#24",
            "ES10c.EnableProfile#36",
            "ES10c.EnableProfile#41",
            "ES10c.EnableProfile#42",
            "ES10c.EnableProfile#43",
            "ES10c.EnableProfile#44",
        ),
        swap(isdp.DISABLES_FORMER, value=False),
    ),
    CardFault(
        "es10c.enable-profile.not-found-undefined",
        "An unknown Profile is answered undefinedError(127).",
        (
            "ES10c.EnableProfile#17",
            "ES10c.EnableProfile#18",
            "ES10c.EnableProfile#19",
            "ES10c.EnableProfile#46",
            "ES10c.DeleteProfile#18",
        ),
        answers(enable_profile.CHECKS, "profile_found", _E.undefinedError),
    ),
    CardFault(
        "es10c.enable-profile.any-state",
        "A Profile that is enabled is enabled again.",
        (
            "procedure.Notifications#12",
            "ES10c.EnableProfile#16",
        ),
        skip(enable_profile.CHECKS, "profile_disabled"),
    ),
    CardFault(
        "es10c.enable-profile.ppr1-holds-always",
        "PPR1 of the enabled Profile also prevents a change to a Profile of another class.",
        (
            "ES10c.EnableProfile#21",
            "ES10c.EnableProfile#22",
        ),
        decides(enable_profile.CHECKS, "policy", _current_free_of_ppr1),
    ),
    CardFault(
        "es10c.enable-profile.rules-refused",
        "A Profile that has policy rules cannot be enabled.",
        (
            "ES10c.EnableProfile#39",
            "ES10c.EnableProfile#40",
        ),
        adds(enable_profile.CHECKS, Check("rules", _no_rules, _E.disallowedByPolicy)),
    ),
    CardFault(
        "es10c.enable-profile.any-after-test",
        "Any operational Profile can be enabled after a test Profile.",
        (
            "ES10c.EnableProfile#14",
            "ES10c.EnableProfile#44",
            "ES10c.EnableProfile#45",
        ),
        skip(enable_profile.CHECKS, "may_follow_test"),
    ),
    CardFault(
        "es10c.enable-profile.never-after-test",
        "No operational Profile can be enabled after a test Profile.",
        (
            "ES10c.EnableProfile#13",
            "ES10c.EnableProfile#44",
        ),
        decides(enable_profile.CHECKS, "may_follow_test", _only_test_after_test),
    ),
    CardFault(
        "es10c.enable-profile.no-second-test",
        "No second test Profile can be enabled after a test Profile.",
        ("ES10c.EnableProfile#43",),
        decides(enable_profile.CHECKS, "may_follow_test", _only_return_after_test),
    ),
    CardFault(
        "es10c.enable-profile.one-class",
        "A Profile of another class than the enabled one is refused.",
        (
            "ES10c.EnableProfile#12",
            "ES10c.EnableProfile#15",
            "ES10c.EnableProfile#21",
            "ES10c.EnableProfile#22",
        ),
        adds(enable_profile.CHECKS, Check("class", _same_class, _E.disallowedByPolicy)),
    ),
    CardFault(
        "es10c.enable-profile.disable-first",
        "A Profile can be enabled only when no Profile is enabled.",
        (
            "ES10c.EnableProfile#10",
            "ES10c.EnableProfile#11",
            "ES10c.EnableProfile#12",
            "ES10c.EnableProfile#15",
            "ES10c.EnableProfile#21",
            "ES10c.EnableProfile#22",
            "ES10c.EnableProfile#24",
            "ES10c.EnableProfile#34",
            "ES10c.EnableProfile#36",
            "ES10c.DisableProfile#24",
        ),
        adds(
            enable_profile.CHECKS,
            Check("none", lambda attempt: attempt.current is None, _E.undefinedError),
        ),
    ),
    CardFault(
        "es10c.enable-profile.always-busy",
        "Any open proactive session is answered catBusy(5).",
        (
            "procedure.EnableProcess#08",
            "ES10c.EnableProfile#24",
        ),
        decides(
            enable_profile.CHECKS,
            "cat_free",
            lambda attempt: attempt.view.volatile.cat.command is None,
        ),
    ),
    CardFault(
        "es10c.enable-profile.refusal-disables",
        "A refused request leaves no Profile enabled.",
        (
            "ES10c.EnableProfile#14",
            "ES10c.EnableProfile#16",
            "ES10c.EnableProfile#20",
            "ES10c.EnableProfile#44",
            "ES10c.EnableProfile#45",
            "ES10c.EnableProfile#46",
        ),
        behind(enable_profile.ENABLE_PROFILE, _disables_when_refusing),
    ),
    CardFault(
        "es10c.enable-profile.refusal-announces",
        "A refused request announces REFRESH.",
        ("ES10c.EnableProfile#46",),
        behind(enable_profile.ENABLE_PROFILE, _announces_when_refusing),
    ),
    CardFault(
        "es10c.named.by-aid-only",
        "Profiles are found by ISD-P AID only, not by ICCID.",
        (
            "ES10b.RemoveNotificationFromList#08",
            "ES10c.DeleteProfile#01",
            "ES10c.DeleteProfile#06",
            "ES10c.DeleteProfile#10",
            "ES10c.DeleteProfile#11",
            "ES10c.DeleteProfile#12",
            "ES10c.DeleteProfile#13",
            "ES10c.DeleteProfile#15",
            "ES10c.DeleteProfile#16",
            "ES10c.DeleteProfile#17",
            "ES10c.DeleteProfile#18",
            "ES10c.DeleteProfile#19",
            "ES10c.DeleteProfile#20",
            "ES10c.DeleteProfile#21",
        ),
        swap(profile_attempt.NAMED, _by_aid_only),
    ),
    CardFault(
        "es10c.named.by-iccid-only",
        "Profiles are found by ICCID only, not by ISD-P AID.",
        (
            "ES10c.DeleteProfile#02",
            "ES10c.DeleteProfile#23",
            "ES10c.DisableProfile#02",
            "ES10c.DisableProfile#04",
            "ES10c.EnableProfile#02",
            "ES10c.EnableProfile#04",
        ),
        swap(profile_attempt.NAMED, _by_iccid_only),
    ),
    CardFault(
        "es10c.named.isdr",
        "The AID of the ISD-R names the first Profile.",
        ("ES10c.EnableProfile#19",),
        swap(profile_attempt.NAMED, _isdr_as_profile),
    ),
)
