"""The simulated card as the table [card] of a target file describes it."""

import pytest

from rspcore.errors import ConfigError
from rspcore.messages.es10b import GetEuiccChallengeRequest
from rspcore.messages.es10c import ProfileState, ResetOption
from rspcore.messages.euicc_info import RspCapability, TreProperty, UiccCapability
from rspcore.messages.isdr import LpaeSupport
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.inprocess import InProcessTarget, declaring, first_state
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


def test_nothing_is_declared_where_the_table_says_so():
    settings = TargetSettings(kind="inprocess", card={"declared": "nothing"})
    assert declaring(TargetOptions(settings=settings, pki=make_pki())) == settings


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


BUSY = TargetSettings(
    kind="inprocess", card={"preset": "busy-toolkit", "preloaded": "PROFILE_OPERATIONAL1"}
)


def test_preset_is_a_kind_of_card_with_what_differs_from_it():
    state = first_state(TargetOptions(settings=BUSY, pki=PKI))
    assert state.options.cat_busy
    assert len(state.profiles) == 1
    assert kind_of(preset="old-firmware").name == "v2.2.2"
    assert kind_of(preset="old-firmware", personality="v2.4").name == "v2.4"
    assert kind_of(preset="nearly-full").nvm_size == 16_384
    assert kind_of(preset="nearly-full", memory="20000").nvm_size == 20_000


def test_lpa_switches_a_card_whose_toolkit_is_busy():
    target = InProcessTarget(TargetOptions(settings=BUSY, pki=PKI))
    channel = IsdrChannel(target.open())
    channel.reset()
    (one,) = local_management.list_profiles(channel)
    enabled = local_management.enable_profile(channel, one.iccid)
    assert enabled.profile_state == ProfileState.enabled
    disabled = local_management.disable_profile(channel, one.isdp_aid)
    assert disabled.profile_state == ProfileState.disabled
    everything = frozenset({ResetOption.deleteOperationalProfiles})
    assert local_management.memory_reset(channel, everything)
    assert local_management.list_profiles(channel) == ()


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"lpae": "web"}, "lpae = 'web': expected cat, scws"),
        ({"tre": "isLost"}, "tre = 'isLost': expected isDiscrete"),
        ({"preset": "buzy"}, "preset 'buzy': expected one of spec"),
        ({"memory": "64k"}, "memory = '64k': expected a number of octets"),
        ({"without": "crlSupport coffee"}, "without = coffee: expected bits of"),
    ],
)
def test_unknown_word_is_refused_with_those_expected(card, message):
    with pytest.raises(ConfigError, match=message):
        kind_of(**card)


def test_other_words_for_declared_are_refused():
    settings = TargetSettings(kind="inprocess", card={"declared": "all"})
    with pytest.raises(ConfigError, match=r"declared = 'all': expected \"nothing\""):
        declaring(TargetOptions(settings=settings, pki=make_pki()))
