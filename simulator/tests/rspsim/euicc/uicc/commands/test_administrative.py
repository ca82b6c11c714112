"""CREATE FILE, DELETE FILE and RESIZE FILE (TS 102 222, 6.3, 6.4 and 6.10)."""

import pytest

from rspcore import tlv
from rspsim.euicc.profile_content.model import File, FileKind, Pin

ADM = "0020000A083535353535353535"


@pytest.fixture
def card(kit):
    """Returns a card on which ADM1 may make, remove and resize files below the MF."""
    files = (
        File(path=(0x2F01,), kind=FileKind.TRANSPARENT, body=bytes(range(8)), access=kit.rule(12)),
        File(
            path=(0x2F02,),
            kind=FileKind.LINEAR_FIXED,
            body=b"\x01\x02\x03\x04",
            record_length=2,
            access=kit.rule(12),
        ),
        File(
            path=(0x2F03,), kind=FileKind.CYCLIC, body=b"\1", record_length=1, access=kit.rule(12)
        ),
        File(
            path=(0x2F04,),
            kind=FileKind.BER_TLV,
            body=bytes.fromhex("80020102"),
            maximum_size=40,
            access=kit.rule(12),
        ),
        File(path=(0x2F05,), kind=FileKind.TRANSPARENT, body=b"\0", access=kit.rule(1)),
        File(path=(0x5F10,), kind=FileKind.DF, access=kit.rule(12)),
        File(path=(0x5F10, 0x6F01), kind=FileKind.TRANSPARENT, body=b"\0", access=kit.rule(1)),
        File(path=(0x2F07,), kind=FileKind.TRANSPARENT, link=(0x2F01,), access=kit.rule(12)),
    )
    pins = (
        Pin(context=(), reference=0x0A, value=b"55555555"),
        Pin(context=(0x5F10,), reference=0x81, value=b"00000000"),
    )
    content = kit.content_with(*files, pins=pins)
    mf = File(path=(), kind=FileKind.MF, access=kit.rule(12), pin_status=(0x0A,))
    return kit.terminal(content=content.with_file(mf))


def fcp(*parts: str) -> str:
    """Returns the data field of a command: Lc and an FCP template with these data objects."""
    template = tlv.encode(0x62, bytes.fromhex("".join(parts).replace(" ", "")))
    return f"{len(template):02X}{template.hex()}"


def create(fid: str, descriptor: str = "8202 4121", size: str = "8002 0004", more: str = "") -> str:
    return "00E00000" + fcp(descriptor, f"8302{fid}", "8A0105", "8B032F0601", size, more)


def resize(fid: str, size: str, p1: str = "00") -> str:
    return f"80D4{p1}00" + fcp(f"8302{fid}", size)


def content(card):
    return card.card.state.profiles[0].content


def size(card):
    return card.card.state.profiles[0].size


def test_file_is_made_is_the_current_one_and_stays(card):
    assert card.sw(create("2F50")) == "6982"
    assert card.sw(ADM) == "9000"
    assert card.sw(create("2F50")) == "9000"
    assert card("00B0000004").data.hex() == "ffffffff"
    assert card.sw("00D600000401020304") == "9000"
    assert card.sw(create("2F50")) == "6A89"
    card.card.reset()
    assert card.sw("00A40004022F5000") == "9000"
    assert card("00B0000004").data.hex() == "01020304"
    assert size(card) == 4


@pytest.mark.parametrize(
    ("descriptor", "size", "read"),
    [
        ("8205 4221000302", "80020006", "00B2020403"),
        ("8204 42210003", "80020006", "00B2020403"),
        ("8204 46210003", "80020006", "00B2020403"),
    ],
)
def test_record_files_are_made(card, descriptor, size, read):
    assert card.sw(ADM) == "9000"
    assert card.sw(create("2F50", descriptor, size)) == "9000"
    assert card(read).data.hex() == "ffffff"


def test_first_content_and_short_identifier_are_as_asked(card):
    assert card.sw(ADM) == "9000"
    assert card.sw(create("2F50", more="A504 C2020102 8801A8")) == "9000"
    card.card.reset()
    assert card("00B0950004").data.hex() == "01020102"


def test_directory_is_made_and_is_the_current_one(card):
    assert card.sw(ADM) == "9000"
    made = create("5F50", "82027821", "C609 900180 830101 83010A")
    assert card.sw(made) == "9000"
    assert card.sw(create("6F60")) == "9000"
    card.card.reset()
    assert card.sw("00A40804045F506F6000") == "9000"


@pytest.mark.parametrize(
    "wrong",
    [
        create("2F50", "8202 4021", "80020000"),
        create("3F00"),
        create("7FFF"),
        create("2F50", "8202 3C21"),
        create("2F50", "8205 4221000302", "80020007"),
        create("2F50", more="AB00"),
        "00E00000 02 6200",
        "00E00000 03 80010A",
        "00E00000 02 62FF",
    ],
)
def test_wrong_template_makes_nothing(card, wrong):
    assert card.sw(ADM) == "9000"
    before = content(card)
    assert card.sw(wrong) == "6A80"
    assert content(card) == before


def test_memory_has_an_end(card):
    assert card.sw(ADM) == "9000"
    words = [card.sw(create(f"2F{n:02X}", size="8003 010000")) for n in range(0x60, 0x70)]
    assert words[0] == "9000"
    assert words[-1] == "6A84"


def test_file_is_removed(card):
    assert card.sw("00E40000022F02") == "6982"
    assert card.sw(ADM) == "9000"
    assert card.sw("00A40004022F0200") == "9000"
    assert card.sw("00E40000022F02") == "9000"
    assert card.sw("00B2010402") == "6986"
    assert card.sw("00A40004022F0200") == "6A82"
    assert card.sw("00E40000022F02") == "6A82"
    card.card.reset()
    assert card.sw("00A40004022F0200") == "6A82"


def test_directory_is_removed_with_all_in_it(card):
    assert card.sw(ADM) == "9000"
    assert card.sw("00E40000025F10") == "9000"
    assert card.sw("00A40804045F106F0100") == "6A82"
    assert [pin.reference for pin in content(card).pins] == [0x0A]


def test_what_is_needed_elsewhere_is_not_removed(card):
    assert card.sw(ADM) == "9000"
    assert card.sw("00E40000022F01") == "6985", "a link shows it"
    card("0070000001")
    assert card.sw("01A4000C022F02") == "9000"
    assert card.sw("00E40000022F02") == "6985", "current on another channel"
    assert card.sw("01A4000C022F05") == "9000"
    assert card.sw("00E40000022F02") == "9000"


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("00E40100022F02", "6A86"),
        ("00E40000012F", "6700"),
        ("80E40000022F02", "6D00"),
        ("00D40000022F02", "6E00"),
        ("80E0000002 6200", "6E00"),
        (resize("2F01", "80020010", p1="01"), "6A86"),
        (resize("2F02", "80020003"), "6A80"),
        (resize("2F03", "80020003"), "6981"),
        (resize("2F07", "80020003"), "6981"),
        (resize("2F99", "80020003"), "6A82"),
        (resize("2F01", "80020000"), "6A80"),
        (resize("2F04", "80020003"), "6A80"),
        (resize("2F04", "A503 860103"), "6985"),
        (resize("2F05", "80020003"), "6982"),
    ],
)
def test_refusals(card, command, word):
    assert card.sw(ADM) == "9000"
    before = content(card)
    assert card.sw(command) == word
    assert content(card) == before


def test_file_gets_another_size(card):
    assert card.sw(resize("2F01", "8002000A")) == "6982"
    assert card.sw(ADM) == "9000"
    assert card.sw(resize("2F01", "8002000A")) == "9000"
    assert card("00B000000A").data.hex() == "0001020304050607ffff"
    assert card.sw(resize("2F01", "80020003")) == "9000"
    assert card("00B0000003").data.hex() == "000102"
    assert card.sw("00B0000301") == "6B00"
    assert card.sw(resize("2F02", "80020006")) == "9000"
    assert card("00B2030402").data.hex() == "ffff"


def test_objects_are_given_up_only_when_asked(card):
    assert card.sw(ADM) == "9000"
    assert card.sw(resize("2F04", "A503 860103", p1="01")) == "9000"
    assert card("80CB0080015C00").data.hex() == "5c00"
    assert card.sw("80DB0080048002AABB") == "6A84"


def test_what_is_resized_is_counted(card):
    assert card.sw(ADM) == "9000"
    assert card.sw(resize("2F02", "80020064")) == "9000"
    assert size(card) == 96
    assert card.sw("00E40000022F02") == "9000"
    assert size(card) == 0
