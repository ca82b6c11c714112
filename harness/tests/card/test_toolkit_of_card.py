"""A card whose toolkit has much to say after TERMINAL PROFILE disturbs no case.

The card is scripted: what it announces is a queue, in several orders; ES10c functions are answered
catBusy(5) while something of it waits.
"""

import itertools

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.ids import Iccid
from rspcore.messages.es10c import EnableProfileRequest, EnableResult, ProfileIdentifier
from rspharness.card.card_under_test import Card
from rspharness.lpa.proactive import Refresh, settle_refresh
from rspharness.record.verdicts import ExpectationError
from rspharness.suite import refresh

MENU = "D01D81030125008202818285044D656E758F0501496E666F8F050242616E6B"
EVENTS = "D00E8103010500820281829903030405"
POLL = "D00D8103010300820281828402011E"
TIMER = "D011810301270082028182A40101A503000003"
MORE_TIME = "D009810301020082028182"
FILES = "D009810301010182028182"
RESET = "D009810301010482028182"
STATE_CHANGE = "D009810301010982028182"
OFFERED = {"menu": MENU, "events": EVENTS, "poll": POLL, "timer": TIMER}

ICCID = Iccid.from_digits("8929901012345678905")
ENABLE = EnableProfileRequest(profile_identifier=ProfileIdentifier(iccid=ICCID), refresh_flag=True)


class TalkativeCard:
    """A card with a queue of proactive commands.

    Attributes:
        after_profile: What it queues at TERMINAL PROFILE.
        after_switch: What it queues when it accepts EnableProfile.
        late: What it queues with an answer of catBusy, once.
        done: The results of the TERMINAL RESPONSEs, by type of command.
    """

    def __init__(self, after_profile=(), after_switch=(), late=()):
        self.after_profile, self.after_switch = list(after_profile), list(after_switch)
        self.late = list(late)
        self.queue, self.fetched, self.done = [], None, []
        self.commands, self.switches, self.resets = [], 0, 0

    def reset(self):
        self.resets += 1
        self.queue, self.fetched = [], None
        return b"\x3b\x00"

    def close(self):
        pass

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        self.commands.append(apdu)
        data = self._answer(apdu)
        if isinstance(data, int):
            return data.to_bytes(2)
        waiting = self.queue[0] if self.queue and self.fetched is None else None
        return data + (b"\x90\x00" if waiting is None else bytes((0x91, len(waiting))))

    def _answer(self, apdu):
        if apdu.ins == Ins.TERMINAL_PROFILE:
            self.queue = [bytes.fromhex(one) for one in self.after_profile]
        elif apdu.ins == Ins.FETCH:
            if not self.queue or self.fetched is not None:
                return 0x6985
            self.fetched = self.queue[0]
            assert apdu.le == len(self.fetched)
            return self.fetched
        elif apdu.ins == Ins.TERMINAL_RESPONSE:
            assert self.fetched is not None
            objects = {one.tag: bytes(one.value) for one in tlv.iterate(apdu.data)}
            assert objects[0x81] == self.fetched[4:7]
            assert objects[0x82] == b"\x82\x81"
            self.done.append((objects[0x81][1], objects[0x83][0]))
            self.queue, self.fetched = self.queue[1:], None
        elif apdu.ins == Ins.MANAGE_CHANNEL:
            return b"\x01" if apdu.p1 == 0 else b""
        elif apdu.ins == Ins.STORE_DATA:
            return self._function(apdu.data)
        return b""

    def _function(self, octets):
        if octets[:2] != bytes.fromhex("BF31"):
            return bytes.fromhex("BF2D02A000")
        self.switches += 1
        late, self.late = self.late, []
        self.queue += [bytes.fromhex(one) for one in late]
        if self.queue:
            return bytes.fromhex("BF3103800105")
        self.queue = [bytes.fromhex(one) for one in self.after_switch]
        return bytes.fromhex("BF3103800100")


@pytest.mark.parametrize("names", tuple(itertools.permutations(OFFERED)), ids="-".join)
def test_what_is_offered_after_terminal_profile_is_answered_in_any_order(names):
    link = TalkativeCard([OFFERED[name] for name in names], [RESET])
    card = Card(link)
    assert card.send(ENABLE).enable_result == EnableResult.ok
    assert sorted(link.done) == [(0x03, 0), (0x05, 0), (0x25, 0), (0x27, 0)]
    assert link.switches == 1
    assert refresh.required(card).qualifier == Refresh.UICC_RESET


def test_terminal_answers_before_the_isdr_is_selected():
    link = TalkativeCard([MENU, EVENTS])
    Card(link).listed_profiles()
    kinds = [command.ins for command in link.commands]
    assert kinds[:6] == [Ins.TERMINAL_PROFILE, *[Ins.FETCH, Ins.TERMINAL_RESPONSE] * 2, 0xAA]


def test_silent_card_is_sent_nothing_more():
    link = TalkativeCard()
    Card(link).listed_profiles()
    kinds = [Ins.TERMINAL_PROFILE, 0xAA, Ins.MANAGE_CHANNEL, Ins.SELECT, Ins.STORE_DATA]
    assert [command.ins for command in link.commands] == kinds


@pytest.mark.parametrize("place", range(4))
def test_refresh_is_found_wherever_it_stands(place):
    queue = [MENU, TIMER, FILES]
    queue.insert(place, STATE_CHANGE)
    queue = [one for one in queue if one != FILES]
    card = Card(TalkativeCard((), queue))
    card.send(ENABLE)
    assert refresh.required(card).qualifier == Refresh.PROFILE_STATE_CHANGE


def test_refresh_that_tells_of_files_is_not_the_one_of_a_switch():
    link = TalkativeCard((), [FILES, POLL, RESET])
    card = Card(link)
    card.send(ENABLE)
    assert settle_refresh(card) == Refresh.UICC_RESET
    assert link.done == [(0x01, 0), (0x03, 0)]
    assert link.resets == 1


def test_other_commands_after_a_switch_are_not_its_refresh():
    card = Card(TalkativeCard((), [MENU]))
    card.send(ENABLE)
    with pytest.raises(ExpectationError, match="no REFRESH"):
        refresh.required(card)
    card = Card(TalkativeCard((), [MENU, RESET]))
    card.send(ENABLE)
    with pytest.raises(ExpectationError, match="no REFRESH announced, got REFRESH 04"):
        refresh.none_announced(card)


def test_refresh_of_a_switch_is_left_to_the_case():
    link = TalkativeCard((), [RESET])
    card = Card(link)
    card.send(ENABLE)
    card.listed_profiles()
    assert card.send(ENABLE).enable_result == EnableResult.catBusy
    assert link.switches == 2  # not tried again: the card is busy with the switch itself
    assert refresh.required(card).qualifier == Refresh.UICC_RESET


def test_card_that_becomes_busy_with_the_command_is_asked_once_more():
    link = TalkativeCard((), [RESET], late=[MORE_TIME])
    card = Card(link)
    assert card.send(ENABLE).enable_result == EnableResult.ok
    assert (link.switches, link.done) == (2, [(0x02, 0)])
    assert refresh.required(card).qualifier == Refresh.UICC_RESET


def test_refresh_of_the_cards_own_accord_is_carried_out():
    link = TalkativeCard([POLL, RESET])
    plain = link.reset

    def reset():
        link.after_profile = [MENU]  # it asks once
        return plain()

    link.reset = reset
    card = Card(link)
    card.listed_profiles()
    assert link.resets == 1
    assert [command.ins for command in link.commands].count(Ins.TERMINAL_PROFILE) == 2
    assert link.done == [(0x03, 0), (0x25, 0)]


def test_card_that_asks_for_a_reset_each_time_is_taken_as_it_is():
    link = TalkativeCard([RESET])
    card = Card(link)
    card.listed_profiles()
    assert link.resets == 3


def test_toolkit_that_breaks_the_protocol_is_noted_and_no_verdict():
    link = TalkativeCard([MENU])
    plain = link._answer
    link._answer = lambda apdu: 0x6F00 if apdu.ins == Ins.FETCH else plain(apdu)
    card = Card(link)
    assert card.listed_profiles() == ()
    assert len(card.notes) == 1
    assert "FETCH: the card answered SW 6F00" in card.notes[0]
