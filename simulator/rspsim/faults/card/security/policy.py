"""Faults of Profile policy: the rules of a Profile, the table that allows them, ICCIDs."""

from dataclasses import replace
from typing import Final

from rspcore.messages.es10c import DeleteResult, DisableResult, EnableResult
from rspcore.messages.metadata import OperatorId, PprId, ProfileClass
from rspcore.messages.notifications import ErrorReason, NotificationMetadata
from rspsim.euicc import startup
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    disable_profile,
    enable_profile,
    euicc_memory_reset,
)
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.options import Options
from rspsim.euicc.security import policy_rules
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, adds, answers, decides, skip, swap, together

__all__ = ["FAULTS"]


def _without_ppr1(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    chosen = euicc_memory_reset.SELECTED.standard(state, options)
    return tuple(profile for profile in chosen if PprId.ppr1 not in profile.policy_rules)


def _rules_forgotten(state: CardState, /) -> CardState:
    for profile in state.profiles:
        metadata = replace(profile.metadata, profile_policy_rules=None)
        state = state.with_profile(replace(profile, metadata=metadata))
    return state


def _has_ppr1(profile: Profile | None) -> bool:
    return profile is not None and PprId.ppr1 in profile.policy_rules


def _has_ppr2(profile: Profile | None) -> bool:
    return profile is not None and PprId.ppr2 in profile.policy_rules


def _digits_only(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    bare = replace(owner, gid1=None, gid2=None)
    return policy_rules.operator_matches(replace(rule, gid1=None, gid2=None), bare, options)


def _gids_exact(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    gids = (rule.gid1 or None, rule.gid2 or None) == (owner.gid1 or None, owner.gid2 or None)
    return gids and _digits_only(rule, owner, options)


def _digits_exact(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    return rule.mcc_mnc == owner.mcc_mnc and policy_rules.operator_matches(rule, owner, options)


def _digits_not_compared(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    return policy_rules.operator_matches(replace(rule, mcc_mnc=owner.mcc_mnc), owner, options)


def _any_one_suffices(attempt: MetadataAttempt) -> bool:
    view, owner = attempt.step.view, attempt.request.profile_owner
    return owner is None or any(
        policy_rules.rat_allows(view.state.rat, ppr, owner, view.options)
        for ppr in attempt.rules_wanted or (PprId.ppr1,)
    )


def _all_by_one_rule(attempt: MetadataAttempt) -> bool:
    view, owner = attempt.step.view, attempt.request.profile_owner
    wanted = frozenset(attempt.rules_wanted)
    return not wanted or any(
        owner is not None
        and wanted <= rule.ppr_ids
        and any(
            policy_rules.operator_matches(one, owner, view.options)
            for one in rule.allowed_operators
        )
        for rule in view.state.rat
    )


_EVERY_RULE: Final[Check[MetadataAttempt]] = Check(
    "every_rule_allowed",
    lambda a: not policy_rules.forbidden_rules(replace(a.step.view.state, profiles=())),
    ErrorReason.pprNotAllowed,
)


def _unused_in_class(attempt: MetadataAttempt) -> bool:
    other = attempt.step.view.state.profile_by_iccid(attempt.request.iccid)
    given = attempt.request.profile_class
    own = ProfileClass.operational if given is None else given
    return other is None or other.profile_class != own


def _iccid_unused_and_not_listed(attempt: MetadataAttempt) -> bool:
    """Returns whether neither a Profile nor a notification has this ICCID."""
    named = (
        NotificationMetadata.decode(one.metadata).iccid
        for one in attempt.step.view.state.notifications
    )
    return attempt.iccid_unused and attempt.request.iccid not in named


def _digits_unused(attempt: MetadataAttempt) -> bool:
    digits = str(attempt.request.iccid)[:19]
    return not any(
        str(profile.iccid)[:19] == digits and profile.iccid != attempt.request.iccid
        for profile in attempt.step.view.state.profiles
    )


_FILLER: Final[Check[MetadataAttempt]] = Check(
    "digits_unused", _digits_unused, ErrorReason.incorrectInputValues
)
_CHECKS: Final = store_metadata.CHECKS

FAULTS: Final = (
    CardFault(
        "policy.ppr1.ignored",
        "A Profile with PPR1 can be disabled.",
        (
            "procedure.PolicyRules#01",
            "procedure.PolicyRules#02",
            "procedure.PolicyRules#08",
            "procedure.PolicyRules#10",
            "ES10c.EnableProfile#20",
            "ES10c.DisableProfile#11",
            "ES10c.DisableProfile#30",
            "ES10c.DisableProfile#31",
        ),
        together(skip(disable_profile.CHECKS, "policy"), skip(enable_profile.CHECKS, "policy")),
    ),
    CardFault(
        "policy.ppr1.undefined-error",
        "A request that PPR1 forbids is answered undefinedError(127).",
        (
            "procedure.PolicyRules#01",
            "procedure.PolicyRules#02",
            "procedure.PolicyRules#10",
            "ES10c.EnableProfile#20",
            "ES10c.DisableProfile#11",
            "ES10c.DisableProfile#30",
            "ES10c.DisableProfile#31",
        ),
        together(
            answers(disable_profile.CHECKS, "policy", DisableResult.undefinedError),
            answers(enable_profile.CHECKS, "policy", EnableResult.undefinedError),
        ),
    ),
    CardFault(
        "policy.ppr1.of-any-profile",
        "PPR1 of a Disabled Profile prevents other Profiles from being enabled.",
        ("procedure.PolicyRules#09",),
        decides(
            enable_profile.CHECKS,
            "policy",
            lambda a: not any(_has_ppr1(profile) for profile in a.view.state.profiles),
        ),
    ),
    CardFault(
        "policy.ppr1.keeps-installed",
        "A Profile with PPR1 cannot be deleted.",
        ("procedure.PolicyRules#05",),
        decides(delete_profile.CHECKS, "policy", lambda a: not _has_ppr1(a.profile)),
    ),
    CardFault(
        "policy.ppr1.spared-by-memory-reset",
        "A memory reset keeps Profiles with PPR1.",
        ("procedure.PolicyRules#03",),
        swap(euicc_memory_reset.SELECTED, _without_ppr1),
    ),
    CardFault(
        "policy.ppr2.ignored",
        "A Profile with PPR2 can be deleted.",
        (
            "procedure.PolicyRules#06",
            "ES10c.DeleteProfile#06",
            "ES10c.DeleteProfile#23",
        ),
        skip(delete_profile.CHECKS, "policy"),
    ),
    CardFault(
        "policy.ppr2.keeps-enabled",
        "A Profile with PPR2 cannot be disabled.",
        ("procedure.PolicyRules#07",),
        decides(disable_profile.CHECKS, "policy", lambda a: not _has_ppr2(a.profile)),
    ),
    CardFault(
        "policy.delete.enabled-is-policy",
        "Deleting an Enabled Profile is answered disallowedByPolicy(3).",
        ("procedure.PolicyRules#04", "procedure.PolicyRules#08"),
        answers(delete_profile.CHECKS, "profile_disabled", DeleteResult.disallowedByPolicy),
    ),
    CardFault(
        "policy.rules.not-kept",
        "Policy rules in the metadata are not stored.",
        (
            "procedure.PolicyRules#01",
            "procedure.PolicyRules#06",
            "procedure.PolicyRules#11",
            "procedure.PolicyRules#17",
            "procedure.PolicyRules#20",
        ),
        swap(
            store_metadata.KEPT,
            lambda request: replace(
                store_metadata.KEPT.standard(request), profile_policy_rules=None
            ),
        ),
    ),
    CardFault(
        "policy.rules.gone-after-reset",
        "A reset removes the policy rules of all Profiles.",
        ("procedure.PolicyRules#10",),
        swap(startup.KEPT, _rules_forgotten),
    ),
    CardFault(
        "policy.rat.ignored",
        "Policy rules are accepted whatever the rules authorisation table says.",
        (
            "procedure.PolicyRules#16",
            "procedure.PolicyRules#19",
            "procedure.ForbiddenPPR#01",
            "procedure.ForbiddenPPR#02",
            "procedure.ForbiddenPPR#03",
        ),
        skip(_CHECKS, "rules_authorised", "rules_owned"),
    ),
    CardFault(
        "policy.rat.nobody",
        "Policy rules are refused whatever the rules authorisation table says.",
        (
            "procedure.PolicyRules#12",
            "procedure.PolicyRules#13",
            "procedure.PolicyRules#14",
            "procedure.PolicyRules#17",
            "procedure.PolicyRules#18",
            "procedure.PolicyRules#20",
        ),
        decides(_CHECKS, "rules_authorised", lambda a: not a.rules_wanted),
    ),
    CardFault(
        "policy.rat.refused-as-input",
        "Policy rules that are not allowed are answered incorrectInputValues(1).",
        (
            "procedure.PolicyRules#12",
            "procedure.PolicyRules#13",
            "procedure.PolicyRules#16",
            "procedure.PolicyRules#18",
            "procedure.PolicyRules#19",
            "procedure.ForbiddenPPR#01",
            "procedure.ForbiddenPPR#02",
            "procedure.ForbiddenPPR#03",
        ),
        answers(_CHECKS, "rules_authorised", ErrorReason.incorrectInputValues),
    ),
    CardFault(
        "policy.rat.any-operator",
        "A rule of the table matches every mccMnc.",
        ("procedure.PolicyRules#12",),
        swap(policy_rules.OPERATOR_MATCH, _digits_not_compared),
    ),
    CardFault(
        "policy.rat.any-gid",
        "A rule of the table matches whatever gid1 and gid2 are.",
        ("procedure.PolicyRules#13", "procedure.PolicyRules#18"),
        swap(policy_rules.OPERATOR_MATCH, _digits_only),
    ),
    CardFault(
        "policy.rat.empty-gid-is-none",
        "An empty gid1 in a rule matches only owners without gid1.",
        ("procedure.PolicyRules#17",),
        swap(policy_rules.OPERATOR_MATCH, _gids_exact),
    ),
    CardFault(
        "policy.rat.wildcards-exact",
        "A wildcard digit in a rule matches only a wildcard digit.",
        ("procedure.PolicyRules#14", "procedure.PolicyRules#17"),
        swap(policy_rules.OPERATOR_MATCH, _digits_exact),
    ),
    CardFault(
        "policy.rat.one-suffices",
        "Of several policy rules only one has to be allowed.",
        ("procedure.PolicyRules#19",),
        decides(_CHECKS, "rules_authorised", _any_one_suffices),
    ),
    CardFault(
        "policy.rat.one-rule-for-all",
        "All policy rules have to be allowed by one rule of the table.",
        ("procedure.PolicyRules#20",),
        decides(_CHECKS, "rules_authorised", _all_by_one_rule),
    ),
    CardFault(
        "policy.rat.no-rule-no-profile",
        "Where a policy rule is forbidden, Profiles without any rule are refused as well.",
        ("procedure.PolicyRules#16", "procedure.ForbiddenPPR#04"),
        adds(_CHECKS, _EVERY_RULE),
    ),
    CardFault(
        "policy.iccid.twice",
        "A second Profile with the ICCID of an installed one is accepted.",
        ("procedure.IccidUniqueness#01", "procedure.IccidUniqueness#04"),
        skip(_CHECKS, "iccid_unused"),
    ),
    CardFault(
        "policy.iccid.taken-is-input",
        "An ICCID that is in use is answered incorrectInputValues(1).",
        ("procedure.IccidUniqueness#01", "procedure.IccidUniqueness#04"),
        answers(_CHECKS, "iccid_unused", ErrorReason.incorrectInputValues),
    ),
    CardFault(
        "policy.iccid.once-per-class",
        "An ICCID in use is refused only for Profiles of the same class.",
        ("procedure.IccidUniqueness#04",),
        decides(_CHECKS, "iccid_unused", _unused_in_class),
    ),
    CardFault(
        "policy.iccid.remembered",
        "An ICCID is refused while a notification has it.",
        ("procedure.IccidUniqueness#02", "procedure.IccidUniqueness#05"),
        decides(_CHECKS, "iccid_unused", _iccid_unused_and_not_listed),
    ),
    CardFault(
        "policy.iccid.filler-undefined",
        "An ICCID that differs only in its filler nibble is answered incorrectInputValues(1).",
        ("procedure.IccidUniqueness#03",),
        adds(_CHECKS, _FILLER),
    ),
)
