import pytest

from rspcore.errors import LocalError
from rspharness.record.timing import CommandNames, Timings, percentiles
from rspharness.record.verdicts import LinkFault
from rspharness.targets.link_faults import PowerOffAfter
from rspharness.targets.transport import TimedLink


class _Script:
    """A card that answers from a list and keeps the commands."""

    def __init__(self, *answers):
        self.answers = list(answers) or [b"\x90\x00"] * 99
        self.seen = []

    def transmit(self, command):
        self.seen.append(command)
        return self.answers.pop(0)

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


def test_restart_in_a_protocol_reaches_the_card_or_is_refused():
    card = _Script()
    with pytest.raises(LocalError, match="not under control"):
        TimedLink(card, Timings()).restart(1)
    card.restart = lambda protocol: bytes((0x3B, protocol))
    assert TimedLink(card, Timings()).restart(1) == b"\x3b\x01"


def test_power_off_after_hides_the_last_answer():
    card = _Script()
    off = []
    link = PowerOffAfter(card, 2, lambda: off.append(1))
    assert link.transmit(b"\x00\xa4\x00\x00") == b"\x90\x00"
    with pytest.raises(LinkFault, match="before the answer"):
        link.transmit(b"\x00\xa4\x00\x01")
    assert off == [1]
    assert len(card.seen) == 2
    with pytest.raises(LinkFault, match="no power"):
        link.transmit(b"\x00\xa4\x00\x02")
    assert len(card.seen) == 2


def test_timed_link_names_the_function_of_a_chain():
    timings = Timings()
    link = TimedLink(_Script(), timings)
    for command in (
        "00A4040000",
        "81E2110003BF3805",
        "81E29101020000",
        "81E2910003862233",
        "01C0000010",
        "81FF0000",
    ):
        link.transmit(bytes.fromhex(command))
    assert {name: len(values) for name, values in timings.by_name.items()} == {
        "SELECT": 1,
        "STORE DATA AuthenticateServer": 2,
        "STORE DATA BPP segment 86": 1,
        "GET RESPONSE after STORE DATA BPP segment 86": 1,
        "INS FF": 1,
    }


def test_malformed_commands_have_a_name_too():
    assert CommandNames().name(b"\x00") == "malformed command"


def test_percentiles_are_values_that_occurred():
    summary = percentiles([float(n) for n in range(1, 101)])
    assert (summary.p50, summary.p90, summary.p99, summary.maximum) == (50, 90, 99, 100)
    assert percentiles([7.0]).p99 == 7
