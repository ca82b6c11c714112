"""ES6.UpdateMetadata: all of a request or nothing, rules only cleared (SGP.22 v2, 5.4.1)."""

from dataclasses import replace

import pytest

from rspcore.ids import Aid
from rspcore.profile_maker import png_icon
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.es6.update_metadata import update_metadata


@pytest.fixture
def owned(lab, profile_of):
    """A card with one Profile: icon, PPR1 and PPR2."""
    lab.install(profile_of(1, icon=png_icon(), ppr=frozenset({1, 2})))
    return lab.state


def updated(state, octets: str):
    return update_metadata(state, STANDARD, state.profiles[0].aid, bytes.fromhex(octets))


def test_present_objects_replace_the_stored_ones(owned):
    after = updated(owned, "BF2A06910141920142").profiles[0]
    before = owned.profiles[0]
    assert after.metadata == replace(before.metadata, service_provider_name="A", profile_name="B")


def test_icon_and_type_are_replaced_together(owned):
    metadata = updated(owned, "BF2A07930100" + "9402FFD8").profiles[0].metadata
    assert (metadata.icon_type, metadata.icon) == (0, b"\xff\xd8")


@pytest.mark.parametrize("octets", ["BF2A029400", "BF2A05930101" + "9400"])
def test_empty_icon_removes_icon_and_type(owned, octets):
    metadata = updated(owned, octets).profiles[0].metadata
    assert (metadata.icon_type, metadata.icon) == (None, None)


@pytest.mark.parametrize(
    ("rules", "left"),
    [("990100", set()), ("99020640", {1}), ("99020520", {2}), ("99020560", {1, 2})],
)
def test_rules_left_are_those_stored_and_received(owned, rules, left):
    after = updated(owned, f"BF2A{len(rules) // 2:02X}{rules}")
    assert after.profiles[0].policy_rules == left


def test_rule_that_is_not_stored_is_not_set(owned):
    cleared = updated(owned, "BF2A0399" + "0100")
    assert updated(cleared, "BF2A0499020560").profiles[0].policy_rules == frozenset()


def test_service_specific_data_is_set_replaced_and_removed(owned):
    for octets in ("BF22038001" + "07", "BF2203800108"):
        after = updated(owned, f"BF2A06{octets}")
        stored = after.profiles[0].metadata.service_specific_data_stored_in_euicc
        assert stored.hex().upper() == octets
        owned = after
    after = updated(owned, "BF2A03BF2200")
    assert after.profiles[0].metadata.service_specific_data_stored_in_euicc is None


@pytest.mark.parametrize(
    "octets",
    [
        "BF2A04990207C0",
        "BF2A03930101",
        "BF2A0494020102",
        "BF2A0791014193019402" + "",
        "BF2A0A91014193010294020102",
        "BF2A0C5A0A98001032547698103214",
        "BF2A03950100",
        "BF2A03900141",
        "BF2A23" + "9121" + "41" * 33,
        "BF2A03910241",
        "BF2900",
    ],
)
def test_anything_wrong_changes_nothing(owned, octets):
    assert updated(owned, octets) == 0x6A80


def test_unknown_isdp_is_not_found(owned):
    other = Aid.from_hex("A0000005591010FFFFFFFF8900001100")
    assert update_metadata(owned, STANDARD, other, bytes.fromhex("BF2A00")) == 0x6A88


def test_nothing_to_change_is_no_change(owned):
    assert updated(owned, "BF2A00") is owned
