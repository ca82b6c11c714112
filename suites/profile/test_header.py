"""Profile package, header: what it demands is there, or the load ends."""

from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import changed_header, edited, inserted, removed, replaced
from rspcore.profile_maker.files import template_oid
from rspcore.profile_reader import split
from rspcore.profile_reader.header import SERVICES
from rspharness import testcase
from rspharness.card import tlv_edit
from rspharness.suite.profile_packages import UPP, ends_with_processing_error, is_installed

STATUS = PeStatusCode
UNKNOWN_SERVICE = b"\x9f\x3c\x00"
"""Service number 60."""


def header(**parts):
    """Returns the package with these components in its header."""
    return edited(UPP, "header", changed_header(**parts))


def asked_for_an_unknown_service():
    """Returns the package whose header asks for a service no version has."""
    octets = split(UPP)[0].raw
    return replaced(UPP, "header", tlv_edit.appended(octets, UNKNOWN_SERVICE, 0xA5))


def templates(*numbers):
    """Returns a list of templates for the header."""
    return [template_oid(number) for number in numbers]


EVERYTHING_WRONG = {
    "major_version": 9,
    "eUICC_Mandatory_services": dict.fromkeys(SERVICES[: SERVICES.index("eaka") + 1]),
    "eUICC_Mandatory_GFSTEList": templates("2.99"),
}


@testcase.each(
    "upp",
    {
        "Profile.Header#01": header(minor_version=99),
        "Profile.Header#02": header(eUICC_Mandatory_services={}, eUICC_Mandatory_GFSTEList=[]),
        "Profile.Header#03": header(eUICC_Mandatory_AIDs=[]),
    },
)
def test_header_that_demands_nothing_is_taken(card, given, server, step, upp):
    """A header that asks for nothing the card lacks is accepted."""
    given.none()
    is_installed(card, server, step, upp)


@testcase.each(
    "upp, codes",
    {
        "Profile.Header#04": (header(major_version=0), (STATUS.unsupported_profile_version,)),
        "Profile.Header#05": (asked_for_an_unknown_service(), (STATUS.feature_not_supported,)),
        "Profile.Header#06": (
            header(eUICC_Mandatory_GFSTEList=templates("2.1.9")),
            (STATUS.template_not_supported,),
        ),
        "Profile.Header#07": (header(**EVERYTHING_WRONG), (STATUS.unsupported_profile_version,)),
        "Profile.Header#08": (inserted(UPP, split(UPP)[0].raw, before="mf"), ()),
        "Profile.Header#09": (removed(UPP, "header"), ()),
    },
)
def test_header_the_card_cannot_serve(card, given, server, step, upp, codes):
    """A demand the card does not meet, and a header at a wrong place, end the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase("Profile.Header#10")
def test_header_with_a_short_iccid(card, given, server, step):
    """An iccid of 9 octets in the header ends the load; recorded."""
    given.none()
    codes = (STATUS.invalid_request_format, STATUS.bad_values, STATUS.invalid_parameter)
    ends_with_processing_error(card, server, step, header(iccid=bytes(9)), *codes)
