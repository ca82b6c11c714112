import pkgutil
import subprocess
import sys

import pytest

from rspcore import schema, tlv
from rspcore.asn1.__main__ import main
from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Oid
from rspcore.profile_reader import split

AKA = bytes.fromhex(
    "A4 35 A0 05 80 00 81 01 0B A1 2C A1 2A 80 01 03 81 01 02"
    "82 10 000102030405060708090A0B0C0D0E0F 83 10 00000000000000000000000000000000"
)


# -- text and parsed form


@pytest.mark.parametrize("stem", schema.MODULES.values())
def test_parsed_form_is_that_of_the_text(stem):
    committed = pkgutil.get_data("rspcore.asn1", f"{stem}.json")

    assert schema.parse_module(stem) == committed.decode(), f"run python -m rspcore.asn1 {stem}"


def test_command_prints_the_parsed_form(capsys):
    assert main(["rsp_v2"]) == 0
    assert capsys.readouterr().out == schema.parse_module("rsp_v2")


@pytest.mark.parametrize("arguments", [[], ["rsp_v2", "pe_v3"], ["rsp_v9"]])
def test_command_with_other_arguments_prints_an_error(capsys, arguments):
    assert main(arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("module", schema.MODULES)
def test_every_type_compiles(module):
    for name in schema.definition(module):
        assert schema._type(module, name) is not None


def test_library_is_not_imported_before_it_is_needed():
    modules = "rspcore.schema, rspcore.profile_reader, rspcore.profile_maker"
    code = f"import sys, {modules}; sys.exit('asn1tools' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- the four properties hidden from the callers


def test_object_identifier_with_a_large_second_arc_is_its_content():
    octets = bytes.fromhex("300B 800101 8103 88370A 820100")

    value = schema.decode("rsp", "EuiccCancelSessionSigned", octets)

    assert Oid.from_content(value["smdpOid"]) == Oid("2.999.10")
    assert schema.encode("rsp", "EuiccCancelSessionSigned", value) == octets


def test_list_of_object_identifiers_keeps_the_universal_tag():
    templates = [Oid(f"2.23.143.1.2.{n}").content for n in (1, 4)]
    value = {
        "major-version": 2,
        "minor-version": 3,
        "iccid": bytes(10),
        "eUICC-Mandatory-services": {"usim": None},
        "eUICC-Mandatory-GFSTEList": templates,
    }

    octets = schema.encode("pe", "ProfileElement", ("header", value))

    assert [child.tag for child in tlv.parse(octets).find(0xA6).children()] == [0x06, 0x06]
    assert schema.decode("pe", "ProfileElement", octets) == ("header", value)


def test_aka_parameters_with_defaults_are_written_back_as_received():
    name, value = schema.decode("pe", "ProfileElement", AKA)

    assert set(value) == {"aka-header", "algoConfiguration"}
    assert schema.encode("pe", "ProfileElement", (name, value)) == AKA


def test_component_equal_to_its_default_is_written_when_given():
    one = {"keyReference": 1, "pinValue": b"0000\xff\xff\xff\xff", "pinAttributes": 7}

    octets = schema.encode("pe", "PINConfiguration", one)

    assert octets.endswith(b"\x83\x01\x07")
    assert schema.decode("pe", "PINConfiguration", octets) == one


WRONG_ELEMENTS = [
    ("rsp", "LoadCRLResponseOk", "3008 A006 020101 040101"),
    ("rsp", "LoadCRLResponseOk", "3008 A006 020101 54DD02"),
    ("rsp", "LoadCRLResponseOk", "3006 A006 020101 0401"),
    ("rsp", "LoadCRLResponseOk", "3005 A003 021F01"),
    ("rsp", "GetRatResponse", "BF4304 A002 3100"),
    ("pe", "File", "300A 83020000 A1028200 8400"),
    ("pe", "File", "3004 8302 0000 00"),
    ("pe", "FileManagement", "3004 8000 9A00"),
]


@pytest.mark.parametrize(("module", "kind", "text"), WRONG_ELEMENTS)
def test_list_with_a_wrong_element_is_refused(module, kind, text):
    with pytest.raises(DecodeError):
        schema.decode(module, kind, bytes.fromhex(text))


@pytest.mark.parametrize("way", ["at the end", "in the middle"])
def test_unknown_object_is_skipped_and_not_written_back(way):
    known = [bytes.fromhex("8001 01"), bytes.fromhex("8101 00")]
    place = {"at the end": 2, "in the middle": 1}[way]
    octets = tlv.encode(0xBF41, *known[:place], bytes.fromhex("9F70 00"), *known[place:])

    if way == "in the middle":
        with pytest.raises(DecodeError):  # what follows an unknown object is not read
            schema.decode("rsp", "CancelSessionRequest", octets)
    else:
        value = schema.decode("rsp", "CancelSessionRequest", octets)
        assert schema.encode("rsp", "CancelSessionRequest", value) == tlv.encode(0xBF41, *known)


# -- what is refused before the library sees it


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "3080 0000",
        "3003 0201",
        "3004 020101",
        "3003 020101 00",
        "3003 020201",
        "3002 A005 0102030405",
        "3001 02",
        "3002 1F81",
    ],
)
def test_octets_that_are_not_one_data_object_are_refused(text):
    with pytest.raises(DecodeError):
        schema.decode("rsp", "LoadCRLResponseOk", bytes.fromhex(text))


def nested(depth):
    octets = b""
    for _ in range(depth):
        octets = tlv.encode(0x30, octets)
    return octets


def test_depth_is_bounded():
    schema._guard(nested(24))
    with pytest.raises(DecodeError, match="more than 24 levels"):
        schema._guard(nested(25))


def test_number_of_objects_is_bounded():
    schema._guard(tlv.encode(0x30, b"\x05\x00" * 19_999))
    with pytest.raises(DecodeError, match="20,000 data objects"):
        schema._guard(tlv.encode(0x30, b"\x05\x00" * 20_000))


def test_object_longer_than_its_parent_is_refused_with_its_offset():
    with pytest.raises(DecodeError, match="3 octets longer than what holds it") as caught:
        schema._guard(bytes.fromhex("3006 A002 8003 0000"))

    assert caught.value.offset == 4


def test_depth_counts_open_objects_only():
    schema._guard(tlv.encode(0x30, nested(20) * 30))


@pytest.mark.parametrize("length_form", ["81", "82", "83", "84"])
def test_long_length_forms_are_read(length_form):
    octets = bytes.fromhex("BF41" + length_form) + (6).to_bytes(int(length_form, 16) & 0xF, "big")

    value = schema.decode("rsp", "CancelSessionRequest", octets + bytes.fromhex("800101 810100"))

    assert value == {"transactionId": b"\x01", "reason": 0}


# -- misuse


def test_unknown_type_is_refused():
    with pytest.raises(LocalError, match="rsp_v2: no type Nothing"):
        schema.decode("rsp", "Nothing", b"\x05\x00")
    with pytest.raises(LocalError, match="pe_v3: no type Nothing"):
        schema.encode("pe", "Nothing", None)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"transactionId": "01", "reason": 0},
        {"transactionId": b"\x01"},
        {"transactionId": b"\x01", "reason": None},
        None,
    ],
)
def test_value_that_does_not_fit_its_type_is_not_written(value):
    with pytest.raises(LocalError, match="CancelSessionRequest: "):
        schema.encode("rsp", "CancelSessionRequest", value)


def test_value_of_another_type_is_refused():
    with pytest.raises(DecodeError, match="GetEuiccChallengeResponse"):
        schema.decode("rsp", "GetEuiccChallengeResponse", AKA)


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(DecodeError, match="SetDefaultDpAddressRequest"):
        schema.decode("rsp", "SetDefaultDpAddressRequest", bytes.fromhex("BF3F 03 80 01 FF"))


def test_element_with_an_unknown_tag_has_no_name():
    (one,) = split(bytes.fromhex("BF7F 00"))

    assert schema.decode("pe", "ProfileElement", one.raw) == (None, None)
