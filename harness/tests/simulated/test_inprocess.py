"""The simulated card as the table [card] of a target file describes it."""

import pytest

from rspcore.errors import ConfigError
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.messages.euicc_info import RspCapability, TreProperty, UiccCapability
from rspcore.messages.isdr import LpaeSupport
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.simulated.inprocess import InProcessTarget, first_state
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

PKI = make_pki()


def kind_of(**card):
    settings = TargetSettings(kind="inprocess", card=card)
    return first_state(TargetOptions(settings=settings, pki=PKI)).personality


def test_lpae_and_tre_are_those_of_the_table():
    kind = kind_of(lpae="cat scws", tre="isIntegrated")
    assert kind.lpae_support == {LpaeSupport.lpaeUsingCat, LpaeSupport.lpaeUsingScws}
    assert kind.tre_properties == {TreProperty.isIntegrated}


def test_memory_has_the_size_in_the_table():
    assert kind_of(memory="65536").nvm_size == 65_536


def test_capabilities_are_left_out():
    usual, kind = kind_of(), kind_of(without="crlSupport javacard")
    assert usual.rsp_capability - kind.rsp_capability == {RspCapability.crlSupport}
    assert usual.uicc_capability - kind.uicc_capability == {UiccCapability.javacard}
    assert kind.ts102241_version is None


def test_card_with_the_same_seed_draws_the_same_octets():
    target = InProcessTarget(TargetOptions(settings=TargetSettings(kind="inprocess"), pki=PKI))

    def challenge(seed):
        target.draw_from(seed)
        return bytes(Card(target.open()).send(GetEuiccChallengeRequest()).euicc_challenge)

    first = challenge("case 1")
    assert challenge("case 2") != first
    assert challenge("case 1") == first


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"lpae": "web"}, "lpae = 'web': expected cat, scws"),
        ({"tre": "isLost"}, "tre = 'isLost': expected isDiscrete"),
        ({"memory": "64k"}, "memory = '64k': expected a number of octets"),
        ({"without": "crlSupport coffee"}, "without = coffee: expected bits of"),
    ],
)
def test_unknown_word_is_refused_with_those_expected(card, message):
    with pytest.raises(ConfigError, match=message):
        kind_of(**card)
