"""The answers of a plain terminal, by the examples of ETSI TS 102 223 and of the field."""

import pytest

from rspcore.errors import DecodeError
from rspharness.lpa.proactive import ProactiveCommand
from rspharness.lpa.terminal import Result, Terminal, comprehension_objects

MENU = "D01D81030125008202818285044D656E758F0501496E666F8F050242616E6B"
EVENTS = "D00E8103010500820281829903030405"
TIMER = "D011810301270082028182A40101A503000003"
POLL = "D00D8103010300820281828402011E"


def answered(octets, terminal=None):
    command = ProactiveCommand.decode(bytes.fromhex(octets))
    given = (terminal or Terminal()).answer(command.kind, command.qualifier, command.raw)
    return given.result, given.objects.hex().upper()


def simple(kind, qualifier="00", more=""):
    body = bytes.fromhex(f"810301{kind}{qualifier}82028182{more}")
    return (bytes((0xD0, len(body))) + body).hex()


@pytest.mark.parametrize(
    ("octets", "objects"),
    [
        (MENU, ""),
        ("D00D81030125008202818285008F00", ""),  # the menu taken away again
        (EVENTS, ""),
        ("D00B8103010500820281829900", ""),  # no event any more
        (POLL, "8402011E"),
        (TIMER, "A40101"),
        (simple("02"), ""),
        (simple("04"), ""),
        (simple("28", more="8D0504" + b"Text".hex()), ""),
        (simple("35", "01", "AD02656E"), ""),
        (simple("26", "00"), "930700F11000010001"),
        (simple("26", "01"), "94080A40990901460000"),
        (simple("26", "03"), "A60752100100000000"),
        (simple("26", "04"), "AD02656E"),
        (simple("26", "05"), "AE020000"),
        (simple("26", "06"), "BF0108"),
        (simple("26", "08"), "E209034099090146" + "0000F1"),
        (simple("26", "09"), "E50101"),
        (simple("26", "0A"), "E30104"),
    ],
)
def test_what_a_plain_terminal_can_do_is_performed(octets, objects):
    assert answered(octets) == (Result.PERFORMED, objects)


CANNOT = bytes.fromhex("10 11 12 13 14 15 16 20 21 22 23 24 30 31 32 33 34 40 41 42 43 44")


@pytest.mark.parametrize("kind", CANNOT)
def test_what_needs_a_user_a_network_or_another_card_is_refused_for_good(kind):
    assert answered(simple(f"{kind:02X}")) == (Result.BEYOND_CAPABILITIES, "")


def test_unknown_type_data_and_missing_values_have_results_of_their_own():
    assert answered(simple("7A")) == (Result.TYPE_NOT_UNDERSTOOD, "")
    assert answered(simple("26", "02")) == (Result.BEYOND_CAPABILITIES, "")
    for kind in ("03", "05", "27"):
        assert answered(simple(kind)) == (Result.VALUES_MISSING, "")
    assert answered(simple("27", "00", "A40101")) == (Result.VALUES_MISSING, "")
    assert answered(simple("27", "03", "A40101")) == (Result.DATA_NOT_UNDERSTOOD, "")
    terminal = Terminal()
    cut_short = bytes.fromhex("D00A8103010500820281829903")
    assert terminal.answer(0x05, 0x00, cut_short[:12]).result == Result.DATA_NOT_UNDERSTOOD


def test_timer_that_runs_tells_its_value_and_one_that_does_not_says_so():
    terminal = Terminal()
    assert answered(simple("27", "02", "A40101"), terminal) == (Result.TIMER_STATE, "A40101")
    answered(TIMER, terminal)
    left = (Result.PERFORMED, "A40101A503000003")
    assert answered(simple("27", "02", "A40101"), terminal) == left
    assert answered(simple("27", "01", "A40101"), terminal) == left
    assert answered(simple("27", "01", "A40101"), terminal) == (Result.TIMER_STATE, "A40101")


def test_event_list_is_kept():
    terminal = Terminal()
    answered(EVENTS, terminal)
    assert terminal.events == {3, 4, 5}


def test_icons_of_a_menu_are_a_whole_tag():
    # 9F would begin a tag of two octets in BER (TS 101 220, 7.1.1).
    icons = simple("25", "00", "85014D8F0201499F020001")
    assert dict(comprehension_objects(bytes.fromhex(icons)))[0x1F] == b"\x00\x01"
    assert answered(icons) == (Result.PERFORMED, "")


def test_tag_of_three_octets_and_long_lengths_are_read():
    found = list(comprehension_objects(bytes.fromhex("D00C 7F8123 02 0102 0D 8103 040506 ")))
    assert found == [(0x0123, b"\x01\x02"), (0x0D, b"\x04\x05\x06")]


@pytest.mark.parametrize("octets", ["D0 02 7F 81", "D0 01 81", "D0 03 81 03 01", "D0 02 81 80"])
def test_objects_cut_short_are_refused(octets):
    with pytest.raises(DecodeError, match="proactive command"):
        list(comprehension_objects(bytes.fromhex(octets)))
