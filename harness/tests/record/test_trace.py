import io

import pytest

from rspcore.errors import ConfigError
from rspharness.record.trace import ReplayLink, Trace
from rspharness.record.verdicts import TargetLost
from rspharness.targets.transport import TracedLink
from rspsim.transports.trace_observer import TraceObserver


class _Echo:
    def transmit(self, command):
        if command == b"\x00\x00\x00\x01":
            raise TargetLost("gone")
        return command[:2] + b"\x90\x00"

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


def _session():
    trace = Trace()
    link = TracedLink(_Echo(), trace)
    link.reset()
    link.transmit(b"\x00\xa4\x04\x00")
    trace.remark("step 1: something\nof two lines")
    link.transmit(b"\x80\xe2\x91\x00\x01\xff")
    return trace, link


def test_trace_replays_as_a_card():
    trace, _ = _session()
    card = ReplayLink.parse(trace.text())
    assert card.reset() == b"\x3b\x00"
    assert card.transmit(b"\x00\xa4\x04\x00") == b"\x00\xa4\x90\x00"
    assert not card.finished
    assert card.transmit(b"\x80\xe2\x91\x00\x01\xff") == b"\x80\xe2\x90\x00"
    assert card.finished


def test_trace_is_readable_text():
    trace, _ = _session()
    lines = trace.text().splitlines()
    assert lines[0] == "# rsplab trace 1"
    assert lines[1] == "ATR 3B 00"
    assert lines[2] == "> 00 A4 04 00"
    assert lines[3].startswith("< 00 A4 90 00 ")
    assert lines[3].endswith(" ms")
    assert lines[4:6] == ["# step 1: something", "# of two lines"]
    assert trace.commands == 2


def test_lost_answer_is_recorded_and_replayed_as_a_loss():
    trace, link = _session()
    with pytest.raises(TargetLost):
        link.transmit(b"\x00\x00\x00\x01")
    assert trace.lines[-2:] == ["> 00 00 00 01", "! gone"]
    card = ReplayLink.parse("> 00 00 00 01\n! gone\n")
    with pytest.raises(TargetLost, match="no answer was recorded"):
        card.transmit(b"\x00\x00\x00\x01")


def test_other_command_than_recorded_is_refused():
    card = ReplayLink.parse("> 00 A4 04 00\n< 90 00\n")
    with pytest.raises(TargetLost, match="line 1: expected command 00 A4 04 00, got 00 B0"):
        card.transmit(b"\x00\xb0\x00\x00")


def test_end_of_the_trace_is_a_lost_target():
    with pytest.raises(TargetLost, match="ends here"):
        ReplayLink.parse("").transmit(b"\x00\xb0\x00\x00")


@pytest.mark.parametrize("text", ["< 90 00", "> 00\n> 00", "what", "> 0G"])
def test_unknown_line_is_refused(text):
    with pytest.raises(ConfigError, match="trace, line"):
        ReplayLink.parse(text)


def test_trace_of_a_card_can_be_replayed() -> None:
    file = io.StringIO()
    observer = TraceObserver(file)
    observer.inserted(b"\x3b\x00")
    observer.exchanged(b"\x00\x70\x00\x00\x01", b"\x01\x90\x00", 0.00021)
    observer.reset(b"\x3b\x01\x02")
    observer.exchanged(b"\x80\x12\x00\x00", bytes(40) + b"\x90\x00", 0.1)
    link = ReplayLink.parse(file.getvalue())
    assert link.reset() == b"\x3b\x00"
    assert link.transmit(b"\x00\x70\x00\x00\x01") == b"\x01\x90\x00"
    assert link.reset() == b"\x3b\x01\x02"
    assert link.transmit(b"\x80\x12\x00\x00") == bytes(40) + b"\x90\x00"
