"""Personalities of recorded cards: what they claim, their answers to reset, and their presets."""

from functools import reduce
from operator import xor

import pytest

from rspcore.messages.euicc_info import RspCapability, UiccCapability
from rspsim.card_presets import RECORDED, preset_named
from rspsim.euicc.field_personalities import FIELD_PERSONALITIES
from rspsim.euicc.personality import personality_named
from rspsim.variations.named_variations import variation_named

pytestmark = pytest.mark.once
EACH = pytest.mark.parametrize("kind", FIELD_PERSONALITIES, ids=lambda kind: kind.name)


@EACH
def test_every_card_claims_milenage_and_none_the_test_algorithm(kind):
    assert UiccCapability.akaMilenage in kind.uicc_capability
    assert UiccCapability.usimTestAlgorithm not in kind.uicc_capability


@EACH
def test_bits_are_those_recorded(kind):
    test_profiles = {RspCapability.additionalProfile, RspCapability.testProfileSupport}
    assert test_profiles <= kind.rsp_capability
    assert RspCapability.crlSupport not in kind.rsp_capability


@EACH
def test_answer_to_reset_ends_with_its_check_octet(kind):
    assert reduce(xor, kind.atr[1:]) == 0


def test_each_has_a_preset_of_its_name():
    assert [one.name for one in RECORDED] == [kind.name for kind in FIELD_PERSONALITIES]
    for one in RECORDED:
        assert preset_named(one.name) is one
        assert personality_named(one.personality).name == one.name
        assert not one.faults
        assert all(variation_named(name) for name in one.variations)
