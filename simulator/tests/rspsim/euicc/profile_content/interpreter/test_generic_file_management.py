"""Scripts that make files and write into them (SAIP, 8.3.5)."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import element, inserted, removed
from rspcore.profile_maker.files import template_oid
from rspcore.profile_reader import split
from rspsim.euicc.profile_content.model import FileKind

RULE = {"securityAttributesReferenced": b"\x2f\x06\x0a"}
EF = RULE | {"fileDescriptor": b"\x41\x21", "efFileSize": b"\x04"}
BER_TLV = RULE | {"fileDescriptor": b"\x79\x21"}
DF = RULE | {"fileDescriptor": b"\x78\x21", "pinStatusTemplateDO": b"\x01"}
CSIM_AID = bytes.fromhex("A0000003431002F310FFFF89020000FF")


def scripts(*commands, number=80):
    return element("genericFileManagement", number, fileManagementCMD=[list(c) for c in commands])


def path(octets=""):
    return ("filePath", bytes.fromhex(octets))


def create(fid, fcp=EF, **parts):
    return ("createFCP", fcp | {"fileID": bytes.fromhex(fid)} | parts)


def content(octets):
    return ("fillFileContent", octets)


def offset(number):
    return ("fillFileOffset", number)


def with_scripts(upp, *commands):
    return inserted(upp, scripts(*commands), before="usim")


def made(built, upp, *commands):
    return built(with_scripts(upp, *commands)).content.files


def test_empty_path_is_the_mf(built, upp):
    files = made(built, upp, [path(), create("2F50"), content(b"ab")])
    assert files.get((0x2F50,)).body == b"ab\xff\xff"


def test_script_begins_at_the_mf(built, upp):
    assert made(built, upp, [create("2F50")]).get((0x2F50,)) is not None


def test_second_file_is_a_sibling(built, upp):
    commands = [
        path(),
        create("7F20", DF),
        path("7F20"),
        create("6F01"),
        create("6F02"),
        content(b"x"),
    ]
    files = made(built, upp, commands)
    assert files.get((0x7F20, 0x6F01)).body == b"\xff" * 4
    assert files.get((0x7F20, 0x6F02)).body == b"x\xff\xff\xff"


def test_offset_counts_from_the_position(built, upp):
    files = made(built, upp, [create("2F50"), content(b"a"), offset(1), content(b"b")])
    assert files.get((0x2F50,)).body == b"a\xffb\xff"


def test_position_is_zero_again_in_each_file(built, upp):
    files = made(built, upp, [create("2F50"), content(b"abc"), create("2F51"), content(b"d")])
    assert files.get((0x2F51,)).body == b"d\xff\xff\xff"


def test_existing_file_is_written(built, upp):
    assert made(built, upp, [path("2F05"), content(b"de")]).get((0x2F05,)).body == b"de"


def test_directory_with_a_name_is_an_adf(built, upp):
    building = built(
        with_scripts(upp, [create("7FC0", DF, dfName=CSIM_AID), path("7FC0"), create("6F21")])
    )
    one = building.content.files.adf(CSIM_AID)
    assert (one.kind, one.path) == (FileKind.ADF, (0x7FC0,))
    assert building.naa_of("csim") == (0x7FC0,)


def test_mf_may_be_made_by_a_script(built, upp):
    header, *_ = split(upp)
    end = split(upp)[-1]
    mf = scripts([create("3F00", DF, pinStatusTemplateDO=b"\x0a"), create("2F05")])
    pins = element(
        "pinCodes", 81, pinCodes=("pinconfig", [{"keyReference": 10, "pinValue": b"11111111"}])
    )
    files = built(header.raw + mf + pins + end.raw).content.files
    assert (files.get(()).kind, files.get((0x2F05,)).kind) == (FileKind.MF, FileKind.TRANSPARENT)


def test_first_directory_made_is_the_context_of_pins(built, upp):
    pins = element(
        "pinCodes", 81, pinCodes=("pinconfig", [{"keyReference": 0x81, "pinValue": b"11111111"}])
    )
    commands = (
        [create("7F20", DF)],
        [path("7F20"), create("5F20", DF)],
        [create("7F21", DF)],
    )
    changed = inserted(upp, scripts(*commands) + pins, before="usim")
    assert ((0x7F20,), 0x81) in {
        (pin.context, pin.reference) for pin in built(changed).content.pins
    }


BAD, WRONG = "bad_values", "invalid_parameter"
REFUSED = {
    "path to nothing": ([path("7F21"), create("6F01")], WRONG),
    "path of five levels": ([path("7F10" * 5)], BAD),
    "odd path": ([path("7F1000")], BAD),
    "file without an identifier": ([("createFCP", EF)], WRONG),
    "file without a descriptor": ([("createFCP", {"fileID": b"\x2f\x50"})], WRONG),
    "EF without a size": ([create("2F50", EF | {"efFileSize": None})], WRONG),
    "BER-TLV file without a size": ([create("2F50", BER_TLV)], WRONG),
    "BER-TLV file that reserves more than it may": (
        [
            create(
                "2F50", BER_TLV, efFileSize=b"\x04", proprietaryEFInfo={"maximumFileSize": b"\x02"}
            )
        ],
        BAD,
    ),
    "BER-TLV content beyond the limit": (
        [
            create(
                "2F50", BER_TLV, efFileSize=b"\x02", proprietaryEFInfo={"maximumFileSize": b"\x02"}
            ),
            content(b"abc"),
        ],
        BAD,
    ),
    "file that is there": ([create("2F05")], WRONG),
    "second MF": ([create("3F00", DF)], WRONG),
    "content without a file": ([content(b"a")], WRONG),
    "offset without a file": ([offset(1)], WRONG),
    "content of a directory": ([create("7F20", DF), content(b"a")], WRONG),
    "content beyond the end": ([create("2F50"), content(b"abcde")], BAD),
    "record file without a record length": (
        [create("2F50", EF | {"fileDescriptor": b"\x42\x21"})],
        BAD,
    ),
    "directory without PIN status": ([create("7F20", {"fileDescriptor": b"\x78\x21"})], WRONG),
}


@pytest.mark.parametrize(("commands", "status"), REFUSED.values(), ids=REFUSED)
def test_script_with_a_mistake_is_refused(judged, upp, commands, status):
    plain = [
        (name, {k: v for k, v in value.items() if v is not None})
        if isinstance(value, dict)
        else (name, value)
        for name, value in commands
    ]
    assert judged(with_scripts(upp, plain)) == ("genericFileManagement", status)


def test_first_script_cannot_make_a_file_without_an_mf(judged, upp):
    changed = removed(inserted(upp, scripts([create("2F50")]), before="mf"), "mf")
    assert judged(changed) == ("genericFileManagement", WRONG)


def test_ber_tlv_file_needs_its_capability(judged, upp):
    changed = with_scripts(upp, [create("2F50", BER_TLV, efFileSize=b"\x04")])
    outcome = judged(changed, UiccCapability.berTlvFileSupport)
    assert outcome == ("genericFileManagement", "feature_not_supported")
    assert judged(changed) == ("end", "ok")


def test_unknown_command_is_refused(judged, upp):
    script = scripts([create("2F50"), content(b"ab")])
    changed = inserted(upp, script.replace(b"\x81\x02ab", b"\x8f\x02ab"), before="usim")
    assert judged(changed) == ("genericFileManagement", "invalid_request_format")


def test_template_directory_counts_as_made_already(judged, upp):
    telecom = element(
        "telecom",
        81,
        templateID=template_oid("2.3"),
        df_telecom=[("fileDescriptor", {"pinStatusTemplateDO": b"\x01"})],
    )
    changed = inserted(upp, telecom + scripts([create("7F10", DF)]), before="usim")
    assert judged(changed) == ("genericFileManagement", WRONG)
