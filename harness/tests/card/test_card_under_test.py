"""The card of a case, on the simulated card in process."""

import pytest

from rspcore.apdu import CommandApdu
from rspcore.errors import LocalError
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import GetEuiccChallengeResponse
from rspharness.card.card_under_test import Card
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, LinkFault
from rspharness.run.run import Run, RunOptions
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
