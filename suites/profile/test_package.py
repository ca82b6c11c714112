"""Profile package as a whole: order, identifications, and the status of each element."""

from rspcore import tlv
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import element, inserted, replaced, unknown_element
from rspcore.profile_maker.elements import cd, telecom
from rspcore.profile_reader import split
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.profile_packages import UPP, ends_with_processing_error, is_installed

FORMAT, WRONG = PeStatusCode.invalid_request_format, PeStatusCode.invalid_parameter
ISSUER = bytes.fromhex("8837")
TAKEN, FIRST, SECOND = 1, 77, 78


def puks_without_a_header():
    """Returns the package with PE-PUKCodes that has no PE header."""
    octets = next(one for one in split(UPP) if one.name == "pukCodes")
    codes = octets.tlv.children()[1].raw
    return replaced(UPP, "pukCodes", tlv.encode(octets.tag, codes))


def passed_over():
    """Returns two elements of no known version, neither of them mandated."""
    return unknown_element(FIRST, mandated=False) + unknown_element(SECOND, mandated=False)


@testcase.each(
    "upp, codes",
    {
        "Profile.Package#02": (puks_without_a_header(), (FORMAT, WRONG)),
        "Profile.Package#03": (inserted(UPP, telecom() + telecom(71), before="usim"), ()),
    },
)
def test_invalid_packages_end_the_load(card, given, server, step, upp, codes):
    """An element without a header, or one too many, ends the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase("Profile.Package#01")
def test_identification_twice(card, given, server, step):
    """Two elements of one identification end the load; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, inserted(UPP, cd(TAKEN), before="usim"))


@testcase.each(
    "upp",
    {
        "Profile.Package#04": inserted(
            UPP,
            element("nonStandard", FIRST, mandated=False, issuerID=ISSUER, content=b"x"),
            before="mf",
        ),
        "Profile.Package#07": inserted(UPP, cd(SECOND) + telecom(FIRST), before="usim"),
    },
)
def test_packages_in_another_order(card, given, server, step, upp):
    """An element of an issuer, and numbers that do not ascend, are taken."""
    given.none()
    is_installed(card, server, step, upp)


@testcase("Profile.Package#05")
def test_status_names_the_element(card, given, server, step):
    """The PEStatus of the element that ends the load has its identification; recorded."""
    given.none()
    status = ends_with_processing_error(
        card, server, step, inserted(UPP, unknown_element(FIRST, mandated=True), before="end")
    )
    with step("Expected: identificationNumber of the element"):
        expect.equal(status.identification_number, FIRST, "identificationNumber")


@testcase("Profile.Package#06")
def test_each_element_passed_over_has_a_status(card, given, server, step):
    """There is one PEStatus for each element that was passed over."""
    given.none()
    statuses = is_installed(card, server, step, inserted(UPP, passed_over(), before="end"))
    with step("Expected: pe-not-supported(1) for each of the two"):
        unsupported = [
            (one.status, one.identification_number) for one in statuses if one.status != 0
        ]
        code = PeStatusCode.pe_not_supported
        expect.equal(unsupported, [(code, FIRST), (code, SECOND)], "statuses")
