import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.errors import DecodeError
from rspcore.tlv import (
    Tlv,
    encode,
    encode_length,
    encode_tag,
    is_constructed,
    iterate,
    parse,
    parse_all,
    parse_prefix,
    read_header,
)

TAGS = st.sampled_from([0x02, 0x30, 0x5A, 0x80, 0xA0, 0x5F37, 0x9F70, 0xBF38, 0xDF8101, 0xBF818101])


@pytest.mark.parametrize(
    ("text", "tag", "header", "length"),
    [
        ("80 01 AA", 0x80, 2, 1),
        ("BF38 00", 0xBF38, 3, 0),
        ("5F37 81 02 AAAA", 0x5F37, 4, 2),
        ("30 82 0002 AAAA", 0x30, 4, 2),
        ("30 83 000002 AAAA", 0x30, 5, 2),
        ("30 84 00000002 AAAA", 0x30, 6, 2),
        ("DF8101 01 AA", 0xDF8101, 4, 1),
        ("BF818101 01 AA", 0xBF818101, 5, 1),
        ("30 84 FFFFFFFF", 0x30, 6, 0xFFFFFFFF),
    ],
)
def test_header_is_read_in_every_form(text, tag, header, length):
    assert read_header(bytes.fromhex(text)) == (tag, header, length)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data object expected at offset 0, but the input ends there"),
        ("9F", "tag 9F at offset 0 is cut short"),
        ("9F81", "tag 9F81 at offset 0 is cut short"),
        ("9F8181 81 01 00", "longer than 4 octets"),
        ("80", "80 at offset 0 has no length field"),
        ("30 80 0000", "the indefinite form"),
        ("30 85 0000000001 AA", "5 length octets"),
        ("30 FF", "127 length octets"),
        ("30 82 01", "length field is cut short"),
    ],
)
def test_header_that_cannot_be_read_is_refused(text, message):
    with pytest.raises(DecodeError, match=message):
        read_header(bytes.fromhex(text))


def test_value_shorter_than_its_length_is_refused_with_both_numbers():
    with pytest.raises(DecodeError, match="says 1,420 octets, 2 remain") as caught:
        parse(bytes.fromhex("BF36 82 058C 0102"))

    assert caught.value.tag == 0xBF36
    assert caught.value.offset == 0


def test_octets_after_a_single_object_are_refused():
    with pytest.raises(DecodeError, match="80 ends at offset 3, but 1 octets follow") as caught:
        parse(bytes.fromhex("80 01 AA 00"))

    assert caught.value.offset == 3


def test_prefix_leaves_what_follows():
    one = parse_prefix(bytes.fromhex("FF 80 01 AA 00"), 1, base=100)

    assert (one.tag, bytes(one.value), bytes(one.raw)) == (0x80, b"\xaa", b"\x80\x01\xaa")
    assert one.offset == 101


def test_raw_keeps_a_length_that_is_not_minimal():
    assert bytes(parse(bytes.fromhex("30 83 000002 0500")).raw) == bytes.fromhex("308300000205 00")


def test_children_have_their_offset_in_the_input():
    root = parse(bytes.fromhex("BF38 81 08 80 01 AA A1 03 04 01 BB"))

    assert [child.offset for child in root.children()] == [4, 7]
    assert [child.offset for child in root.children()[1].children()] == [9]
    assert root.find(0xA1).children()[0].offset == 9


def test_find_returns_the_first_or_none():
    root = parse(bytes.fromhex("30 06 80 01 01 80 01 02"))

    assert bytes(root.find(0x80).value) == b"\x01"
    assert root.find(0x81) is None


def test_find_stops_at_the_object_it_looks_for():
    assert parse(bytes.fromhex("30 04 80 00 81 05")).find(0x80) is not None


def test_broken_child_is_refused_with_its_offset():
    with pytest.raises(DecodeError) as caught:
        parse(bytes.fromhex("30 05 80 01 01 81 05")).children()

    assert caught.value.offset == 5
    assert caught.value.tag == 0x81


def test_iteration_yields_the_objects_before_the_error():
    objects = iterate(bytes.fromhex("80 01 01 81 05"))

    assert next(objects).tag == 0x80
    with pytest.raises(DecodeError):
        next(objects)


def test_empty_input_has_no_objects():
    assert parse_all(b"") == ()


@pytest.mark.parametrize(
    ("tag", "constructed"),
    [(0x80, False), (0xA0, True), (0x5F37, False), (0xBF38, True), (0x30, True), (0xDF8101, False)],
)
def test_bit_six_of_the_first_octet_means_constructed(tag, constructed):
    assert is_constructed(tag) is constructed
    assert Tlv(tag, memoryview(b""), memoryview(b"")).constructed is constructed


@pytest.mark.parametrize(
    ("length", "octets"),
    [
        (0, "00"),
        (127, "7F"),
        (128, "8180"),
        (255, "81FF"),
        (256, "820100"),
        (65535, "82FFFF"),
        (65536, "83010000"),
        (1 << 24, "8401000000"),
    ],
)
def test_length_is_written_in_the_shortest_form(length, octets):
    assert encode_length(length).hex().upper() == octets


@pytest.mark.parametrize(("tag", "octets"), [(0x02, "02"), (0x5F37, "5F37"), (0xBF38, "BF38")])
def test_tag_number_is_written_as_its_octets(tag, octets):
    assert encode_tag(tag).hex().upper() == octets


def test_values_are_joined():
    assert encode(0x30, b"\x05\x00", b"", bytearray(b"\x05\x00")) == bytes.fromhex("300405000500")


def test_repr_shows_sixteen_octets_at_most():
    assert repr(parse(encode(0x80, bytes(17)))).endswith("17 octets: " + "00 " * 15 + "00 ..)")
    assert repr(parse(encode(0x80, b"\x01"))) == "Tlv(80, 1 octets: 01)"


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=8))
def test_any_objects_are_read_back_as_written(objects):
    octets = b"".join(encode(tag, value) for tag, value in objects)

    read = parse_all(octets)

    assert [(one.tag, bytes(one.value)) for one in read] == objects
    assert b"".join(bytes(one.raw) for one in read) == octets


@given(TAGS, st.binary(max_size=300))
def test_object_cut_short_anywhere_is_refused(tag, value):
    octets = encode(tag, value)

    for length in range(len(octets)):
        with pytest.raises(DecodeError):
            parse(octets[:length])


@given(st.binary(max_size=80))
def test_any_octets_are_read_without_loss_or_refused(octets):
    try:
        read = parse_all(octets)
    except DecodeError:
        return
    assert b"".join(bytes(one.raw) for one in read) == octets


def outcome(read, data):
    try:
        return read(data)
    except DecodeError as error:
        return error


@given(st.binary(max_size=8) | st.builds(encode, TAGS, st.binary(max_size=300)))
def test_one_data_object_is_read_as_a_prefix_that_fills_the_input(data):
    prefix = outcome(parse_prefix, data)
    if isinstance(prefix, DecodeError):
        assert str(outcome(parse, data)) == str(prefix)
        return
    if len(prefix.raw) == len(data):
        one = parse(data)
        assert (one.tag, one.value, one.raw, one.offset) == (
            prefix.tag,
            prefix.value,
            prefix.raw,
            prefix.offset,
        )
    else:
        with pytest.raises(DecodeError, match="follow"):
            parse(data)
