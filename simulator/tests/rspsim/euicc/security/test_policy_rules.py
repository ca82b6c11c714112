"""Operators of the RAT against owners, and the rules no Profile can bring (SGP.22 v2, 2.9)."""

from dataclasses import replace

import pytest

from rspcore.ids import MccMnc
from rspcore.messages.metadata import OperatorId, PprId
from rspsim.euicc.options import Options
from rspsim.euicc.security.policy_rules import forbidden_rules, operator_matches
from rspsim.personalise import RATS


def operator(mcc_mnc: str, gid1: str | None = None, gid2: str | None = None) -> OperatorId:
    return OperatorId(
        mcc_mnc=MccMnc(bytes.fromhex(mcc_mnc)),
        gid1=None if gid1 is None else bytes.fromhex(gid1),
        gid2=None if gid2 is None else bytes.fromhex(gid2),
    )


UK, ANY, ANY_UK = "32F451", "EEEEEE", "32E4EE"


@pytest.mark.parametrize(
    ("rule", "owner", "fits"),
    [
        (operator(ANY, "", ""), operator(UK), True),
        (operator(ANY, "", ""), operator(UK, "01", "02"), True),
        (operator(ANY), operator(UK), True),
        (operator(ANY), operator(UK, "01"), False),
        (operator(UK, "01"), operator(UK, "01"), True),
        (operator(UK, "01"), operator(UK, "02"), False),
        (operator(UK, "01"), operator(UK, "01", "02"), False),
        (operator(UK, "01"), operator(UK), False),
        (operator(UK, "01", ""), operator(UK, "01", "02"), True),
        (operator(ANY_UK), operator(UK), True),
        (operator(ANY_UK), operator("130062"), False),
        (operator(UK), operator("130062"), False),
    ],
)
def test_operator_of_a_rule_fits_or_not(rule, owner, fits):
    assert operator_matches(rule, owner, Options()) is fits


def test_empty_gid_against_an_absent_one_follows_the_option():
    strict = Options(empty_gid_matches_absent=False)
    assert not operator_matches(operator(UK, ""), operator(UK), strict)
    assert operator_matches(operator(UK, ""), operator(UK, "01"), strict)


@pytest.mark.parametrize(
    ("rat", "forbidden"),
    [("any-operator", set()), ("empty", {1, 2}), ("ppr1-only", {2}), ("split", set())],
)
def test_rule_in_no_entry_of_the_table_is_forbidden(lab, rat, forbidden):
    assert forbidden_rules(replace(lab.state, rat=RATS[rat])) == forbidden


def test_ppr1_is_forbidden_beside_an_operational_profile(lab, profile_of):
    lab.install(profile_of(1))
    data, _ = lab.send(bytes.fromhex("BF2200"))
    assert bytes.fromhex("99020640") in data
    lab.delete(profile_of(1).metadata.iccid)
    data, _ = lab.send(bytes.fromhex("BF2200"))
    assert bytes.fromhex("99020640") not in data
    assert PprId.ppr1 not in forbidden_rules(lab.state)
