"""What the header demands (SAIP, 8.2), in the order it is checked."""

import pytest

from rspcore.messages.euicc_info import UiccCapability
from rspcore.profile_maker.editing import changed_header, edited, replaced, with_component
from rspcore.profile_maker.files import template_oid
from rspcore.profile_reader import split
from rspcore.profile_reader.header import SERVICES

SERVICE_LIST = "eUICC-Mandatory-services"
LIBRARY = {"aid": bytes.fromhex("F07273706C61624E"), "version": b"\x01\x00"}
VERSION, SERVICE = "unsupported_profile_version", "feature_not_supported"
TEMPLATE, APPLICATION = "template_not_supported", "lib_not_supported"


def header(**parts):
    return lambda upp: edited(upp, "header", changed_header(**parts))


def services(*names):
    return header(eUICC_Mandatory_services=dict.fromkeys(names))


def templates(*numbers):
    return header(eUICC_Mandatory_GFSTEList=[template_oid(number) for number in numbers])


def unknown_service(upp):
    """Returns the package with the service of number 60, which no version has."""
    raw = split(upp)[0].raw
    listed = raw.index(b"\xa5\x04")
    changed = raw[:1] + bytes((raw[1] + 3,)) + raw[2 : listed + 1] + b"\x07" + raw[listed + 2 :]
    at = listed + 6
    return replaced(upp, "header", changed[:at] + b"\x9f\x3c\x00" + changed[at:])


SOUND = {
    **{f"version {major}.0": header(major_version=major, minor_version=0) for major in (1, 2, 3)},
    "unknown minor version": header(minor_version=99),
    "no service": services(),
    "every template of the first versions": templates(*(f"2.{n}" for n in range(1, 15))),
    "templates of later versions": templates("2.3.2", "2.4.2", "2.5.3", "2.13.4", "2.15", "2.16"),
    "no template": templates(),
    "empty list of applications": header(eUICC_Mandatory_AIDs=[]),
    "no free text": lambda upp: edited(upp, "header", with_component("profileType", None)),
}
REFUSED = {
    "major version 0": (header(major_version=0), VERSION),
    "major version 4": (header(major_version=4), VERSION),
    "unsupported service": (services("usim", "multos"), SERVICE),
    "service of a later version": (services("network-id"), SERVICE),
    "unknown service": (unknown_service, SERVICE),
    "unknown template": (templates("2.1", "2.99"), TEMPLATE),
    "unknown version of a template": (templates("2.1.9"), TEMPLATE),
    "application": (header(eUICC_Mandatory_AIDs=[LIBRARY]), APPLICATION),
    "all four, the version first": (
        header(
            major_version=9,
            eUICC_Mandatory_AIDs=[LIBRARY],
            eUICC_Mandatory_services={"multos": None},
            eUICC_Mandatory_GFSTEList=[b"\x2a\x03"],
        ),
        VERSION,
    ),
    "iccid of 9 octets": (header(iccid=bytes(9)), "invalid_request_format"),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_valid_header_is_accepted(judged, upp, change):
    assert judged(change(upp)) == ("end", "ok")


@pytest.mark.parametrize(("change", "status"), REFUSED.values(), ids=REFUSED)
def test_header_demand_the_card_does_not_meet_is_refused(judged, upp, change, status):
    assert judged(change(upp)) == ("header", status)


@pytest.mark.parametrize(
    ("service", "bit"),
    [
        ("usim", UiccCapability.usimSupport),
        ("milenage", UiccCapability.akaMilenage),
        ("tuak128", UiccCapability.akaTuak128),
        ("tuak256", UiccCapability.akaTuak256),
        ("usim-test-algorithm", UiccCapability.usimTestAlgorithm),
        ("javacard", UiccCapability.javacard),
        ("ber-tlv", UiccCapability.berTlvFileSupport),
        ("dfLink", UiccCapability.dfLinkSupport),
        ("multiple-usim", UiccCapability.multipleUsimSupport),
        ("get-identity", UiccCapability.getIdentity),
    ],
)
def test_service_needs_its_own_capability(judged, upp, service, bit):
    assert service in SERVICES
    changed = services(service)(upp)
    assert judged(changed) == ("end", "ok")
    assert judged(changed, bit) == ("header", SERVICE)
