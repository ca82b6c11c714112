"""The trace of a card: readable, written at once, and possible to replay."""

import io

from rspsim.transports.trace_observer import TraceObserver


def test_lines_are_readable() -> None:
    file = io.StringIO()
    TraceObserver(file).exchanged(b"\x00\x70\x00\x00\x01", b"\x01\x90\x00", 0.00021)
    assert file.getvalue() == (
        "# rsplab trace 1\n> 00 70 00 00 01\n< 01 90 00                                 ; 0.21 ms\n"
    )
