"""The codec behind the typed messages: order, unknown objects, lengths, and the purpose of raw."""

import dataclasses
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore import tlv
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Aid, Eid, Iccid, Oid, Version
from rspcore.messages.codec import (
    AID,
    ANY,
    BITS,
    BOOLEAN,
    EID,
    ICCID,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    UTF8,
    At,
    Codec,
    Structure,
    bits,
    enumerated,
    explicit,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.es10b import (
    CtxParams1,
    CtxParamsForCommonAuthentication,
    ListNotificationResponse,
    LoadCrlRequest,
    RetrieveNotificationsListResponse,
)
from rspcore.messages.es10c import DeleteProfileRequest, EnableProfileRequest
from rspcore.messages.euicc_info import DeviceCapabilities, DeviceInfo, EuiccInfo2


class Colour(IntEnum):
    red = 0
    green = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(Structure):
    number: Annotated[int, At(0x80, INTEGER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Structure):
    TAG: ClassVar[int] = 0xBF7F

    first: Annotated[int, At(0x80, INTEGER)]
    maybe: Annotated[bytes | None, At(0x81, OCTETS)] = None
    inner: Annotated[Inner | None, At(0xA2, structure(Inner))] = None
    many: Annotated[tuple[int, ...] | None, At(0xA3, sequence_of(0x02, INTEGER))] = None
    last: Annotated[str, At(0x84, utf8(1, 3))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either(Structure):
    TAG: ClassVar[int] = 0xBF7E
    CHOICE: ClassVar[bool] = True

    left: Annotated[int | None, At(0x80, INTEGER)] = None
    right: Annotated[bytes | None, At(0x81, OCTETS)] = None


WHOLE = Whole(first=5, maybe=b"\x01", inner=Inner(number=-1), many=(1, 128), last="abc")
OCTETS_OF_WHOLE = bytes.fromhex(
    "BF7F 19 80 01 05 81 01 01 A2 03 80 01 FF A3 07 02 01 01 02 02 00 80 84 03 616263"
)


def value_of(codec: Codec, content: str):
    return codec.decode(tlv.parse(tlv.encode(0x80, bytes.fromhex(content))))


# -- structures


def test_new_value_is_written_in_the_order_of_its_components():
    assert WHOLE.encode() == OCTETS_OF_WHOLE


def test_octets_are_read_into_components():
    assert Whole.decode(OCTETS_OF_WHOLE) == WHOLE


@pytest.mark.parametrize("length", range(len(OCTETS_OF_WHOLE)))
def test_octets_cut_short_are_refused(length):
    with pytest.raises(DecodeError):
        Whole.decode(OCTETS_OF_WHOLE[:length])


def test_octets_after_the_value_are_refused():
    with pytest.raises(DecodeError, match="2 octets follow"):
        Whole.decode(OCTETS_OF_WHOLE + b"\x00\x00")


def test_another_tag_is_refused():
    with pytest.raises(DecodeError, match="expected tag BF7F, got BF7E"):
        Whole.decode(tlv.encode(0xBF7E, OCTETS_OF_WHOLE[3:]))


@pytest.mark.parametrize("place", range(6))
def test_unknown_object_anywhere_is_skipped(place):
    parts = [bytes(child.raw) for child in tlv.parse(OCTETS_OF_WHOLE).children()]
    parts.insert(place, bytes.fromhex("9F70 02 AAAA"))

    assert Whole.decode(tlv.encode(Whole.TAG, *parts)) == WHOLE


@pytest.mark.parametrize("place", range(5))
def test_component_given_twice_is_refused(place):
    parts = [bytes(child.raw) for child in tlv.parse(OCTETS_OF_WHOLE).children()]
    parts.insert(place + 1, parts[place])

    with pytest.raises(DecodeError, match="repeated or out of order"):
        Whole.decode(tlv.encode(Whole.TAG, *parts))


@pytest.mark.parametrize("place", range(4))
def test_components_in_another_order_are_refused(place):
    parts = [bytes(child.raw) for child in tlv.parse(OCTETS_OF_WHOLE).children()]
    parts[place], parts[place + 1] = parts[place + 1], parts[place]

    with pytest.raises(DecodeError, match=r"out of order|is missing"):
        Whole.decode(tlv.encode(Whole.TAG, *parts))


@pytest.mark.parametrize(("tag", "name"), [(0x80, "first"), (0x84, "last")])
def test_missing_mandatory_component_is_named(tag, name):
    parts = [bytes(c.raw) for c in tlv.parse(OCTETS_OF_WHOLE).children() if c.tag != tag]

    with pytest.raises(DecodeError, match=rf"Whole: {name} \({tag:02X}\) is missing"):
        Whole.decode(tlv.encode(Whole.TAG, *parts))


@pytest.mark.parametrize("name", ["maybe", "inner", "many"])
def test_optional_component_may_be_absent(name):
    value = dataclasses.replace(WHOLE, **{name: None})

    assert Whole.decode(value.encode()) == value


def test_none_for_a_mandatory_component_is_refused_at_writing():
    with pytest.raises(LocalError, match=r"Whole\.first is mandatory"):
        dataclasses.replace(WHOLE, first=None).encode()


@pytest.mark.parametrize("form", ["19", "8119", "820019", "83000019", "8400000019"])
def test_every_length_form_is_read_and_given_back_as_received(form):
    received = bytes.fromhex("BF7F" + form) + OCTETS_OF_WHOLE[3:]

    read = Whole.decode(received)

    assert read == WHOLE
    assert read.raw == read.encode() == received


def test_received_octets_are_given_back_even_when_not_minimal():
    received = bytes.fromhex("BF7F 0A 80 03 000005 84 03 616263")

    assert Whole.decode(received).encode() == received


def test_changed_value_is_encoded_again():
    read = Whole.decode(OCTETS_OF_WHOLE)

    changed = dataclasses.replace(read, first=6)

    assert changed.raw is None
    assert changed.encode() == OCTETS_OF_WHOLE.replace(b"\x80\x01\x05", b"\x80\x01\x06")


def test_value_read_under_another_tag_is_written_under_its_own():
    inside = tlv.parse(tlv.encode(0xA5, OCTETS_OF_WHOLE[3:]))

    assert Whole.from_tlv(inside).encode() == OCTETS_OF_WHOLE


def test_raw_is_not_compared():
    assert Whole.decode(OCTETS_OF_WHOLE) == WHOLE
    assert "raw" not in repr(Whole.decode(OCTETS_OF_WHOLE))


def test_offsets_in_errors_count_from_the_start_of_the_input():
    with pytest.raises(DecodeError) as caught:
        Whole.decode(bytes.fromhex("BF7F 0A 80 01 05 A2 05 80 11 01 02 03"))

    assert caught.value.offset == 8


@given(
    st.integers(-(2**100), 2**100),
    st.one_of(st.none(), st.binary(max_size=300)),
    st.lists(st.integers(-(2**40), 2**40), max_size=20),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=3),
)
def test_any_value_is_read_back_as_written(first, maybe, many, last):
    value = Whole(first=first, maybe=maybe, many=tuple(many), last=last)

    assert Whole.decode(value.encode()) == value


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(content):
    try:
        value = Whole.decode(tlv.encode(Whole.TAG, content))
    except DecodeError:
        return
    assert value.content() == content


# -- choices


@pytest.mark.parametrize(
    ("value", "text"),
    [(Either(left=3), "BF7E 03 80 01 03"), (Either(right=b""), "BF7E 02 81 00")],
)
def test_choice_has_one_alternative(value, text):
    assert value.encode() == bytes.fromhex(text)
    assert Either.decode(bytes.fromhex(text)) == value


@pytest.mark.parametrize("text", ["BF7E 00", "BF7E 05 80 01 03 81 00", "BF7E 03 9A 01 03"])
def test_choice_without_exactly_one_alternative_is_refused(text):
    with pytest.raises(DecodeError, match="expected exactly one of 80, 81"):
        Either.decode(bytes.fromhex(text))


@pytest.mark.parametrize("value", [Either(), Either(left=1, right=b"")])
def test_choice_of_several_or_none_is_not_written(value):
    with pytest.raises(LocalError, match="expected one alternative"):
        value.encode()


# -- value codecs


@pytest.mark.parametrize(
    ("number", "content"),
    [
        (0, "00"),
        (127, "7F"),
        (128, "0080"),
        (255, "00FF"),
        (256, "0100"),
        (-1, "FF"),
        (-128, "80"),
        (-129, "FF7F"),
        (2**31, "0080000000"),
    ],
)
def test_integer_is_minimal_twos_complement(number, content):
    assert INTEGER.encode(number).hex().upper() == content
    assert value_of(INTEGER, content) == number


@pytest.mark.parametrize("content", ["", "00" * 17])
def test_integer_of_no_or_too_many_octets_is_refused(content):
    with pytest.raises(DecodeError, match="an INTEGER of 1 to 16 octets"):
        value_of(INTEGER, content)


def test_code_with_a_name_is_a_member_and_another_a_number():
    codec = enumerated(Colour)

    assert value_of(codec, "01") is Colour.green
    assert value_of(codec, "05") == 5
    assert not isinstance(value_of(codec, "05"), Colour)


@pytest.mark.parametrize(("content", "expected"), [("FF", True), ("01", True), ("00", False)])
def test_boolean_of_any_octet_but_zero_is_true(content, expected):
    assert value_of(BOOLEAN, content) is expected


def test_boolean_true_is_written_as_ff():
    assert BOOLEAN.encode(True) == b"\xff"


@pytest.mark.parametrize("content", ["", "FFFF"])
def test_boolean_of_another_length_is_refused(content):
    with pytest.raises(DecodeError, match="a BOOLEAN of 1 octet"):
        value_of(BOOLEAN, content)


def test_null_is_empty():
    assert value_of(NULL, "") is True
    assert NULL.encode(True) == b""
    with pytest.raises(DecodeError, match="NULL without content"):
        value_of(NULL, "00")


@pytest.mark.parametrize(
    ("positions", "content"),
    [
        ((), "00"),
        ((0,), "0780"),
        ((1,), "0640"),
        ((2,), "0520"),
        ((3,), "0410"),
        ((1, 2), "0560"),
        ((0, 7), "0081"),
        ((8,), "070080"),
    ],
)
def test_bit_string_drops_trailing_zero_bits(positions, content):
    assert BITS.encode(frozenset(positions)).hex().upper() == content
    assert value_of(BITS, content) == frozenset(positions)


@pytest.mark.parametrize("content", ["0080", "078000", "0380", "00800000"])
def test_bit_string_with_trailing_zero_bits_is_read(content):
    assert value_of(bits(Colour), content) == {Colour.red}


@pytest.mark.parametrize("content", ["", "0880", "FF", "01"])
def test_bit_string_with_impossible_unused_bits_is_refused(content):
    with pytest.raises(DecodeError, match="a BIT STRING with 0 to 7 unused bits"):
        value_of(BITS, content)


def test_utf8_sizes_count_characters():
    codec = utf8(0, 2)

    assert value_of(codec, "E282ACC3A9") == "€é"
    with pytest.raises(DecodeError, match="0 to 2 UTF-8 characters"):
        value_of(codec, "616263")


@pytest.mark.parametrize("content", ["FF", "C3", "EDA080"])
def test_octets_that_are_not_utf8_are_refused(content):
    with pytest.raises(DecodeError, match="UTF-8 text"):
        value_of(UTF8, content)


@pytest.mark.parametrize(("low", "high", "content"), [(2, None, "01"), (1, 2, "010203")])
def test_octets_of_another_length_are_refused(low, high, content):
    with pytest.raises(DecodeError, match="octets"):
        value_of(octets(low, high), content)


@pytest.mark.parametrize(
    ("codec", "value", "content"),
    [
        (ICCID, Iccid.from_digits("89000123456789012341"), "98001032547698103214"),
        (EID, Eid.from_digits("89049032123451234512345678901235"), None),
        (AID, Aid.from_hex("A000000559"), "A000000559"),
        (OID, Oid("2.999.10"), "88370A"),
    ],
)
def test_identifiers_have_their_own_types(codec, value, content):
    content = content or "89049032123451234512345678901235"

    assert value_of(codec, content) == value
    assert codec.encode(value).hex().upper() == content


@pytest.mark.parametrize("codec", [ICCID, EID, AID])
def test_identifier_of_a_wrong_length_is_refused_with_its_offset(codec):
    with pytest.raises(DecodeError, match="80 at offset 0: ") as caught:
        value_of(codec, "01")

    assert caught.value.tag == 0x80


def test_any_is_kept_with_its_header():
    one = tlv.parse(bytes.fromhex("30 81 02 0500"))

    assert ANY.decode(one) == bytes.fromhex("30 81 02 0500")


def test_sequence_of_with_another_element_tag_is_refused():
    with pytest.raises(DecodeError, match="an element with tag 02"):
        value_of(sequence_of(0x02, INTEGER), "020101 040101")


def test_sequence_of_whole_objects_keeps_them():
    codec = sequence_of(0x30, ANY)

    assert value_of(codec, "3000 30020500") == (b"\x30\x00", b"\x30\x02\x05\x00")
    assert codec.encode((b"\x30\x00",)) == b"\x30\x00"


def test_explicit_wraps_once_more():
    codec = explicit(0x02, INTEGER)

    assert codec.encode(5) == b"\x02\x01\x05"
    assert value_of(codec, "020105") == 5
    with pytest.raises(DecodeError, match="one data object 02"):
        value_of(codec, "040105")


# -- messages with forms of their own


def test_choice_without_wrapper_has_no_tag_of_its_own():
    device = DeviceInfo(tac=b"\x01\x02\x03\x04", device_capabilities=DeviceCapabilities())
    params = CtxParams1(
        ctx_params_for_common_authentication=CtxParamsForCommonAuthentication(
            matching_id="A", device_info=device
        )
    )

    assert params.content() == bytes.fromhex("A0 0D 80 01 41 A1 08 80 04 01020304 A1 00")


@pytest.mark.parametrize("kind", [ListNotificationResponse, RetrieveNotificationsListResponse])
def test_empty_list_is_present_and_empty(kind):
    octets_of_empty = tlv.encode(kind.TAG, b"\xa0\x00")

    read = kind.decode(octets_of_empty)

    assert () in [getattr(read, item.name) for item in dataclasses.fields(read)]
    assert dataclasses.replace(read).encode() == octets_of_empty


def test_pending_notifications_are_kept_octet_for_octet():
    parts = (bytes.fromhex("BF37 81 02 0500"), bytes.fromhex("30 00"))
    read = RetrieveNotificationsListResponse.decode(tlv.encode(0xBF2B, tlv.encode(0xA0, *parts)))

    assert read.notification_list == parts


@pytest.mark.parametrize(
    ("text", "field"), [("BF35 04 A0 02 0500", "crl"), ("BF35 04 30 02 0500", "certificate_list")]
)
def test_crl_is_taken_in_both_forms(text, field):
    read = LoadCrlRequest.decode(bytes.fromhex(text))

    assert getattr(read, field) is not None
    assert dataclasses.replace(read).encode() == bytes.fromhex(text)


def test_profile_identifier_is_direct_in_delete_and_wrapped_in_enable():
    delete = DeleteProfileRequest.decode(bytes.fromhex("BF33 07 4F 05 A000000559"))

    assert delete.isdp_aid == Aid.from_hex("A000000559")
    with pytest.raises(DecodeError):
        EnableProfileRequest.decode(bytes.fromhex("BF31 0A 4F 05 A000000559 81 01 FF"))


SOUND_INFO2 = (
    "8103020301 8203020500 8303010203 840D8101008204000A000083020800 850206408802 0780"
    "A90604040A0B0C0D AA0604040A0B0C0D 0403010000 0C00"
)


def _info2(change="", into=""):
    assert change in SOUND_INFO2
    text = SOUND_INFO2.replace(change, into, 1) if change else SOUND_INFO2
    return EuiccInfo2.decode(tlv.encode(EuiccInfo2.TAG, bytes.fromhex(text)))


@pytest.mark.parametrize(
    ("change", "into", "component", "why"),
    [
        ("840D8101008204000A000083020800", "8400", "ext_card_resource", "is missing"),
        ("8303010203", "83020102", "euicc_firmware_ver", "83"),
        ("8203020500", "", "svn", "svn (82) is missing"),
        ("8203020500", "8203020500 8203020500", "svn", "82 at offset 13 is repeated"),
        ("8203020500 8303010203", "8303010203 8203020500", "svn", "out of order"),
    ],
)
def test_lazy_structure_raises_where_a_wrong_component_is_asked_for(change, into, component, why):
    info = _info2(change, into)

    with pytest.raises(DecodeError, match=re.escape(why)):
        getattr(info, component)
    with pytest.raises(DecodeError, match=re.escape(why)):
        info.require_whole()
    assert info.profile_version == Version.from_text("2.3.1")
    assert info.euicc_ci_pkid_list_for_signing == (bytes.fromhex("0A0B0C0D"),)
    assert into.replace(" ", "").lower() in info.encode().hex()


def test_sound_lazy_structure_is_whole_and_has_no_other_attributes():
    info = _info2()

    info.require_whole()
    assert info == dataclasses.replace(info)
    assert not hasattr(info, "nothing")
