import pytest

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.profile_reader.package_files import Fcp, FileSource, FileStep, file_body


def fcp(text):
    return Fcp.parse(tlv.parse(tlv.encode(0xA1, bytes.fromhex(text))))


def steps(*given):
    return [FileStep(offset=one) if isinstance(one, int) else FileStep(one) for one in given]


def test_every_component_is_read():
    read = fcp(
        "82 04 42210021 83 02 2F00 84 05 A000000559 8A 01 01 8B 03 2F0602 80 01 84 C6 03 010A0B"
        "88 01 F0 A5 11 C0 01 40 C1 02 00FF C2 01 AA 86 02 0100 84 01 01 C7 02 6F3B"
    )

    assert read == Fcp(
        file_descriptor=b"\x42\x21\x00\x21",
        file_id=b"\x2f\x00",
        df_name=bytes.fromhex("A000000559"),
        lcsi=b"\x01",
        security_attributes_referenced=b"\x2f\x06\x02",
        ef_file_size=0x84,
        pin_status_template=b"\x01\x0a\x0b",
        short_efid=b"\xf0",
        special_file_information=b"\x40",
        fill_pattern=b"\x00\xff",
        repeat_pattern=b"\xaa",
        maximum_file_size=256,
        link_path=b"\x6f\x3b",
    )
    assert read.record_length == 33


def test_absent_and_empty_are_distinguished():
    assert fcp("").short_efid is None
    assert fcp("88 00").short_efid == b""


@pytest.mark.parametrize(
    ("descriptor", "is_df"),
    [("82 02 7821", True), ("82 02 4121", False), ("82 02 7921", False), ("", False)],
)
def test_descriptor_shows_whether_it_is_a_df(descriptor, is_df):
    assert fcp(descriptor).is_df is is_df


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("80 01 04", "FFFFFFFF"),
        ("80 01 04 A5 02 C1 00", "FFFFFFFF"),
        ("80 01 04 A5 03 C1 01 00", "00000000"),
        ("80 01 05 A5 05 C1 03 07FFAA", "07FFAAAAAA"),
        ("80 01 05 A5 04 C2 02 0102", "0102010201"),
        ("80 01 02 A5 05 C1 03 07FFAA", "07FF"),
        ("80 01 02 A5 05 C2 03 07FFAA", "07FF"),
        ("82 04 42210003 80 01 06 A5 04 C1 02 00FF", "00FFFF00FFFF"),
        ("82 04 42210003 80 01 06 A5 04 C2 02 0102", "010201010201"),
        ("80 00", ""),
    ],
)
def test_patterns_fill_the_body(given, expected):
    assert file_body(fcp(given)).hex().upper() == expected


def test_size_and_record_length_of_the_template_are_used_when_none_is_given():
    described = fcp("A5 04 C1 02 00FF")

    assert file_body(described, size=6, record_length=3).hex().upper() == "00FFFF00FFFF"
    assert file_body(Fcp(), size=2, fill=0x00) == b"\x00\x00"
    assert file_body(fcp("80 01 03"), size=6) == b"\xff\xff\xff"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((b"\x01\x02",), "0102FFFFFFFF"),
        ((b"\x01", b"\x02"), "0102FFFFFFFF"),
        ((2, b"\x01"), "FFFF01FFFFFF"),
        ((b"\x01", 2, b"\x02"), "01FFFF02FFFF"),
        ((1, 1, b"\x01", 2, b"\x02"), "FFFF01FFFF02"),
        ((b"\x01" * 6,), "010101010101"),
        ((6,), "FFFFFFFFFFFF"),
    ],
)
def test_offsets_are_relative_to_the_end_of_the_last_content(given, expected):
    assert file_body(Fcp(), steps(*given), size=6).hex().upper() == expected


@pytest.mark.parametrize("given", [(b"\x01" * 7,), (6, b"\x01"), (b"\x01" * 3, 3, b"\x02")])
def test_content_beyond_the_end_is_refused(given):
    with pytest.raises(DecodeError, match="does not fit a file of 6 octets"):
        file_body(Fcp(), steps(*given), size=6)


def test_file_without_a_size_is_refused():
    with pytest.raises(DecodeError, match="file size missing"):
        file_body(Fcp(), steps(b"\x01"))


def test_file_of_a_size_no_card_has_is_refused():
    with pytest.raises(DecodeError, match="file of 1,048,577 octets"):
        file_body(fcp("80 03 100001"))


def test_file_component_is_read_in_order():
    component = tlv.parse(bytes.fromhex("A5 0F A1 03 80 01 06 83 02 0102 82 01 02 83 01 03"))

    source = FileSource.parse(component)

    assert source.fcp.ef_file_size == 6
    assert list(source.steps) == steps(b"\x01\x02", 2, b"\x03")
    assert not source.do_not_create


def test_file_left_out_is_marked():
    assert FileSource.parse(tlv.parse(bytes.fromhex("A5 02 80 00"))).do_not_create
