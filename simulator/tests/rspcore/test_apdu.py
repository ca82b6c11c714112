import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.apdu import CHANNELS, CommandApdu, Ins, ResponseApdu, channel_of, class_for
from rspcore.errors import DecodeError, LocalError

DATA256 = bytes(range(256))

CASES = [
    pytest.param("00A40004", 1, b"", None, False, id="1"),
    pytest.param("00B0000010", 2, b"", 16, False, id="2-short"),
    pytest.param("00B0000000", 2, b"", 256, False, id="2-short-256"),
    pytest.param("00B00000000100", 2, b"", 256, True, id="2-extended"),
    pytest.param("00B00000000000", 2, b"", 65536, True, id="2-extended-65536"),
    pytest.param("00A40004023F00", 3, b"\x3f\x00", None, False, id="3-short"),
    pytest.param("80E29100FF" + "AA" * 255, 3, b"\xaa" * 255, None, False, id="3-short-255"),
    pytest.param("00A40004000002" + "3F00", 3, b"\x3f\x00", None, True, id="3-extended"),
    pytest.param("80E29100000100" + DATA256.hex(), 3, DATA256, None, True, id="3-extended-256"),
    pytest.param("00A40004023F0000", 4, b"\x3f\x00", 256, False, id="4-short"),
    pytest.param("00A40004023F0010", 4, b"\x3f\x00", 16, False, id="4-short-16"),
    pytest.param("00A400040000023F000000", 4, b"\x3f\x00", 65536, True, id="4-extended"),
    pytest.param("00A400040000023F000100", 4, b"\x3f\x00", 256, True, id="4-extended-256"),
]


@pytest.mark.parametrize(("text", "case", "data", "le", "extended"), CASES)
def test_each_case_is_read(text, case, data, le, extended):
    command = CommandApdu.parse(bytes.fromhex(text))

    assert (command.case, command.data, command.le, command.extended) == (case, data, le, extended)


@pytest.mark.parametrize(("text", "case", "data", "le", "extended"), CASES)
def test_each_case_is_written_as_it_was_read(text, case, data, le, extended):
    assert CommandApdu.parse(bytes.fromhex(text)).encode() == bytes.fromhex(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00A400",
        "00A4000403" + "3F00",
        "00A4000401" + "3F0000FF",
        "00A40004000000AA",
        "00A40004000003" + "3F00",
        "00A400040000",
        "00A40004000002" + "3F0000",
    ],
)
def test_lengths_that_do_not_fit_are_refused(text):
    with pytest.raises(DecodeError, match="command APDU"):
        CommandApdu.parse(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("size", "le", "start"),
    [
        (256, None, "000100"),
        (255, 257, "0000FF"),
        (0, 257, "000101"),
        (65535, 65536, "00FFFF"),
    ],
)
def test_extended_form_is_used_when_a_length_needs_it(size, le, start):
    octets = CommandApdu(0x80, 0xE2, 0x91, 0, bytes(size), le).encode()

    assert octets[4:7].hex().upper() == start
    assert CommandApdu.parse(octets).data == bytes(size)
    assert CommandApdu.parse(octets).le == le


@pytest.mark.parametrize(("size", "le"), [(65536, None), (0, 0), (0, 65537), (0, -1)])
def test_lengths_outside_the_standard_are_not_written(size, le):
    with pytest.raises(LocalError, match="outside ISO/IEC 7816-4"):
        CommandApdu(0, 0xB0, 0, 0, bytes(size), le).encode()


@given(
    st.tuples(*[st.integers(0, 255)] * 4),
    st.binary(max_size=600),
    st.one_of(st.none(), st.integers(1, 65536)),
    st.booleans(),
)
def test_any_command_is_read_back_as_written(header, data, le, extended):
    command = CommandApdu(*header, data, le, extended)

    read = CommandApdu.parse(command.encode())

    assert (read.cla, read.ins, read.p1, read.p2) == header
    assert (read.data, read.le, read.case) == (data, le, command.case)


@given(st.binary(max_size=300))
def test_any_octets_are_read_without_loss_or_refused(octets):
    try:
        command = CommandApdu.parse(octets)
    except DecodeError:
        return
    assert command.encode() == octets


@pytest.mark.parametrize("cla", range(256))
def test_channel_of_every_class(cla):
    high, low = cla >> 4, cla & 0xF
    expected = None
    if high in (0x0, 0x8):
        expected = low & 3
    elif high in (0x4, 0x6, 0xC, 0xE):
        expected = low + 4

    assert channel_of(cla) == expected
    assert CommandApdu(cla, 0xA4, 0, 0).channel == expected


@pytest.mark.parametrize("channel", range(CHANNELS))
@pytest.mark.parametrize("proprietary", [False, True])
def test_class_names_its_channel_without_secure_messaging(channel, proprietary):
    cla = class_for(channel, proprietary=proprietary)

    assert channel_of(cla) == channel
    assert bool(cla & 0x80) is proprietary
    assert not CommandApdu(cla, 0xE2, 0, 0).secure_messaging


@pytest.mark.parametrize("channel", [-1, CHANNELS])
def test_class_of_no_channel_is_refused(channel):
    with pytest.raises(LocalError, match=f"logical channel {channel}: expected 0 to 19"):
        class_for(channel, proprietary=True)


@pytest.mark.parametrize(
    ("cla", "secured"),
    [
        (0x00, False),
        (0x03, False),
        (0x04, True),
        (0x08, True),
        (0x0C, True),
        (0x84, True),
        (0x40, False),
        (0x6F, True),
        (0xC5, False),
        (0xE0, True),
        (0xA0, False),
    ],
)
def test_class_announces_secure_messaging(cla, secured):
    assert CommandApdu(cla, 0xE2, 0, 0).secure_messaging is secured


def test_command_repr_hides_the_data():
    command = CommandApdu(0x00, Ins.VERIFY_PIN, 0, 1, b"1234\xff\xff\xff\xff")

    assert repr(command) == "CommandApdu(00 20 00 01, 8 octets)"
    assert repr(CommandApdu(0x80, 0xE2, 0x91, 0, b"\x00", 256)).endswith("1 octets, Le 256)")


@pytest.mark.parametrize(
    ("text", "data", "sw"), [("9000", "", 0x9000), ("AABB6A82", "AABB", 0x6A82)]
)
def test_response_is_data_and_status_word(text, data, sw):
    response = ResponseApdu.parse(bytes.fromhex(text))

    assert response == ResponseApdu(bytes.fromhex(data), sw)
    assert response.encode() == bytes.fromhex(text)


@pytest.mark.parametrize("octets", [b"", b"\x90"])
def test_response_without_status_word_is_refused(octets):
    with pytest.raises(DecodeError, match="at least 2 are needed"):
        ResponseApdu.parse(octets)


def test_response_repr_names_the_status_word():
    assert repr(ResponseApdu(b"\x01", 0x6A82)) == "ResponseApdu(1 octets, SW 6A82 (file not found))"
