"""Administration session triggering parameters against octets written by hand."""

import pytest

from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError, LocalError
from rspcore.ota.http_session import (
    Connection,
    HttpPost,
    PskReference,
    RetryPolicy,
    SessionTrigger,
)
from rspcore.ota.script import expanded, read_script

CONNECTION = "350103 39020578 3C030201BB 3E0521C0000251"
SECURITY = "04DEADBEEF 024001"
RETRY = "0003 2503 103254"
POST = "8A0A61646D696E2E686F7374 8B0141 8C022F61"
WHOLE = f"813F 833D 8413{CONNECTION} 8508{SECURITY} 8607{RETRY} 8913{POST}"
TRIGGER = SessionTrigger(
    Connection(bytes((192, 0, 2, 81)), 443),
    PskReference(bytes.fromhex("DEADBEEF"), 0x40, 0x01),
    RetryPolicy(3, 1 * 3600 + 23 * 60 + 45),
    HttpPost("admin.host", "A", "/a"),
)


def octets(text):
    return bytes.fromhex(text)


def test_trigger_is_the_octets_of_the_tables():
    assert TRIGGER.encode().hex().upper() == WHOLE.replace(" ", "")


def test_trigger_reads_back():
    assert SessionTrigger.decode(TRIGGER.encode()) == TRIGGER


def test_trigger_in_a_template_reads_back():
    templated = TRIGGER.encode(templated=True)
    assert templated == b"\xaa\x41" + TRIGGER.encode()
    assert SessionTrigger.decode(templated) == TRIGGER


def test_parts_left_out_are_left_to_the_card():
    assert SessionTrigger().encode().hex() == "81028300"
    assert SessionTrigger.decode(octets("81028300")) == SessionTrigger()
    assert HttpPost(uri="/a").encode().hex().upper() == "8C022F61"


def test_comprehension_bit_and_unknown_objects_are_ignored():
    marked = octets("850100 B50103 B9020578 BC030201BB BE0521C0000251 5E0100")
    assert Connection.decode(marked) == TRIGGER.connection
    assert SessionTrigger.decode(octets("8108 8303 A50100 B30100")) == SessionTrigger()


def test_access_name_and_ipv6_read_back():
    wanted = Connection(bytes(15) + b"\x01", 1, 255, b"\x02\x01", ("internet", "example"))
    assert Connection.decode(wanted.encode()) == wanted
    assert b"\x47\x11\x08internet\x07example" in wanted.encode()


def test_key_reference_of_a_later_version_is_read():
    assert PskReference.decode(octets("0141 024001 02")).identity == b"A"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8300", "81 with 83"),
        ("AA02 8300", "81 with 83"),
        ("8102 8400", "81 with 83"),
        ("8104 8302 8400", "transport level"),
        ("8104 8302 8500", "PSK identity"),
        ("8107 8305 8503 014102", "key version"),
        ("8108 8306 8504 0141 0140", "expected 2"),
        ("8106 8304 8602 0003", "timer value"),
        ("8107 8305 8903 8A01FF", "no text"),
        ("8105 8303 8901 8A", "length"),
    ],
)
def test_octets_that_are_not_a_trigger_are_refused(text, message):
    with pytest.raises(DecodeError, match=message):
        SessionTrigger.decode(octets(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("39020578 3C030101BB 3E0521C0000251", "transport level"),
        ("39020578 3C030201BB", "destination address"),
        ("39020578 3C030201BB 3E0557C0000251", "destination address"),
        ("390105 3C030201BB 3E0521C0000251", "buffer size"),
        ("39020578 3C030201BB 3E0521C0000251 47020561", "network access name"),
    ],
)
def test_octets_that_are_not_a_connection_are_refused(text, message):
    with pytest.raises(DecodeError, match=message):
        Connection.decode(octets(text))


@pytest.mark.parametrize(
    "part", [Connection(b"\x01\x02", 80), PskReference(bytes(256)), RetryPolicy(1, 86_400)]
)
def test_parts_outside_their_limits_are_not_written(part):
    with pytest.raises(LocalError):
        part.encode()


def test_script_of_indefinite_form_has_the_same_commands():
    commands = (
        CommandApdu(0x80, 0xE2, 0x91, 0x00, b"\x01"),
        CommandApdu(0x80, 0xCA, 0, 0x66, le=256),
    )
    written = expanded(commands, indefinite=True)
    assert written[:2] + written[-2:] == b"\xae\x80\x00\x00"
    assert read_script(written).commands == read_script(expanded(commands)).commands == commands
