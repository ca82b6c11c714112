"""A capture of a trace, read by rules of the file format, and by tshark where it is there."""

import shutil
import struct
import subprocess

import pytest

from rspharness.cli.main import main
from rspharness.evidence.capture import capture
from rspharness.record.trace import read_events

TEXT = (
    "# step 1: SELECT\nATR 3B 9F 96 80 3F\n"
    "> 00 A4 00 04 02 3F 00\n< 61 1F ; 0.50 ms\n"
    "> 00 20 00 01 08 31 32 33 34 FF FF FF FF\n< 90 00 ; 0.25 ms\n"
)


def packets(octets):
    """Yields time in us, captured octets and comments of each packet of a capture."""
    place = 0
    while place < len(octets):
        kind, length = struct.unpack_from("<II", octets, place)
        assert length % 4 == 0
        assert struct.unpack_from("<I", octets, place + length - 4) == (length,)
        if kind == 6:
            _, high, low, size, whole = struct.unpack_from("<IIIII", octets, place + 8)
            assert size == whole
            yield high << 32 | low, octets[place + 28 : place + 28 + size]
        place += length
    assert place == len(octets)


def test_packets_hold_command_and_response_behind_headers():
    found = list(packets(capture(read_events(TEXT), program="rsplab")))
    assert [time for time, _ in found] == [0, 500, 750]
    for _, octets in found:
        total, sent_to = struct.unpack_from("!H", octets, 2)[0], octets[22:24]
        assert (octets[0], octets[9], total) == (0x45, 17, len(octets))
        assert sent_to == (4729).to_bytes(2, "big")
        assert sum(struct.unpack_from("!10H", octets)) % 0xFFFF == 0
        assert octets[28:31] == b"\x02\x04\x04"
    atr, select, verify = (octets[28:] for _, octets in found)
    assert (atr[12], atr[16:]) == (1, bytes.fromhex("3B9F96803F"))
    assert (select[12], select[16:]) == (0, bytes.fromhex("00A40004023F00611F"))
    assert verify[16:] == bytes.fromhex("0020000108") + bytes(8) + bytes.fromhex("9000")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_names_the_fields(tmp_path):
    trace, file = tmp_path / "trace.txt", tmp_path / "trace.pcapng"
    trace.write_text(TEXT, encoding="utf-8")
    assert main(["decode", str(trace), "--pcapng", str(file)]) == 0
    names = ("gsm_sim.apdu.ins", "gsm_sim.apdu.sw", "frame.comment")
    command = [shutil.which("tshark"), "-r", str(file), "-T", "fields"]
    command += [word for name in names for word in ("-e", name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0][2] == "step 1: SELECT"
    assert [row[:2] for row in rows[1:]] == [["0xa4", "0x611f"], ["0x20", "0x9000"]]


def test_what_is_no_trace_is_said(tmp_path, capsys):
    file = tmp_path / "x.txt"
    file.write_text("hello\n", encoding="utf-8")
    assert main(["decode", str(file)]) == 3
    assert "line 1" in capsys.readouterr().err
    assert main(["decode", str(tmp_path / "none.txt")]) == 3
