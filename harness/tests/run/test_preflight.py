"""What is read of a card before the first case, and which requirement owns what is wrong."""

import sys
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import NotApplicable
from rspharness.run.preflight import examine
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.own_profile import is_of_suites
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import LinkWrapper

sys.path.insert(0, str(Path(__file__).parents[1]))

from odd_cards import (
    RefusesTagList,
    WithoutListNotification,
)

READING = {Ins.TERMINAL_CAPABILITY, Ins.TERMINAL_PROFILE, Ins.MANAGE_CHANNEL, Ins.SELECT}
READING |= {Ins.READ_RECORD, Ins.STORE_DATA, Ins.GET_RESPONSE, Ins.FETCH, Ins.TERMINAL_RESPONSE}
READ = {"BF3E", "BF20", "BF22", "BF2D", "BF28", "BF2E", "BF3C", "BF43"}


class Plain(LinkWrapper):
    """Records what is sent."""

    def __init__(self, link):
        super().__init__(link)
        self.sent = []

    def transmit(self, command):
        self.sent.append(CommandApdu.parse(command))
        return super().transmit(command)


class KeepsChannels(Plain):
    """Keeps logical channels open over a reset."""

    def reset(self):
        return bytes.fromhex("3B00")


class NeverOpensAgain(Plain):
    """Opens no channel after one was closed, until the next reset."""

    closed = False

    def reset(self):
        self.closed = False
        return super().reset()

    def transmit(self, command):
        if command[1:3] == bytes.fromhex("7080"):
            self.closed = True
        elif command[1] == Ins.MANAGE_CHANNEL and self.closed:
            return bytes.fromhex("6A81")
        return super().transmit(command)


class WithoutChannels(Plain):
    """Refuses to open a logical channel."""

    def transmit(self, command):
        return b"\x6a\x81" if command[1] == Ins.MANAGE_CHANNEL else super().transmit(command)


class AnnouncesInVain(Plain):
    """Announces a proactive command after TERMINAL PROFILE, and does not give it."""

    def transmit(self, command):
        answer = super().transmit(command)
        if command[1] == Ins.TERMINAL_PROFILE:
            return b"\x91\x0b"
        return b"\x6f\x00" if command[1] == Ins.FETCH else answer


@pytest.fixture
def examined():
    """Returns the function that examines a new simulated card behind a link."""

    def run(odd, trusts=lambda: None):
        settings = TargetSettings(kind="inprocess", name="inprocess")
        target = InProcessTarget(TargetOptions(settings=settings, pki=make_pki()))
        plain = target.open()
        plain.reset()
        card = Card(odd(plain))
        card.reset()
        return examine(card, trusts, is_of_suites), card

    return run


def test_sound_card_has_a_line_for_each_matter_and_no_finding(examined):
    seen, card = examined(Plain)
    assert seen.findings == []
    assert set(seen.lines) == {
        *("ATR", "channels", "EID", "EUICCInfo1", "EUICCInfo2", "addresses", "trust"),
        *("Profiles", "Notifications", "RAT", "toolkit", "free memory"),
    }
    assert card.number is None


def test_nothing_but_reading_is_sent(examined):
    _, card = examined(Plain)
    assert {one.ins for one in card.link.sent} <= READING
    stored = [one for one in card.link.sent if one.ins == Ins.STORE_DATA]
    assert {one.data[:2].hex().upper() for one in stored} == READ


@pytest.mark.parametrize(
    ("odd", "row"),
    [
        (KeepsChannels, "ISD-R.Select#20"),
        (NeverOpensAgain, "ISD-R.Select#19"),
        (WithoutChannels, "ISD-R.Select#01"),
        (RefusesTagList, "ES10c.GetProfilesInfo#32"),
        (WithoutListNotification, "ES10b.ListNotification#01"),
        (AnnouncesInVain, "UICC.Toolkit#03"),
    ],
)
def test_finding_names_the_requirement_that_owns_it(examined, odd, row):
    seen, _ = examined(odd)
    assert [one.row for one in seen.findings] == [row]
    assert seen.by_function[row.partition("#")[0]].remedy


@pytest.mark.parametrize(
    ("sound", "odd", "row"),
    [
        ("84", "8400", "ES10b.GetEUICCInfo2#08"),
        ("85", "850108", "ES10b.GetEUICCInfo2#09"),
        ("04", "04020100", "ES10b.GetEUICCInfo2#17"),
        ("82", "", "ES10b.GetEUICCInfo2#06"),
    ],
)
def test_component_of_euicc_info2_is_owned_by_its_row(examined, sound, odd, row):
    class Odd(Plain):
        waiting = b""

        def transmit(self, command):
            apdu = CommandApdu.parse(command)
            if apdu.ins == Ins.GET_RESPONSE and self.waiting:
                answer, self.waiting = self.waiting, b""
                return answer + b"\x90\x00"
            answered = super().transmit(command)
            if apdu.ins != Ins.STORE_DATA or apdu.data[:2] != bytes.fromhex("BF22"):
                return answered
            whole = tlv.parse(super().transmit(bytes((command[0], 0xC0, 0, 0, 0)))[:-2])
            parts = (
                bytes.fromhex(odd) if one.tag == int(sound, 16) else bytes(one.raw)
                for one in whole.children()
            )
            self.waiting = tlv.encode(whole.tag, *parts)
            return bytes((0x61, len(self.waiting)))

    seen, _ = examined(Odd)
    assert [one.row for one in seen.findings] == [row]


def test_only_a_card_that_keeps_channels_is_taken_for_one(examined):
    assert examined(KeepsChannels)[0].keeps_channels
    assert not examined(Plain)[0].keeps_channels


def test_card_of_another_ci_is_said_and_is_no_finding(examined):
    def refuse():
        raise NotApplicable("none of the card's CIs is in --pki")

    seen, _ = examined(Plain, refuse)
    assert seen.findings == []
    assert "no CI in common" in seen.lines["trust"]
