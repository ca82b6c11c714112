import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError
from rspcore.profile_maker import PRESETS, make_profile
from rspcore.profile_reader import PackageReader, decode_element, encode_element, split
from rspcore.profile_reader.elements import ELEMENT_NAMES, UNKNOWN
from rspcore.profile_reader.header import SERVICES, ProfileHeader
from rspcore.schema import definition

UPP = make_profile(PRESETS["PROFILE_OPERATIONAL1"]).upp
ELEMENTS = split(UPP)


def test_elements_join_to_the_package():
    assert b"".join(one.raw for one in ELEMENTS) == UPP
    assert [one.offset for one in ELEMENTS] == [
        sum(len(one.raw) for one in ELEMENTS[:n]) for n in range(len(ELEMENTS))
    ]


def test_names_are_those_of_the_choice():
    members = definition("pe")["ProfileElement"]["members"]
    expected = {}
    for number, member in enumerate(members):
        if not member["name"].startswith("rfu"):
            expected[0xA0 | number if number < 31 else 0xBF00 | number] = member["name"]

    assert expected == ELEMENT_NAMES


def test_services_are_those_of_the_list():
    members = definition("pe")["ServicesList"]["members"]

    assert tuple(member["name"] for member in members) == SERVICES


def test_element_has_its_identification_and_mandated_flag():
    assert [one.identification for one in ELEMENTS] == [None, *range(1, len(ELEMENTS))]
    assert all(one.mandated for one in ELEMENTS)


def test_element_without_mandated_is_not_mandated():
    (one,) = split(bytes.fromhex("AA 05 A0 03 81 01 07"))

    assert (one.name, one.identification, one.mandated, one.is_end) == ("end", 7, False, True)


@pytest.mark.parametrize("text", ["AA 00", "AA 02 81 00", "A3 03 A1 01 00"])
def test_element_without_a_header_has_no_identification(text):
    (one,) = split(bytes.fromhex(text))

    assert one.identification is None
    assert not one.mandated


def test_large_identification_is_positive():
    (one,) = split(bytes.fromhex("AA 06 A0 04 81 02 7FFF"))

    assert one.identification == 32767


def test_unknown_tag_is_kept_and_named_unknown():
    first, second = split(bytes.fromhex("BF7F 02 05 00 AA 00"))

    assert (first.name, first.tag, second.name) == (UNKNOWN, 0xBF7F, "end")
    with pytest.raises(DecodeError, match="BF7F at offset 0: not defined"):
        decode_element(first)


def test_reserved_tag_is_decoded_to_an_empty_value():
    (one,) = split(bytes.fromhex("AB 02 80 00"))

    assert one.name == UNKNOWN
    assert decode_element(one).value == {}


def test_package_cut_short_is_refused():
    with pytest.raises(DecodeError) as caught:
        split(UPP[:-1])

    assert caught.value.offset == ELEMENTS[-1].offset


def test_empty_package_has_no_elements():
    assert split(b"") == ()


def test_repr_never_shows_content():
    shown = "".join(map(repr, ELEMENTS)) + "".join(repr(decode_element(one)) for one in ELEMENTS)

    assert PRESETS["PROFILE_OPERATIONAL1"].ki.hex() not in shown.casefold()
    assert "ProfileElementTlv(akaParameter, offset " in shown
    assert "b'" not in shown


# -- octets in pieces


@given(st.lists(st.integers(0, len(UPP)), max_size=12))
def test_cuts_anywhere_give_the_same_elements(cuts):
    borders = sorted({0, len(UPP), *cuts})
    reader = PackageReader()
    found = []
    for start, end in itertools.pairwise(borders):
        elements, reader = reader.feed(UPP[start:end])
        found += elements

    assert tuple(found) == ELEMENTS
    assert reader.between_elements
    assert reader.offset == len(UPP)


def test_single_octets_give_the_same_elements():
    reader = PackageReader()
    found = []
    for octet in UPP:
        elements, reader = reader.feed(bytes((octet,)))
        found += elements

    assert tuple(found) == ELEMENTS


def test_element_is_returned_with_its_last_octet():
    end = ELEMENTS[1].offset + len(ELEMENTS[1].raw)
    elements, reader = PackageReader().feed(UPP[: end - 1])

    assert elements == ELEMENTS[:1]
    assert not reader.between_elements
    assert reader.feed(UPP[end - 1 : end])[0] == ELEMENTS[1:2]


def test_feeding_leaves_the_reader_unchanged():
    reader = PackageReader()
    reader.feed(UPP[:100])

    assert reader == PackageReader()
    assert reader.feed(UPP)[0] == ELEMENTS


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (["A0 80"], "indefinite"),
        (["A0", "85"], "5 length octets"),
        (["BF FF FF FF FF 01"], "longer than 4 octets"),
        (["A0 84 7F FF FF FF"], "2,147,483,647 octets"),
        (["A0 83", "10 00 00"], "at most 1,048,576 are accepted"),
    ],
)
def test_invalid_header_is_refused_at_once(pieces, message):
    reader = PackageReader()
    for piece in pieces[:-1]:
        _, reader = reader.feed(bytes.fromhex(piece))

    with pytest.raises(DecodeError, match=re.escape(message)):
        reader.feed(bytes.fromhex(pieces[-1]))


@pytest.mark.parametrize(
    "text", ["A0", "A0 82", "A0 82 01", "BF", "BF 81", "BF 22", "BF 22 81", "A0 84 00 00 00"]
)
def test_incomplete_header_stays_pending(text):
    elements, reader = PackageReader().feed(bytes.fromhex(text))

    assert elements == ()
    assert reader.pending == bytes.fromhex(text)


def test_limit_is_that_of_the_reader():
    with pytest.raises(DecodeError, match="at most 10 are accepted"):
        PackageReader(limit=10).feed(bytes.fromhex("A0 09"))


# -- decoding


@pytest.mark.parametrize("one", ELEMENTS, ids=lambda one: f"{one.offset}-{one.name}")
def test_element_is_decoded_and_written_back(one):
    decoded = decode_element(one)

    assert decoded.name == one.name
    assert encode_element(decoded.name, decoded.value) == one.raw


def test_element_that_does_not_fit_is_not_written():
    with pytest.raises(LocalError, match="ProfileElement"):
        encode_element("end", {})


# -- the header


def test_header_has_the_facts_of_the_parameters():
    header = ProfileHeader.parse(ELEMENTS[0])

    assert header.version == (2, 3)
    assert header.profile_type == "rsplab test profile"
    assert header.iccid == PRESETS["PROFILE_OPERATIONAL1"].iccid
    assert header.mandatory_services == ("usim", "milenage")
    assert [str(oid) for oid in header.mandatory_gfste] == ["2.23.143.1.2.1", "2.23.143.1.2.4"]
    assert header.mandatory_aids == ()
    assert header.connectivity_parameters is None


def test_every_component_of_the_header_is_read():
    value = {
        "major-version": 3,
        "minor-version": 4,
        "iccid": bytes.fromhex("8929901012345678905F"),
        "pol": b"\x01",
        "eUICC-Mandatory-services": dict.fromkeys(("usim", "suci-nswo", "network-id", "coap")),
        "eUICC-Mandatory-GFSTEList": [],
        "connectivityParameters": b"\x35\x00",
        "eUICC-Mandatory-AIDs": [{"aid": b"\xa0\x00\x00\x05\x59", "version": b"\x01\x00"}],
        "iotOptions": {"pix": bytes(7)},
    }

    header = ProfileHeader.parse(*split(encode_element("header", value)))

    assert header.version == (3, 4)
    assert header.profile_type is None
    assert str(header.iccid) == "8929901012345678905"
    assert header.mandatory_services == ("usim", "suci-nswo", "network-id", "coap")
    assert header.mandatory_aids == ((b"\xa0\x00\x00\x05\x59", b"\x01\x00"),)
    assert header.connectivity_parameters == b"\x35\x00"


MINIMAL = {
    0x80: b"\x03",
    0x81: b"\x03",
    0x83: bytes.fromhex("8929901012345678905F"),
    0xA5: b"",
    0xA6: b"",
}


def header_of(**parts):
    content = MINIMAL | {int(tag[1:], 16): value for tag, value in parts.items()}
    return split(tlv.encode(0xA0, *(tlv.encode(tag, value) for tag, value in content.items())))[0]


def test_service_of_a_later_version_keeps_its_number():
    header = ProfileHeader.parse(header_of(tA5=bytes.fromhex("9F3C00 8100")))

    assert header.mandatory_services == ("service-60", "usim")


@pytest.mark.parametrize("tag", [0x80, 0x81, 0x83, 0xA5, 0xA6])
def test_header_without_a_mandatory_component_is_refused(tag):
    parts = [bytes(one.raw) for one in ELEMENTS[0].tlv.children() if one.tag != tag]

    with pytest.raises(DecodeError, match=f"profile header: {tag:02X} missing"):
        ProfileHeader.parse(*split(tlv.encode(0xA0, *parts)))


def test_element_that_is_not_a_header_is_refused():
    with pytest.raises(DecodeError, match=r"profile header expected .* found B0 \(mf\)"):
        ProfileHeader.parse(ELEMENTS[1])


def test_aid_without_version_is_refused():
    with pytest.raises(DecodeError, match="expected AID and version, got 1"):
        ProfileHeader.parse(header_of(tA8=bytes.fromhex("3003 8001AA")))
