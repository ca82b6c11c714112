"""Profile policy: which rules a Profile may bring, and what its rules forbid later.

The rules authorisation table (RAT) answers the first question when metadata is stored, the Profile
policy rules (PPRs) of the enabled Profile answer the second when it is to be disabled or deleted. A
rule that the RAT does not name is forbidden for all (SGP.22 v2, 2.9).
"""

from collections.abc import Callable
from typing import Final

from rspcore.ids import MccMnc
from rspcore.messages.metadata import (
    OperatorId,
    PprId,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
)
from rspsim.euicc.decisions import Decision
from rspsim.euicc.options import Options
from rspsim.euicc.state import CardState, Profile

__all__ = [
    "ENFORCED",
    "OPERATOR_MATCH",
    "disabling_forbidden",
    "forbidden_rules",
    "operator_matches",
    "rat_allows",
]

OperatorMatch = Callable[[OperatorId, OperatorId, Options], bool]

ENFORCED: Final = (PprId.ppr1, PprId.ppr2)
"""The rules there are; the bit pprUpdateControl has no meaning in a Profile (2.9.1)."""


def operator_matches(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    """Returns whether an operator of a rule fits the owner of a Profile (2.9.2.1).

    Nibble E of mccMnc fits any digit. A gid of length 0 fits any value, and, by an option, none at
    all; an absent one fits only an owner without it; any other has to be equal.
    """
    return (
        _digits_match(rule.mcc_mnc, owner.mcc_mnc)
        and _gid_matches(rule.gid1, owner.gid1, options)
        and _gid_matches(rule.gid2, owner.gid2, options)
    )


def _digits_match(rule: MccMnc, owner: MccMnc) -> bool:
    pairs = zip(rule.octets.hex(), owner.octets.hex(), strict=True)
    return all(wanted in ("e", digit) for wanted, digit in pairs)


def _gid_matches(rule: bytes | None, owner: bytes | None, options: Options) -> bool:
    if rule == b"":
        return owner is not None or options.empty_gid_matches_absent
    return rule == owner


OPERATOR_MATCH: Final = Decision(
    "rules.operator_match", operator_matches, "whether an operator of a rule fits an owner"
)


def rat_allows(
    rat: tuple[ProfilePolicyAuthorisationRule, ...],
    ppr: PprId,
    owner: OperatorId,
    options: Options,
    match: OperatorMatch = operator_matches,
) -> bool:
    """Returns whether some rule of the RAT names a PPR and an operator that fits the owner."""
    return any(
        ppr in rule.ppr_ids
        and any(match(operator, owner, options) for operator in rule.allowed_operators)
        for rule in rat
    )


def forbidden_rules(state: CardState) -> frozenset[int]:
    """Returns the PPRs that no Profile can bring now: forbiddenProfilePolicyRules (5.7.8).

    PPR1 is among them while an operational Profile is installed, because beside another one it
    could not be kept (2.9.1).
    """
    named = frozenset[int]().union(*(rule.ppr_ids for rule in state.rat))
    forbidden = {int(ppr) for ppr in ENFORCED if ppr not in named}
    if any(profile.profile_class == ProfileClass.operational for profile in state.profiles):
        forbidden.add(PprId.ppr1)
    return frozenset(forbidden)


def disabling_forbidden(enabled: Profile, target: Profile | None) -> bool:
    """Returns whether PPR1 forbids to disable the enabled Profile (2.9.3.1 and 2.4.5.2).

    It prevents neither the change to a test or provisioning Profile nor the end of a test Profile.
    """
    if PprId.ppr1 not in enabled.policy_rules or enabled.profile_class == ProfileClass.test:
        return False
    return target is None or target.profile_class == ProfileClass.operational
