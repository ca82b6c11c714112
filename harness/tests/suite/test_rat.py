"""Owners found for any rules authorisation table, and for none."""

from dataclasses import replace

import pytest

from rspcore.ids import MccMnc
from rspcore.messages.metadata import OperatorId, PprId, ProfilePolicyAuthorisationRule
from rspcore.profile_maker import make_profile, preset
from rspharness.record.verdicts import NotApplicable
from rspharness.suite.rat import (
    allows,
    owned_by,
    owned_by_allowed_operator,
    owned_by_other_operator,
)

PPR1 = preset("PROFILE_OPERATIONAL4")


def operator(digits="EEEEEE", gid1=None, gid2=None):
    return OperatorId(mcc_mnc=MccMnc(bytes.fromhex(digits)), gid1=gid1, gid2=gid2)


def rule(*operators, pprs=(PprId.ppr1, PprId.ppr2)):
    return ProfilePolicyAuthorisationRule(
        ppr_ids=frozenset(pprs), allowed_operators=operators, ppr_flags=frozenset()
    )


ANYBODY = (rule(operator(gid1=b"", gid2=b"")),)
ONE_GID = (rule(operator("00F110", gid1=b"\x05")),)
HALF = (rule(operator("21E3E4"), pprs=(PprId.ppr1,)),)


@pytest.mark.parametrize(
    ("rules", "ppr", "owner", "expected"),
    [
        (ONE_GID, PprId.ppr1, operator("00F110", gid1=b"\x05"), True),
        (ONE_GID, PprId.ppr1, operator("00F110"), False),
        (ONE_GID, PprId.ppr1, operator("00F110", gid1=b"\x05", gid2=b"\x01"), False),
        (ONE_GID, PprId.ppr1, operator("00F120", gid1=b"\x05"), False),
        (HALF, PprId.ppr1, operator("213355"), False),
        (HALF, PprId.ppr1, operator("213344"), True),
        (HALF, PprId.ppr2, operator("213344"), False),
        (ANYBODY, PprId.ppr2, operator("213344", gid1=b"\x07", gid2=b"\x08"), True),
        ((), PprId.ppr1, operator("00F110"), False),
    ],
)
def test_owner_is_allowed_by_the_table(rules, ppr, owner, expected):
    assert allows(rules, ppr, owner) is expected


@pytest.mark.parametrize("rules", [ANYBODY, ONE_GID, HALF])
def test_allowed_owner_is_found_for_any_table(rules):
    one = owned_by_allowed_operator(rules, PPR1)
    assert allows(rules, PprId.ppr1, one.profile_owner)
    assert make_profile(one).metadata.profile_owner == one.profile_owner
    assert one.ppr == PPR1.ppr


def test_own_owner_is_kept_where_it_is_allowed():
    rules = (rule(operator("00F110")),)
    assert owned_by_allowed_operator(rules, PPR1) is PPR1


def test_owner_outside_the_table_is_not_allowed():
    rules = (rule(operator("00F110")),)
    assert not allows(rules, PprId.ppr1, owned_by_other_operator(rules, PPR1).profile_owner)


def test_profile_agrees_with_the_owner_it_gets():
    owner = operator("216354", gid1=b"\x01\x02")
    made = owned_by(PPR1, owner)
    assert made.profile_owner == owner
    assert made.imsi.startswith("123456")


def test_case_does_not_apply_without_such_an_owner():
    with pytest.raises(NotApplicable, match="ppr1"):
        owned_by_allowed_operator((), PPR1)
    both = replace(PPR1, ppr=frozenset({PprId.ppr1, PprId.ppr2}))
    with pytest.raises(NotApplicable, match="ppr1 and ppr2"):
        owned_by_other_operator((rule(operator()),), both)
