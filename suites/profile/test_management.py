"""Profile package, PE-SecurityDomain, PE-RFM and PE-Application: who manages the Profile."""

from dataclasses import replace

from rspcore.apdu import CommandApdu, Ins
from rspcore.messages.euicc_response import PeStatusCode
from rspcore.ota.packet import ResponseStatus
from rspcore.profile_maker.editing import edited, element, inserted, removed, with_component
from rspcore.profile_maker.elements import application, telecom
from rspcore.profile_reader import decode_element, split
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.ota_server import personalisation_script
from rspharness.suite import file_access
from rspharness.suite.profile_packages import UPP, ends_with_processing_error, is_installed

ONE = "PROFILE_OPERATIONAL1"
BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter
NO_RUNTIME = (PeStatusCode.runtime_not_supported, PeStatusCode.pe_not_supported)
MNO_SD = bytes.fromhex("A000000151000000")
OTHER = bytes.fromhex("A000000151000001")
TAR_OF_FILES, TAR_OF_NOBODY = bytes.fromhex("B00120"), bytes.fromhex("B0017F")
RENAME = personalisation_script(bytes.fromhex("BF2A05 9203 4E6577"))
UNSECURED = 0x00


def with_domain(aid):
    """Returns the package with one more security domain, without toolkit parameters."""
    value = decode_element(next(one for one in split(UPP) if one.name == "securityDomain")).value
    instance = value["instance"] | {"instanceAID": aid}
    instance.pop("applicationParameters")
    return inserted(UPP, element("securityDomain", 77, instance=instance), before="rfm")


def key(number, name, value):
    """Returns the package with one component of a key of the MNO-SD otherwise."""
    return edited(UPP, "securityDomain", with_component(f"keyList/{number}/{name}", value))


def rfm(path, value, number=0):
    """Returns the package with one component of remote file management otherwise."""
    return edited(UPP, "rfm", with_component(path, value), number=number)


def rfm_first():
    """Returns the package with PE-RFM before the security domain."""
    octets = next(one.raw for one in split(UPP) if one.name == "rfm")
    return inserted(removed(UPP, "rfm"), octets, before="securityDomain")


@testcase("Profile.SecurityDomain#01")
def test_second_security_domain_is_taken(card, given, server, step):
    """A Profile may have more security domains than the MNO-SD."""
    given.none()
    is_installed(card, server, step, with_domain(OTHER))


@testcase("Profile.RFM#01")
def test_remote_file_management_writes_a_file(card, given, make_ota, step):
    """A packet for TAR B00120 writes EF.PL."""
    (one,) = given.profiles(ONE, enabled=ONE)
    ota = make_ota(one.profile.parameters)
    ota.tar = TAR_OF_FILES
    script = (
        CommandApdu(0x00, Ins.SELECT, 0x00, 0x04, file_access.EF_PL.to_bytes(2, "big")),
        CommandApdu(0x00, Ins.UPDATE_BINARY, 0x00, 0x00, b"fr"),
    )
    with step("S_OTA -> eUICC: SELECT EF.PL, UPDATE BINARY; expected: 00 and SW 9000"):
        receipt = ota.send(card, script)
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
    with step("Terminal -> eUICC: READ BINARY EF.PL; expected: what was written"):
        expect.success(file_access.select_file(card, file_access.EF_PL), "SELECT EF.PL")
        expect.equal(file_access.read(card).data, b"fr", "EF.PL")


@testcase("Profile.RFM#02")
def test_packet_for_an_unknown_tar_is_refused(card, given, make_ota, step):
    """A packet for a TAR that no element brought is answered 09, or not at all."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    ota = make_ota(one.profile.parameters)
    ota.tar = TAR_OF_NOBODY
    with step("S_OTA -> eUICC: UpdateMetadata to TAR B0017F"):
        receipt = ota.send(card, RENAME)
    with step("Expected: status TAR unknown(09) or no proof of receipt; unchanged"):
        expect.one_of(receipt.status, (ResponseStatus.TAR_UNKNOWN, None), "status")
        expect.unchanged(before, card.observe())


@testcase("Profile.RFM#03")
def test_packet_without_security_is_refused(card, given, make_ota, step):
    """A packet without a checksum does not reach the minimum security level of the MNO-SD."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    ota = make_ota(one.profile.parameters)
    ota.security = replace(ota.security, spi1=UNSECURED, spi2=0x01, kic=0, kid=0)
    with step("S_OTA -> eUICC: UpdateMetadata without checksum, ciphering and counter"):
        receipt = ota.send(card, RENAME)
    with step("Expected: insufficient security level(0A) or no proof of receipt; unchanged"):
        statuses = (ResponseStatus.INSUFFICIENT_SECURITY_LEVEL, None)
        expect.one_of(receipt.status, statuses, "status")
        expect.unchanged(before, card.observe())


@testcase.each(
    "upp, codes",
    {
        "Profile.SecurityDomain#02": (with_domain(MNO_SD), ()),
        "Profile.RFM#04": (rfm_first(), ()),
        "Profile.RFM#05": (rfm("adfRFMAccess/adfAID", OTHER, 1), ()),
        "Profile.Application#01": (
            inserted(UPP, application(OTHER), before="securityDomain"),
            (),
        ),
        "Profile.Application#03": (inserted(UPP, application(OTHER), before="end"), NO_RUNTIME),
    },
)
def test_invalid_management_ends_the_load(card, given, server, step, upp, codes):
    """What stands before its security domain or ADF, or takes its AID, ends the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase.each(
    "upp, codes",
    {
        "Profile.SecurityDomain#03": (key(0, "keyComponents/0/keyData", bytes(15)), (BAD, WRONG)),
        "Profile.SecurityDomain#04": (key(1, "keyIdentifier", b"\x01"), ()),
        "Profile.SecurityDomain#05": (inserted(UPP, telecom(), before="end"), ()),
        "Profile.RFM#06": (rfm("securityDomainAID", OTHER), ()),
        "Profile.Application#02": (
            inserted(UPP, application(OTHER, domain=OTHER[:-1] + b"\x02"), before="end"),
            (),
        ),
    },
)
def test_management_the_format_leaves_open(card, given, server, step, upp, codes):
    """Keys that do not fit, a late file system, a security domain that is not there; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)
