"""Profile package, PE-GenericFileManagement: scripts that make files and write into them."""

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import inserted
from rspcore.profile_maker.elements import script
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access
from rspharness.suite.profile_packages import ICCID, UPP, ends_with_processing_error, is_installed

BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter
FORMAT = PeStatusCode.invalid_request_format
RULE = {"securityAttributesReferenced": b"\x2f\x06\x0a"}
EF = RULE | {"fileDescriptor": b"\x41\x21", "efFileSize": b"\x04"}
DF = RULE | {"fileDescriptor": b"\x78\x21", "pinStatusTemplateDO": b"\x01"}
WITHOUT_SIZE = RULE | {"fileDescriptor": b"\x41\x21"}


def path(octets=""):
    """Returns filePath."""
    return ("filePath", bytes.fromhex(octets))


def create(fid, fcp=EF):
    """Returns createFCP."""
    return ("createFCP", fcp | {"fileID": bytes.fromhex(fid)})


def content(octets):
    """Returns fillFileContent."""
    return ("fillFileContent", octets)


def with_script(*commands, before="usim"):
    """Returns the package with one script in it."""
    return inserted(UPP, script(*commands), before=before)


def read_below(card, *fids):
    """Selects files one after another from the MF, and reads the last."""
    for fid in (file_access.MF, *fids):
        command = CommandApdu(0x00, Ins.SELECT, 0x00, 0x04, fid.to_bytes(2, "big"), 256)
        expect.success(card.transmit(command), f"SELECT {fid:04X}")
    read = file_access.read(card)
    expect.success(read, "READ BINARY")
    return read.data


@testcase("Profile.GFM#01")
def test_script_makes_files_and_directories(card, given, server, step):
    """Files stand where the script makes them, with their content."""
    given.none()
    upp = with_script(
        path(),
        create("2F60"),
        content(b"one"),
        create("7F60", DF),
        path("7F60"),
        create("6F01"),
        content(b"two"),
        create("6F02"),
        ("fillFileOffset", 1),
        content(b"six"),
    )
    is_installed(card, server, step, upp)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: READ BINARY of each"):
        given.enable(ICCID)
        expect.equal(read_below(card, 0x2F60), b"one\xff", "2F60")
        expect.equal(read_below(card, 0x7F60, 0x6F01), b"two\xff", "7F60/6F01")
        expect.equal(read_below(card, 0x7F60, 0x6F02), b"\xffsix", "7F60/6F02")


@testcase("Profile.GFM#02")
def test_script_writes_into_a_file_made_before(card, given, server, step):
    """Content is written into a file that another element made."""
    given.none()
    is_installed(card, server, step, with_script(path("2F05"), content(b"fr")))
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: READ BINARY EF.PL"):
        given.enable(ICCID)
        expect.equal(read_below(card, file_access.EF_PL), b"fr", "EF.PL")


@testcase.each(
    "upp, codes",
    {
        "Profile.GFM#03": (with_script(path("7F61"), create("6F01")), ()),
        "Profile.GFM#04": (with_script(path("7F10" * 5)), (FORMAT, BAD, WRONG)),
        "Profile.GFM#05": (with_script(create("2F60", WITHOUT_SIZE)), (BAD, WRONG)),
        "Profile.GFM#06": (with_script(create("2F05")), ()),
        "Profile.GFM#07": (with_script(content(b"a")), ()),
        "Profile.GFM#08": (with_script(create("2F60"), content(b"12345")), (BAD, WRONG)),
        "Profile.GFM#09": (with_script(create("2F60"), before="mf"), ()),
    },
)
def test_scripts_that_cannot_run(card, given, server, step, upp, codes):
    """A path to nothing, a file that is there, and content without room end the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase("Profile.GFM#10")
def test_content_beyond_octet_256(card, given, server, step):
    """Content with an offset beyond octet 256 stands there."""
    given.none()
    large = EF | {"efFileSize": b"\x01\x10"}
    upp = with_script(path(), create("2F60", large), ("fillFileOffset", 0x108), content(b"far"))
    is_installed(card, server, step, upp)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: READ BINARY of 2F60"):
        given.enable(ICCID)
        read_below(card, 0x2F60)
        expect.equal(card.apdu("00B0000010").data, b"\xff" * 16, "first octets")
        expect.equal(card.apdu("00B0010808").data, b"far" + b"\xff" * 5, "octets 264 to 271")
