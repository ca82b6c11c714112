"""Profile package, PE-MF: files become what template, Fcp and fill commands make of them."""

from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import edited, inserted, with_component, with_fcp
from rspcore.profile_reader import decode_element, encode_element, split
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access
from rspharness.suite.profile_packages import (
    ICCID,
    UPP,
    ends_with_insufficient_memory,
    ends_with_processing_error,
    is_installed,
)

BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter


def mf(component, *commands, **parts):
    """Returns the package with one file of PE-MF otherwise."""
    return edited(UPP, "mf", with_fcp(component, *commands, **parts))


def second_mf():
    """Returns the package with PE-MF once more, under a number of its own."""
    value = decode_element(split(UPP)[1]).value
    again = value | {"mf-header": {"mandated": None, "identification": 90}}
    return inserted(UPP, encode_element("mf", again), before="pukCodes")


def info(**parts):
    """Returns proprietaryEFInfo."""
    return {"proprietaryEFInfo": parts}


@testcase.each(
    "upp, content",
    {
        "Profile.MF#01": (
            mf(
                "ef-umpc",
                ("fillFileContent", b"\x3c"),
                ("fillFileOffset", 1),
                ("fillFileContent", b"\x01\x02"),
                **info(fillPattern=b"\xff"),
            ),
            "3CFF0102FF",
        ),
        "Profile.MF#02": (
            mf("ef-umpc", ("fillFileOffset", 0), **info(fillPattern=b"\x3c\x05\x07")),
            "3C05070707",
        ),
        "Profile.MF#03": (
            mf("ef-umpc", ("fillFileOffset", 0), **info(repeatPattern=b"\x3c\x05")),
            "3C053C053C",
        ),
    },
)
def test_file_reads_as_it_was_filled(card, given, server, step, upp, content):
    """EF.UMPC has the content that offsets and patterns make of it."""
    given.none()
    is_installed(card, server, step, upp)
    with step("S_LPAd -> eUICC: EnableProfile"):
        given.enable(ICCID)
    with step(f"Terminal -> eUICC: READ BINARY EF.UMPC; expected: {content}"):
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "SELECT EF.UMPC")
        read = file_access.read(card)
        expect.success(read, "READ BINARY EF.UMPC")
        expect.equal(read.data.hex().upper(), content, "EF.UMPC")


@testcase("Profile.MF#04")
def test_file_of_the_mf_cannot_be_left_out(card, given, server, step):
    """The instruction doNotCreate does nothing for a file of the MF template."""
    given.none()
    is_installed(
        card,
        server,
        step,
        edited(UPP, "mf", with_component("ef-umpc", [("doNotCreate", None)])),
    )
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT EF.UMPC"):
        given.enable(ICCID)
        expect.success(file_access.select_file(card, file_access.EF_UMPC), "SELECT EF.UMPC")


@testcase.each(
    "upp, codes",
    {
        "Profile.MF#05": (second_mf(), ()),
        "Profile.MF#06": (split(UPP)[0].raw + split(UPP)[-1].raw, ()),
        "Profile.MF#07": (mf("ef-pl", ("fillFileContent", b"eng")), (BAD, WRONG)),
        "Profile.MF#08": (
            mf("ef-pl", **info(fillPattern=b"\x00", repeatPattern=b"\x01")),
            (BAD, WRONG),
        ),
        "Profile.MF#09": (mf("ef-pl", pinStatusTemplateDO=b"\x01"), (BAD, WRONG)),
        "Profile.MF#10": (mf("mf", pinStatusTemplateDO=None), (BAD, WRONG)),
        "Profile.MF#12": (mf("ef-dir", efFileSize=b"\x43"), (BAD, WRONG)),
    },
)
def test_invalid_files_end_the_load(card, given, server, step, upp, codes):
    """One mistake in PE-MF, and one MF too many or none, ends the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase.each(
    "upp",
    {
        "Profile.MF#11": mf("ef-pl", efFileSize=b"\x00\x02"),
        "Profile.MF#13": mf("ef-pl", shortEFID=b"\xf8"),
    },
)
def test_values_of_a_file_out_of_bounds(card, given, server, step, upp):
    """A size that is not in its shortest form, and SFI 31, end the load; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, upp, BAD, WRONG)


@testcase("Profile.MF#14")
def test_file_larger_than_any_memory(card, given, server, step):
    """A file of 2 GiB ends the load for lack of memory; recorded."""
    given.none()
    ends_with_insufficient_memory(card, server, step, mf("ef-pl", efFileSize=b"\x7f\xff\xff\xff"))
