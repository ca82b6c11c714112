"""Profile package, PE-USIM and its like: an ADF with its files, links, and optional files."""

from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import (
    edited,
    element,
    inserted,
    removed,
    with_component,
    with_fcp,
)
from rspcore.profile_maker.elements import directory, isim, opt_isim, opt_usim, usim
from rspcore.profile_maker.files import USIM_AID, template_oid
from rspcore.profile_reader import split
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access
from rspharness.suite.profile_packages import ICCID, UPP, ends_with_processing_error, is_installed

BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter
UNSUPPORTED = (PeStatusCode.template_not_supported, PeStatusCode.pe_not_supported)
EF_HPPLMN, EF_ACM, EF_LI = 0x6F31, 0x6F39, 0x6F05
TEMPORARY = 0x7FD0
NUMBER = 77


def in_usim(component, *commands, **parts):
    """Returns the package with one file of PE-USIM otherwise."""
    return edited(UPP, "usim", with_fcp(component, *commands, **parts))


def with_optional(*commands, **parts):
    """Returns the package with PE-OPT-USIM whose EF.LI is made so."""
    head = [("fileDescriptor", parts)] if parts else []
    made = element("opt-usim", NUMBER, templateID=template_oid("2.5"), ef_li=[*head, *commands])
    return inserted(UPP, made, before="securityDomain")


def strange_telecom(*, mandated):
    """Returns the package with PE-TELECOM of a template that does not exist."""
    made = element(
        "telecom",
        NUMBER,
        mandated=mandated,
        templateID=template_oid("2.3.9"),
        df_telecom=directory(),
    )
    return inserted(UPP, made, before="usim")


def usim_first():
    """Returns the package with PE-USIM before PE-MF."""
    octets = next(one.raw for one in split(UPP) if one.name == "usim")
    return inserted(removed(UPP, "usim"), octets, before="mf")


@testcase("Profile.USIM#01")
def test_file_may_be_left_out(card, given, server, step):
    """A file of the template is not made when the package says doNotCreate."""
    given.none()
    upp = edited(UPP, "usim", with_component("ef-hpplmn", [("doNotCreate", None)]))
    is_installed(card, server, step, upp)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT EF.HPPLMN"):
        given.enable(ICCID)
        gone = file_access.select_usim_file(card, EF_HPPLMN)
        expect.refused(gone, StatusWord.FILE_NOT_FOUND, about="SELECT EF.HPPLMN")


@testcase("Profile.USIM#02")
def test_temporary_identifier_is_gone(card, given, server, step):
    """The identifier that stands for the ADF inside the package selects nothing."""
    given.none()
    is_installed(card, server, step, UPP)
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT 7FD0"):
        given.enable(ICCID)
        gone = file_access.select_file(card, TEMPORARY)
        expect.refused(gone, StatusWord.FILE_NOT_FOUND, about="SELECT 7FD0")


@testcase("Profile.USIM#03")
def test_link_shows_the_content_of_its_target(card, given, server, step):
    """EF.LI of the USIM, a link to EF.PL, reads as EF.PL does."""
    given.none()
    is_installed(card, server, step, with_optional(linkPath=b"\x2f\x05"))
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: READ BINARY EF.LI"):
        given.enable(ICCID)
        expect.success(file_access.select_usim_file(card, EF_LI), "SELECT EF.LI")
        read = file_access.read(card)
        expect.success(read, "READ BINARY EF.LI")
        expect.equal(read.data, b"en", "EF.LI")


@testcase("Profile.USIM#04")
def test_optional_files_go_into_the_usim(card, given, server, step):
    """Optional USIM files after an ISIM still belong to the USIM."""
    given.none()
    is_installed(card, server, step, inserted(UPP, isim() + opt_usim(), before="securityDomain"))
    with step("S_LPAd -> eUICC: EnableProfile; Terminal -> eUICC: SELECT EF.ACM"):
        given.enable(ICCID)
        expect.success(file_access.select_usim_file(card, EF_ACM), "SELECT EF.ACM")


@testcase.each(
    "upp, codes",
    {
        "Profile.USIM#05": (usim_first(), ()),
        "Profile.USIM#06": (inserted(UPP, opt_usim(), before="usim"), ()),
        "Profile.USIM#07": (inserted(UPP, opt_isim(), before="securityDomain"), ()),
        "Profile.USIM#08": (in_usim("adf-usim", dfName=None), (BAD, WRONG)),
        "Profile.USIM#09": (inserted(UPP, usim(aid=USIM_AID), before="securityDomain"), ()),
        "Profile.USIM#10": (
            edited(
                UPP,
                "usim",
                with_component("ef-hpplmn", [("doNotCreate", None), ("fillFileContent", b"\x05")]),
            ),
            (BAD, WRONG),
        ),
        "Profile.USIM#12": (with_optional(linkPath=b"\x2f\x15"), ()),
        "Profile.USIM#13": (
            with_optional(("fillFileContent", b"de"), linkPath=b"\x2f\x05"),
            (BAD, WRONG),
        ),
        "Profile.USIM#14": (
            strange_telecom(mandated=True),
            (PeStatusCode.template_not_supported,),
        ),
    },
)
def test_invalid_application_files_end_the_load(card, given, server, step, upp, codes):
    """An element out of its place, and a file that contradicts itself, end the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase("Profile.USIM#11")
def test_do_not_create_in_an_optional_element(card, given, server, step):
    """Where nothing is made by default, doNotCreate ends the load; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, with_optional(("doNotCreate", None)), BAD, WRONG)


@testcase("Profile.USIM#15")
def test_unknown_template_that_is_not_mandated(card, given, server, step):
    """An element of an unknown template is reported and passed over when it is not mandated."""
    given.none()
    statuses = is_installed(card, server, step, strange_telecom(mandated=False))
    with step("Expected: a PEStatus for the element"):
        unsupported = [one for one in statuses if one.status != PeStatusCode.ok]
        expect.equal([one.identification_number for one in unsupported], [NUMBER], "elements")
        expect.one_of(unsupported[0].status, UNSUPPORTED, "status")
