"""Simulated cards for tests of other software: each preset does what its summary says."""

import pytest

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import ConfigError, DecodeError, LocalError
from rspcore.ids import Eid
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import GetEuiccChallengeRequest, GetRatRequest
from rspcore.messages.es10c import (
    EnableProfileRequest,
    EnableResult,
    ProfileIdentifier,
    ProfileState,
    SetNicknameRequest,
    SetNicknameResult,
)
from rspcore.messages.metadata import PprId
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import preset
from rspcore.status import is_success
from rspharness.card.card_under_test import Card
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.fixture_cards import simulated_card as make
from rspharness.targets.transport import PoweredLink
from rspsim.card_presets import PRESETS, VENDOR_AID
from rspsim.transports.slow_card import SlowCard

ONE = preset("PROFILE_OPERATIONAL1").iccid
SELECT_STANDARD = bytes.fromhex("00A4040010A0000005591010FFFFFFFF890000010000")


class Link:
    """The link to a card in this process."""

    def __init__(self, euicc):
        self.transmit = euicc.transmit
        self.reset = euicc.reset

    def power_cycle(self):
        return self.reset()

    def close(self):
        pass


def driven(euicc):
    link: PoweredLink = Link(euicc)
    card = Card(link)
    card.reset()
    return card


def enabled(card):
    identifier = ProfileIdentifier(iccid=ONE)
    request = EnableProfileRequest(profile_identifier=identifier, refresh_flag=False)
    return card.send(request).enable_result


@pytest.mark.parametrize("name", [one.name for one in PRESETS])
def test_every_preset_is_a_card_that_answers(name):
    card = make(name)
    assert card.reset()[0] == 0x3B
    assert len(card.transmit(bytes.fromhex("00A40004023F00"))) >= 2


def test_words_are_added_to_the_preset():
    euicc = make(
        "old-firmware",
        personality="v2.6",
        faults=["es10c.set-nickname.not-stored"],
        options=["cat-busy=yes"],
        profiles=["PROFILE_OPERATIONAL1"],
    )
    assert euicc.state.personality.name == "v2.6"
    assert euicc.state.options.cat_busy
    assert euicc.state.options.unknown_info_tag_refused
    card = driven(euicc)
    result = card.send(SetNicknameRequest(iccid=ONE, profile_nickname="a")).set_nickname_result
    assert result == SetNicknameResult.ok
    assert card.profiles()[0].profile_nickname is None


def test_unknown_preset_lists_the_known_ones():
    with pytest.raises(LocalError, match="vendor-aid, busy-toolkit"):
        make("perfect")


def test_vendor_aid_replaces_the_standard_one():
    card = make("vendor-aid")
    assert card.transmit(SELECT_STANDARD)[-2:] == b"\x6a\x82"
    found = card.transmit(b"\x00\xa4\x04\x00\x10" + VENDOR_AID + b"\x00")
    assert found[-2] == 0x61


def test_busy_toolkit_is_busy_until_its_command_has_a_response():
    euicc = make("busy-toolkit", profiles=["PROFILE_OPERATIONAL1"])
    euicc.reset()
    card = IsdrChannel(Link(euicc))
    card.open()
    assert enabled(card) == EnableResult.catBusy
    kinds, length = [], card.pending_proactive
    while length is not None:
        assert enabled(card) == EnableResult.catBusy
        command = euicc.transmit(bytes((0x80, 0x12, 0, 0, length)))
        number, kind = command[4:6]
        kinds.append(kind)
        response = bytes((0x81, 3, number, kind, 0, 0x82, 2, 0x82, 0x81, 0x83, 1, 0))
        answer = euicc.transmit(bytes((0x80, 0x14, 0, 0, len(response))) + response)
        length = answer[-1] if answer[-2] == 0x91 else None
    assert kinds == [0x25, 0x05, 0x03, 0x27, 0x02]  # TS 102 223, 9.4
    assert enabled(card) == EnableResult.ok


def test_insecure_card_repeats_its_challenge():
    card = driven(make("insecure-card"))
    challenges = {card.send(GetEuiccChallengeRequest()).euicc_challenge for _ in range(3)}
    assert len(challenges) == 1


def test_nearly_full_card_has_little_room():
    assert make("nearly-full").state.personality.nvm_size == 16 * 1024


def test_slow_card_waits_by_function(monkeypatch):
    waits = []
    monkeypatch.setattr("rspsim.transports.slow_card.time.sleep", waits.append)
    slow = SlowCard(make(), {0: 20, 0xBF3C: 700})
    slow.reset()
    driven(slow).send(EuiccConfiguredAddressesRequest())
    assert waits.count(0.7) == 1
    assert set(waits) == {0.02, 0.7}


def test_every_card_of_a_fixture_has_an_eid_and_keys_of_its_own(simulated_card):
    cards = [simulated_card() for _ in range(3)]
    assert len({card.state.eid for card in cards}) == 3
    assert all(card.state.eid.check_digits_fit for card in cards)
    keys = {one.euicc_scalar for card in cards for one in card.state.credentials}
    assert len(keys) == sum(len(card.state.credentials) for card in cards)


def test_eid_can_be_asked_for(simulated_card):
    asked = str(Eid.from_first_digits("890490320000000000000000000042"))
    cards = [simulated_card(eid=asked) for _ in range(2)]
    assert [str(card.state.eid) for card in cards] == [asked, asked]
    assert str(driven(cards[0]).eid()) == asked


def test_card_of_the_credentials_is_used_where_they_are_given(simulated_card):
    eid = Eid.from_first_digits("890490329999999999999999999999")
    assert simulated_card(pki=make_pki(eid=eid)).state.eid == eid


def test_card_is_delivered_as_asked_for(simulated_card):
    euicc = simulated_card(
        rat="ppr1-only",
        memory=200_000,
        default_dp="smdp.example.com",
        root_ds="smds.example.com",
        profiles=["PROFILE_OPERATIONAL1"],
        enabled="PROFILE_OPERATIONAL2",
    )
    card = Card(Link(euicc))
    card.reset()
    listed = {one.iccid: one.profile_state for one in card.profiles()}
    two = preset("PROFILE_OPERATIONAL2").iccid
    assert listed == {ONE: ProfileState.disabled, two: ProfileState.enabled}
    addresses = card.send(EuiccConfiguredAddressesRequest())
    assert addresses.default_dp_address == "smdp.example.com"
    assert addresses.root_ds_address == "smds.example.com"
    (rule,) = card.send(GetRatRequest()).rat
    assert rule.ppr_ids == {PprId.ppr1}
    assert euicc.state.personality.nvm_size == 200_000
    selected = card.transmit(CommandApdu(0, Ins.SELECT, 0, 4, bytes.fromhex("2FE2"), 256))
    assert is_success(selected.sw)
    read = card.transmit(CommandApdu(0, Ins.READ_BINARY, 0, 0, le=10))
    assert read.data == two.octets


@pytest.mark.parametrize(
    ("words", "problem", "message"),
    [
        ({"rat": "nope"}, ConfigError, "expected one of any-operator"),
        ({"profiles": ["NOPE"]}, LocalError, "NOPE"),
        ({"enabled": "NOPE"}, LocalError, "NOPE"),
    ],
)
def test_word_that_names_nothing_is_refused(simulated_card, words, problem, message):
    with pytest.raises(problem, match=message):
        simulated_card(**words)


@pytest.mark.parametrize(
    ("eid", "problem", "message"),
    [
        ("8904", DecodeError, "expected 32 decimal digits"),
        ("89049032123451234512345678901236", ConfigError, "check digits"),
    ],
)
def test_eid_that_no_card_can_have_is_refused(simulated_card, eid, problem, message):
    with pytest.raises(problem, match=message):
        simulated_card(eid=eid)


def test_fixture_makes_a_simulated_card(pytester):
    pytester.makepyfile(
        """
        def test_mine(simulated_card):
            card = simulated_card("policy-blind")
            assert card.reset()[0] == 0x3B
        """
    )
    installed = ("-p", "no:rspharness", "-p", "rspharness.plugin.installed")
    assert pytester.runpytest_inprocess(*installed, "-p", "no:cacheprovider").ret == 0


@pytest.mark.vpcd
def test_fixture_puts_a_card_into_a_reader(card_in_reader):
    from rspharness.targets.reader import ReaderLink  # noqa: PLC0415  needs pyscard

    reader = card_in_reader("vendor-aid", profiles=["PROFILE_OPERATIONAL1"])
    link = ReaderLink(reader, patience_s=5)
    link.reset()
    assert link.transmit(SELECT_STANDARD) == b"\x6a\x82"
    link.close()
