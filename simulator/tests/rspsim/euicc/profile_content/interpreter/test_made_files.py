"""How a file is made: template, Fcp, patterns and fill commands (SAIP, 8.3)."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import edited, element, inserted, with_component, with_fcp
from rspcore.profile_maker.files import template_oid
from rspsim.euicc.profile_content.model import FileKind

PL, UMPC, DIR = (0x2F05,), (0x2F08,), (0x2F00,)
USIM, UST, EST = (0x7FD0,), (0x7FD0, 0x6F38), (0x7FD0, 0x6F56)
TELECOM = (0x7F10,)
ARR = b"\x2f\x06"


def mf(component, *commands, **parts):
    return lambda upp: edited(upp, "mf", with_fcp(component, *commands, **parts))


def usim(component, *commands, **parts):
    return lambda upp: edited(upp, "usim", with_fcp(component, *commands, **parts))


def optional(component, *commands, **parts):
    return lambda upp: edited(upp, "opt-usim", with_fcp(component, *commands, **parts))


def info(**parts):
    return {"proprietaryEFInfo": parts}


def content(octets):
    return ("fillFileContent", octets)


def offset(number):
    return ("fillFileOffset", number)


def whole(component, commands):
    return lambda upp: edited(upp, "usim", with_component(component, commands))


def ef_pl(built, upp, *commands, **parts):
    return built(mf("ef-pl", *commands, **parts)(upp)).content.files.get(PL)


# -- values and their absence


def test_absent_parts_keep_the_values_of_the_template(built, upp):
    one = built(upp).content.files.get(PL)
    assert (one.kind, one.body, one.sfi, one.life_cycle) == (FileKind.TRANSPARENT, b"en", 5, 5)
    assert (one.access.fid, one.access.record) == (0x2F06, 1)


def test_present_parts_replace_the_template(built, upp):
    one = ef_pl(
        built,
        upp,
        content(b"ab"),
        fileID=b"\x2f\x15",
        efFileSize=b"\x04",
        shortEFID=b"\x48",
        lcsi=b"\x04",
        securityAttributesReferenced=b"\x03",
        **info(specialFileInformation=b"\x40"),
    )
    assert one is None
    changed = mf(
        "ef-pl",
        content(b"ab"),
        fileID=b"\x2f\x15",
        efFileSize=b"\x04",
        lcsi=b"\x04",
        shortEFID=b"\x48",
        securityAttributesReferenced=b"\x03",
        **info(specialFileInformation=b"\x40"),
    )(upp)
    one = built(changed).content.files.get((0x2F15,))
    assert (one.body, one.sfi, one.life_cycle, one.special) == (b"ab\xff\xff", 9, 4, 0x40)
    assert (one.access.fid, one.access.record) == (0x2F06, 3)


def test_rule_of_three_octets_names_its_file(built, upp):
    one = ef_pl(built, upp, securityAttributesReferenced=b"\x6f\x06\x02")
    assert (one.access.fid, one.access.record) == (0x6F06, 2)


def test_rule_of_one_octet_below_an_adf_means_the_ef_arr_there(built, upp):
    assert built(upp).content.files.get(UST).access.fid == 0x6F06
    assert built(upp).content.files.get(USIM).access.fid == 0x2F06


def test_empty_short_identifier_is_none(built, upp):
    assert ef_pl(built, upp, shortEFID=b"").sfi is None


def test_short_identifier_of_a_file_without_a_template_is_in_its_identifier(built, upp):
    script = [
        ("filePath", b""),
        (
            "createFCP",
            {
                "fileDescriptor": b"\x41\x21",
                "fileID": b"\x2f\x43",
                "efFileSize": b"\x02",
                "securityAttributesReferenced": b"\x01",
            },
        ),
    ]
    made = element("genericFileManagement", 80, fileManagementCMD=[script])
    one = built(inserted(upp, made, before="usim")).content.files.get((0x2F43,))
    assert one.sfi == 3


# -- content


@pytest.mark.parametrize(
    ("parts", "commands", "body"),
    [
        ({}, [content(b"ab")], "6162ffffffffffff"),
        ({}, [offset(2), content(b"ab")], "ffff6162ffffffff"),
        (
            {},
            [content(b"a"), offset(2), content(b"b"), offset(1), content(b"c")],
            "61ffff62ff63ffff",
        ),
        (info(fillPattern=b"\x07\x00"), [content(b"a")], "6100000000000000"),
        (info(fillPattern=b"\x07\x00"), [offset(1), content(b"a")], "0761000000000000"),
        (info(repeatPattern=b"\x01\x02\x03"), [offset(7), content(b"a")], "0102030102030161"),
        ({}, [offset(8)], "ffffffffffffffff"),
    ],
)
def test_patterns_and_fill_commands_make_the_content(built, upp, parts, commands, body):
    one = ef_pl(built, upp, *commands, efFileSize=b"\x08", **parts)
    assert one.body.hex() == body


def test_pattern_applies_to_each_record(built, upp):
    changed = mf(
        "ef-dir",
        content(b"ab"),
        fileDescriptor=b"\x42\x21\x00\x03",
        efFileSize=b"\x09",
        **info(fillPattern=b"\x00\xff"),
    )(upp)
    one = built(changed).content.files.get(DIR)
    assert [record.hex() for record in one.records] == ["6162ff", "00ffff", "00ffff"]


def test_content_is_addressed_across_records(built, upp):
    changed = mf(
        "ef-dir", offset(2), content(b"abc"), fileDescriptor=b"\x42\x21\x00\x03", efFileSize=b"\x06"
    )(upp)
    one = built(changed).content.files.get(DIR)
    assert [record.hex() for record in one.records] == ["ffff61", "6263ff"]


# -- files that are not made, and links


def test_file_may_be_left_out_of_a_template_that_makes_all(built, upp):
    changed = usim("ef-hpplmn", ("doNotCreate", None))(upp)
    assert built(upp).content.files.get((*USIM, 0x6F31)) is not None
    assert built(changed).content.files.get((*USIM, 0x6F31)) is None


def test_files_of_the_mf_cannot_be_left_out(built, upp):
    changed = edited(upp, "mf", with_component("ef-umpc", [("doNotCreate", None)]))
    assert built(changed).content.files.get(UMPC) is not None


def test_link_shares_the_body_under_its_own_name(built, upp):
    changed = optional("ef-li", shortEFID=b"\x20", linkPath=b"\x2f\x05")(upp)
    files = built(changed).content.files
    one = files.get((*USIM, 0x6F05))
    assert (one.sfi, one.link, files.resolve(one).body) == (4, PL, b"en")


def test_link_to_a_file_below_an_adf_goes_by_its_temporary_identifier(built, upp):
    changed = optional("ef-li", linkPath=b"\x7f\xd0\x6f\x56")(upp)
    files = built(changed).content.files
    assert files.resolve(files.get((*USIM, 0x6F05))).path == EST


def linked_directory(target):
    script = [
        ("filePath", b""),
        (
            "createFCP",
            {
                "fileDescriptor": b"\x78\x21",
                "fileID": b"\x7f\x20",
                "securityAttributesReferenced": b"\x2f\x06\x0e",
                "pinStatusTemplateDO": b"\x01",
                "linkPath": target,
            },
        ),
    ]
    made = element("genericFileManagement", 80, fileManagementCMD=[script])
    return lambda upp: inserted(upp, telecom() + made, before="usim")


def telecom():
    return element(
        "telecom",
        81,
        templateID=template_oid("2.3"),
        df_telecom=[("fileDescriptor", {"pinStatusTemplateDO": b"\x01"})],
        ef_sume=[content(b"ab")],
    )


def test_link_to_a_directory_shows_its_files(built, upp):
    files = built(linked_directory(b"\x7f\x10")(upp)).content.files
    one = files.get((0x7F20, 0x6F54))
    assert files.resolve(one).body[:2] == b"ab"


def test_link_to_a_directory_needs_its_capability(judged, upp):
    outcome = judged(linked_directory(b"\x7f\x10")(upp), UiccCapability.dfLinkSupport)
    assert outcome == ("genericFileManagement", "feature_not_supported")


# -- refusals

BAD, WRONG = "bad_values", "invalid_parameter"
REFUSED = {
    "size with a leading zero": (mf("ef-pl", efFileSize=b"\x00\x02"), "mf", BAD),
    "empty size": (mf("ef-pl", efFileSize=b""), "mf", BAD),
    "content longer than the file": (mf("ef-pl", content(b"abc")), "mf", BAD),
    "content beyond the end by its offset": (mf("ef-pl", offset(1), content(b"ab")), "mf", BAD),
    "size of a directory": (usim("adf-usim", efFileSize=b"\x02"), "usim", WRONG),
    "short identifier of a directory": (usim("adf-usim", shortEFID=b"\x08"), "usim", WRONG),
    "content of a directory": (usim("adf-usim", content(b"a")), "usim", WRONG),
    "pattern of a directory": (usim("adf-usim", **info(fillPattern=b"\0")), "usim", WRONG),
    "directory without PIN status": (usim("adf-usim", pinStatusTemplateDO=None), "usim", WRONG),
    "ADF without AID": (usim("adf-usim", dfName=None), "usim", WRONG),
    "ADF without temporary identifier": (usim("adf-usim", fileID=None), "usim", WRONG),
    "PIN status of an EF": (mf("ef-pl", pinStatusTemplateDO=b"\x01"), "mf", WRONG),
    "AID of an EF": (mf("ef-pl", dfName=bytes(7)), "mf", WRONG),
    "both patterns": (mf("ef-pl", **info(fillPattern=b"\0", repeatPattern=b"\1")), "mf", WRONG),
    "short identifier 0": (mf("ef-pl", shortEFID=b"\x00"), "mf", BAD),
    "short identifier 31": (mf("ef-pl", shortEFID=b"\xf8"), "mf", BAD),
    "short identifier in the low bits": (mf("ef-pl", shortEFID=b"\x05"), "mf", BAD),
    "rule of two octets": (mf("ef-pl", securityAttributesReferenced=b"\x06\x01"), "mf", BAD),
    "rule of four octets": (mf("ef-pl", securityAttributesReferenced=bytes(4)), "mf", BAD),
    "identifier of one octet": (mf("ef-pl", fileID=b"\x2f"), "mf", BAD),
    "AID of four octets": (usim("adf-usim", dfName=bytes(4)), "usim", BAD),
    "file type that does not exist": (mf("ef-pl", fileDescriptor=b"\x43\x21"), "mf", BAD),
    "directory in place of an EF": (mf("ef-pl", fileDescriptor=b"\x78\x21"), "mf", BAD),
    "record length of a transparent file": (
        mf("ef-pl", fileDescriptor=b"\x41\x21\x00\x02"),
        "mf",
        BAD,
    ),
    "size of no whole records": (mf("ef-dir", efFileSize=b"\x43"), "mf", BAD),
    "more than 254 records": (
        mf("ef-dir", content(b"a"), fileDescriptor=b"\x42\x21\x00\x01", efFileSize=b"\x01\x00"),
        "mf",
        BAD,
    ),
    "record file without size": (mf("ef-dir", efFileSize=None), "mf", WRONG),
    "size the template leaves open": (optional("ef-spni", content(b"a")), "opt-usim", WRONG),
    "doNotCreate beside content": (
        whole("ef-hpplmn", [("doNotCreate", None), content(b"\x05")]),
        "usim",
        WRONG,
    ),
    "doNotCreate where nothing is made by default": (
        lambda upp: edited(upp, "opt-usim", with_component("ef-li", [("doNotCreate", None)])),
        "opt-usim",
        WRONG,
    ),
    "link to nothing": (optional("ef-li", linkPath=b"\x2f\x15"), "opt-usim", WRONG),
    "link of an odd path": (optional("ef-li", linkPath=b"\x2f\x05\x01"), "opt-usim", BAD),
    "link of five levels": (optional("ef-li", linkPath=bytes(10)), "opt-usim", BAD),
    "link with a size": (
        optional("ef-li", linkPath=b"\x2f\x05", efFileSize=b"\x02"),
        "opt-usim",
        WRONG,
    ),
    "link with a pattern": (
        optional("ef-li", linkPath=b"\x2f\x05", **info(fillPattern=b"\0")),
        "opt-usim",
        WRONG,
    ),
    "link with content": (
        optional("ef-li", content(b"a"), linkPath=b"\x2f\x05"),
        "opt-usim",
        WRONG,
    ),
    "identifier that is taken": (mf("ef-pl", fileID=b"\x2f\x06"), "mf", WRONG),
    "larger than any memory": (
        mf("ef-pl", efFileSize=b"\x7f\xff\xff\xff"),
        "mf",
        "not_enough_memory",
    ),
}


@pytest.mark.parametrize(("change", "name", "status"), REFUSED.values(), ids=REFUSED)
def test_invalid_file_is_refused(judged, upp, change, name, status):
    assert judged(change(upp)) == (name, status)
