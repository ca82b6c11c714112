"""The rules authorisation table of a card: whose Profile may bring which policy rule.

Read as the LPA reads it, so that a case finds an owner the table allows, or one it does not,
whatever the table of the card says.

Source: SGP.22 v2, 2.9.2 and 5.7.22.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rspcore.ids import MccMnc
from rspcore.messages.metadata import OperatorId, PprId, ProfilePolicyAuthorisationRule
from rspcore.profile_maker import ProfileParameters
from rspharness.lpa.checks import operator_matches
from rspharness.record.verdicts import NotApplicable

__all__ = [
    "Rules",
    "allows",
    "named",
    "owned_by",
    "owned_by_allowed_operator",
    "owned_by_other_operator",
]

Rules = tuple[ProfilePolicyAuthorisationRule, ...]
"""The table, in its order."""

_ANY: Final = "e"
_STRANGERS: Final = (
    MccMnc.from_digits("001", "01"),
    MccMnc.from_digits("999", "99"),
    MccMnc.from_digits("001", "02"),
)
"""Operators of test networks, tried where one has to be unknown to the table."""


def allows(rules: Rules, ppr: int, owner: OperatorId) -> bool:
    """Returns whether some rule names the policy rule and an operator that fits the owner."""
    return any(
        ppr in rule.ppr_ids
        and any(operator_matches(operator, owner) for operator in rule.allowed_operators)
        for rule in rules
    )


def owned_by(parameters: ProfileParameters, owner: OperatorId) -> ProfileParameters:
    """Returns a Profile of another owner: IMSI, group identifiers and metadata agree."""
    mcc, mnc = str(owner.mcc_mnc).split("/")
    imsi = f"{mcc}{mnc}{(parameters.imsi or '')[len(mcc) + len(mnc) :]}"
    return replace(
        parameters,
        imsi=imsi,
        mnc_digits=len(mnc),
        gid1=owner.gid1 or None,
        gid2=owner.gid2 or None,
    )


def owned_by_allowed_operator(rules: Rules, parameters: ProfileParameters) -> ProfileParameters:
    """Returns the Profile with an owner for whom the table allows all its policy rules.

    It is the unchanged Profile if its own owner is allowed.

    Raises:
        NotApplicable: there is no such owner.
    """
    wanted = parameters.ppr or frozenset()
    candidates = [parameters] + [
        owned_by(parameters, _concrete(operator))
        for rule in rules
        for operator in rule.allowed_operators
    ]
    for one in candidates:
        owner = one.profile_owner
        if owner is not None and all(allows(rules, ppr, owner) for ppr in wanted):
            return one
    raise NotApplicable(f"the RAT of the card allows no owner {named(wanted)}")


def owned_by_other_operator(rules: Rules, parameters: ProfileParameters) -> ProfileParameters:
    """Returns the Profile with an owner for whom the table does not allow its policy rules.

    Raises:
        NotApplicable: no owner was found that is not allowed.
    """
    wanted = parameters.ppr or frozenset()
    for code in _STRANGERS:
        one = owned_by(parameters, OperatorId(mcc_mnc=code))
        owner = one.profile_owner
        if owner is not None and not any(allows(rules, ppr, owner) for ppr in wanted):
            return one
    raise NotApplicable(f"the RAT of the card allows every owner {named(wanted)}")


def _concrete(operator: OperatorId) -> OperatorId:
    """Returns an owner that fits: digit 1 for any, a group identifier where any will do."""
    return OperatorId(
        mcc_mnc=MccMnc(bytes.fromhex(operator.mcc_mnc.octets.hex().replace(_ANY, "1"))),
        gid1=b"\x01" if operator.gid1 == b"" else operator.gid1,
        gid2=b"\x01" if operator.gid2 == b"" else operator.gid2,
    )


def named(rules: Iterable[int]) -> str:
    """Returns policy rules by their names, for a message."""
    return " and ".join(PprId(rule).name for rule in sorted(rules)) or "no rule"
