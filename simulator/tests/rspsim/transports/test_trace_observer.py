"""The trace of a card: readable, written at once, and possible to replay."""

import io

from rspharness.record.trace import ReplayLink
from rspsim.transports.trace_observer import TraceObserver


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


def test_lines_are_readable() -> None:
    file = io.StringIO()
    TraceObserver(file).exchanged(b"\x00\x70\x00\x00\x01", b"\x01\x90\x00", 0.00021)
    assert file.getvalue() == (
        "# rsplab trace 1\n> 00 70 00 00 01\n< 01 90 00                                 ; 0.21 ms\n"
    )
