"""The card of a case, on the simulated card in process."""

import pytest

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import LocalError
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import GetEuiccChallengeResponse
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, LinkFault
from rspharness.run.run import Run, RunOptions
from rspharness.suite.store_data_blocks import blocks_of, send_all
from rspharness.targets.transport import LinkWrapper

SET_A = SetDefaultDpAddressRequest(default_dp_address="a.example")


@pytest.fixture
def trace():
    return Trace()


@pytest.fixture
def card(trace):
    return Run(RunOptions()).open_card(trace, Timings())


def test_channel_opens_at_the_first_es10_command_and_after_a_reset(card):
    assert card.number is None
    card.eid()
    assert card.number == 1
    assert card.reset()[0] == 0x3B
    assert card.number is None
    card.eid()
    assert card.number == 1


def test_terminal_profile_and_capability_come_first(card, trace):
    card.eid()
    sent = [line[2:7] for line in trace.lines if line.startswith(">")]
    last = len(sent) - 1 - sent[::-1].index("80 10")
    assert sent[last : last + 4] == ["80 10", "80 AA", "00 70", "01 A4"]


def test_ask_types_the_response_by_the_tag_of_the_request(card):
    response = card.ask(bytes.fromhex("BF2E00"))
    assert isinstance(response, GetEuiccChallengeResponse)
    with pytest.raises(LocalError, match="BF79"):
        card.ask(bytes.fromhex("BF7900"))


def test_refusal_of_a_typed_request_is_a_failed_expectation(card):
    with pytest.raises(ExpectationError, match=r"expected SW 9000 \(OK\) or 91XX, got SW 6A8"):
        card.ask(bytes.fromhex("BF3801FF"))


def test_octets_that_are_no_response_are_a_failed_expectation(card):
    class Garbling:
        def transmit(self, command):
            return b"\xbf\x3e\x00\x90\x00" if command[1] == 0xE2 else b"\x01\x90\x00"

        def reset(self):
            return b""

        def close(self):
            pass

    with pytest.raises(ExpectationError, match="a GetEuiccDataResponse"):
        Card(Garbling()).eid()


def test_answer_to_a_raw_apdu_is_not_collected(card):
    card.eid()
    octets = bytes.fromhex("81E2910006BF3E035C015A00")
    assert card.transmit_raw(octets).sw >> 8 == 0x61
    assert card.transmit(CommandApdu.parse(octets)).sw == 0x9000
    assert card.apdu("00B0000000").sw != 0x9000


def test_last_command_is_outlined_for_messages(card):
    card.eid()
    assert card.last == "ES10c.GetEID, 6 octets"
    card.store(b"\xbf\x79\x01\x00")
    assert card.last == "data object BF79, 4 octets"
    card.store(b"\xbf")
    assert card.last == "malformed command, 1 octets"


def test_snapshot_differs_when_the_address_has_changed(card):
    before = card.observe()
    assert card.observe() == before
    card.send(SET_A)
    (difference,) = before.differences(card.observe())
    assert difference[0] == "addresses"


def test_power_is_lost_after_the_chosen_command(card):
    card.eid()
    with card.power_lost_after(1):
        card.send(SET_A)
        pytest.fail("the answer was read")
    # The card had the whole command: it is done.
    addresses = card.send(EuiccConfiguredAddressesRequest())
    assert addresses.default_dp_address == "a.example"


def test_lost_command_never_reached_the_card(card):
    class Losing(LinkWrapper):
        def transmit(self, command):
            raise LinkFault(f"{len(command)} octets were lost before they reached the card")

    card.eid()
    with card.through(Losing):
        card.send(SET_A)
    assert card.send(EuiccConfiguredAddressesRequest()).default_dp_address is None


def test_power_needs_a_link_that_controls_it():
    class Plain:
        def transmit(self, command):
            return command[:0] + b"\x90\x00"

        def reset(self):
            return b""

        def close(self):
            pass

    with pytest.raises(LocalError, match="not under control"):
        Card(Plain()).power_cycle()


class ShortEid(LinkWrapper):
    """Leaves out the last octet of the EID while `short` is set."""

    short = True

    def transmit(self, command):
        answer = super().transmit(command)
        if self.short and answer.startswith(bytes.fromhex("BF3E125A10")):
            return bytes.fromhex("BF3E115A0F") + answer[5:-3] + answer[-2:]
        return answer


def test_function_that_others_look_with_names_the_row_that_owns_it(card):
    card.link = ShortEid(card.link)
    with pytest.raises(UnobservedError, match="EID of 15 octets") as raised:
        card.eid()
    assert raised.value.row == "ES10c.GetEID#01"


def test_function_that_was_answered_before_in_the_case_is_a_matter_of_the_case(card):
    card.link = ShortEid(card.link)
    card.link.short = False
    card.eid()
    card.link.short = True
    with pytest.raises(ExpectationError, match="EID of 15 octets") as raised:
        card.eid()
    assert not isinstance(raised.value, UnobservedError)


def test_refused_request_with_which_others_are_compared_names_its_row(card):
    assert card.answered(bytes.fromhex("BF2000")).sw == 0x9000

    class Refusing(LinkWrapper):
        def transmit(self, command):
            return b"\x6a\x80" if command[1] == 0xE2 else super().transmit(command)

    card.link = Refusing(card.link)
    with pytest.raises(UnobservedError) as raised:
        card.answered(bytes.fromhex("BF4300"))
    assert raised.value.row == "ES10b.GetRAT#01"


class FewChannels(LinkWrapper):
    """Opens a number of channels and no more."""

    left = 1

    def transmit(self, command):
        if command[1:3] == bytes.fromhex("7000"):
            if not self.left:
                return bytes.fromhex("6A81")
            self.left -= 1
        return super().transmit(command)


@pytest.mark.parametrize(
    ("between", "row"),
    [(Card.close, "ISD-R.Select#19"), (Card.reset, "ISD-R.Select#20")],
)
def test_row_of_a_channel_that_is_not_opened_hangs_on_what_was_before(card, between, row):
    card.link = FewChannels(card.link)
    card.open()
    between(card)
    with pytest.raises(UnobservedError) as raised:
        card.open()
    assert raised.value.row == row


def test_card_that_keeps_channels_over_a_reset_is_switched_off_and_on(card):
    card.keeps_channels = True
    calls = []

    class Powered(LinkWrapper):
        def power_cycle(self):
            calls.append("power")
            return super().power_cycle()

        def reset(self):
            calls.append("reset")
            return super().reset()

    card.link = Powered(card.link)
    card.reset()
    assert calls[0] == "power"
    assert any("in place of a reset" in one for one in card.notes)


class _Busy(LinkWrapper):
    """Answers the STORE DATA of some places with 9300."""

    def __init__(self, link, places):
        super().__init__(link)
        self.places = set(places)
        self.stored = []

    def transmit(self, command):
        if command[1] == Ins.STORE_DATA:
            self.stored.append(command[3])
            if len(self.stored) in self.places:
                return b"\x93\x00"
        return super().transmit(command)


@pytest.mark.parametrize("way", ["chain", "blocks", "raw"])
def test_request_is_sent_again_when_the_toolkit_is_busy(card, way):
    card.open()
    asked = EuiccConfiguredAddressesRequest().encode()
    whole = SET_A.encode() if way == "blocks" else asked
    busy = _Busy(card.link, {2 if way == "blocks" else 1})
    with card.through(lambda _: busy):
        if way == "chain":
            answer = card.store(asked)
        elif way == "raw":
            answer = card.transmit_raw(card.store_data_blocks(asked)[0])
        else:
            answer = send_all(card, blocks_of(card, whole[:4], whole[4:]))
    assert answer.sw >> 8 in (0x90, 0x61)
    assert busy.stored == ([0, 1, 0, 1] if way == "blocks" else [0, 0])
    assert any("9300" in note for note in card.notes)


def test_card_that_is_always_busy_says_so(card):
    card.open()
    with card.through(lambda link: _Busy(link, range(100))):
        assert card.store(EuiccConfiguredAddressesRequest().encode()).sw == 0x9300
