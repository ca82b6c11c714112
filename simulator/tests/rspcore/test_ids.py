import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.errors import DecodeError
from rspcore.ids import Aid, Eid, Iccid, MccMnc, Oid, TransactionId, Version

EID = "89049032123451234512345678901235"
DIGITS = st.text("0123456789")


def test_eid_keeps_its_digits_in_order():
    assert str(Eid.from_digits(EID)) == EID
    assert Eid.from_digits(EID).octets == bytes.fromhex(EID)
    assert Eid.from_digits(EID).check_digits_fit


@given(st.text("0123456789", min_size=30, max_size=30))
def test_eid_completed_from_its_first_digits_has_valid_check_digits(body):
    eid = Eid.from_first_digits(body)

    assert str(eid).startswith(body)
    assert eid.check_digits_fit


@pytest.mark.parametrize("position", range(32))
def test_eid_with_one_digit_changed_has_invalid_check_digits(position):
    changed = EID[:position] + str((int(EID[position]) + 1) % 10) + EID[position + 1 :]

    assert not Eid.from_digits(changed).check_digits_fit


@pytest.mark.parametrize("text", ["", EID[:-1], EID + "0", EID[:-1] + "A", "\u0661" * 32])
def test_eid_of_other_characters_is_refused(text):
    with pytest.raises(DecodeError, match="expected 32 decimal digits"):
        Eid.from_digits(text)


@pytest.mark.parametrize("octets", [bytes(15), bytes(17), b"\xff" * 16])
def test_eid_of_other_octets_is_refused(octets):
    with pytest.raises(DecodeError, match="EID"):
        Eid(octets)


@pytest.mark.parametrize("text", ["1" * 29, "1" * 31, "A" * 30])
def test_eid_body_of_other_length_is_refused(text):
    with pytest.raises(DecodeError, match="expected 30 decimal digits"):
        Eid.from_first_digits(text)


@pytest.mark.parametrize(
    ("digits", "octets"),
    [
        ("89000123456789012341", "98001032547698103214"),
        ("8929901012345678905", "989209012143658709F5"),
        ("892990101234567890", "989209012143658709FF"),
    ],
)
def test_iccid_is_swapped_and_padded(digits, octets):
    iccid = Iccid.from_digits(digits)

    assert iccid.octets.hex().upper() == octets
    assert str(iccid) == digits
    assert Iccid(bytes.fromhex(octets)) == iccid
    assert Iccid.from_unswapped(iccid.unswapped) == iccid


def test_iccid_digits_may_include_the_padding():
    assert Iccid.from_digits("8929901012345678905F") == Iccid.from_digits("8929901012345678905")


def test_profile_header_carries_the_iccid_in_printed_order():
    iccid = Iccid.from_digits("8929901012345678905")

    assert iccid.unswapped == bytes.fromhex("8929901012345678905F")


@pytest.mark.parametrize(
    "text", ["", "8" * 17, "8" * 21, "8" * 19 + "A", "F" * 20, "8" * 19 + "FF"]
)
def test_iccid_of_other_characters_is_refused(text):
    with pytest.raises(DecodeError, match="expected 18 to 20 decimal digits"):
        Iccid.from_digits(text)


@pytest.mark.parametrize("size", [0, 9, 11])
def test_iccid_of_other_length_is_refused(size):
    with pytest.raises(DecodeError, match=f"ICCID of {size} octets; expected 10"):
        Iccid(bytes(size))
    with pytest.raises(DecodeError, match=f"ICCID of {size} octets; expected 10"):
        Iccid.from_unswapped(bytes(size))


@given(st.text("0123456789", min_size=18, max_size=20))
def test_any_iccid_is_read_back_as_written(digits):
    assert str(Iccid.from_digits(digits)) == digits


@pytest.mark.parametrize(("kind", "low", "high"), [(Aid, 5, 16), (TransactionId, 1, 16)])
def test_octet_identifiers_of_other_sizes_are_refused(kind, low, high):
    assert kind(bytes(low)).octets == bytes(low)
    assert kind(bytes(high)).octets == bytes(high)
    for size in (low - 1, high + 1):
        with pytest.raises(DecodeError, match=f"of {size} octets; expected {low} to {high}"):
            kind(bytes(size))


def test_aid_and_transaction_id_print_upper_case_digits():
    assert str(Aid.from_hex("a0000005 59")) == "A000000559"
    assert str(TransactionId.from_hex("0aff")) == "0AFF"


@pytest.mark.parametrize("text", ["0", "XY", "0 1"])
def test_transaction_id_that_is_not_hexadecimal_is_refused(text):
    with pytest.raises(DecodeError, match="expected 2 to 32 hexadecimal digits"):
        TransactionId.from_hex(text)


@pytest.mark.parametrize(
    ("dotted", "content"),
    [
        ("2.999.10", "88370A"),
        ("2.23.146.1.2.1.4", "67811201020104"),
        ("1.2.840.10045.2.1", "2A8648CE3D0201"),
        ("0.39", "27"),
        ("1.0", "28"),
        ("2.0", "50"),
        ("2.47", "7F"),
        ("2.48", "8100"),
        ("2.23.143.1.2.13.4", "67810F01020D04"),
    ],
)
def test_oid_and_its_content(dotted, content):
    assert Oid(dotted).content.hex().upper() == content
    assert str(Oid.from_content(bytes.fromhex(content))) == dotted


@pytest.mark.parametrize("dotted", ["", "2", "3.1", "1.40", "2.a", "2.-1", "2..1"])
def test_impossible_oid_is_refused(dotted):
    with pytest.raises(DecodeError, match="OID"):
        Oid(dotted)


@pytest.mark.parametrize("content", ["", "88", "2A86"])
def test_oid_content_cut_short_is_refused(content):
    with pytest.raises(DecodeError, match="empty or cut short"):
        Oid.from_content(bytes.fromhex(content))


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=6))
def test_any_oid_is_read_back_as_written(first, second, rest):
    oid = Oid(".".join(map(str, (first, second, *rest))))

    assert Oid.from_content(oid.content) == oid


@pytest.mark.parametrize(("text", "octets"), [("2.5.0", "020500"), ("255.0.10", "FF000A")])
def test_version_is_three_octets(text, octets):
    assert Version.from_text(text).octets.hex().upper() == octets
    assert str(Version(bytes.fromhex(octets))) == text


@pytest.mark.parametrize("text", ["", "2.5", "2.5.0.1", "2.256.0", "2.x.0", "2.-1.0"])
def test_version_of_other_form_is_refused(text):
    with pytest.raises(DecodeError, match=r"expected three numbers from 0 to 255"):
        Version.from_text(text)


def test_versions_compare_by_their_numbers():
    assert Version.from_text("2.5.0") < Version.from_text("2.10.0") < Version.from_text("3.1.0")


@pytest.mark.parametrize(
    ("mcc", "mnc", "octets", "text"),
    [
        ("234", "15", "32F451", "234/15"),
        ("310", "410", "130014", "310/410"),
        ("001", "01", "00F110", "001/01"),
        ("EEE", "EEE", "EEEEEE", "EEE/EEE"),
    ],
)
def test_mcc_mnc_has_the_nibbles_of_24_008(mcc, mnc, octets, text):
    code = MccMnc.from_digits(mcc, mnc)

    assert code.octets.hex().upper() == octets
    assert str(code) == text
    assert code.has_wildcard is ("E" in mcc + mnc)


@pytest.mark.parametrize(
    ("mcc", "mnc"), [("23", "15"), ("234", "1"), ("234", "1234"), ("23X", "15")]
)
def test_mcc_mnc_of_other_form_is_refused(mcc, mnc):
    with pytest.raises(DecodeError, match="expected 3 and 2 or 3 digits"):
        MccMnc.from_digits(mcc, mnc)
