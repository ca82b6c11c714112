"""ICCIDs are unique on a card: no second Profile while the first is there, any time afterwards."""

from dataclasses import replace

from rspcore.ids import Iccid
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile

ONE = preset("PROFILE_OPERATIONAL1")
COMMAND = BppCommandId.storeMetadata
TAKEN = ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc
SAME_ICCID = replace(preset("PROFILE_OPERATIONAL2"), iccid=ONE.iccid)
OTHER_FILLER = replace(ONE, iccid=Iccid(ONE.iccid.octets[:-1] + b"\x05"))
"""The digits of PROFILE_OPERATIONAL1 with filler nibble 0 in the place of F."""
TEST_PROFILE = replace(preset("PROFILE_TEST1"), iccid=ONE.iccid)


def require_taken(card, server, step, parameters):
    """Downloads a Profile, and requires it to be refused for its ICCID."""
    before = card.observe()
    with step("S_SM-DP+ -> eUICC: download of a Profile with the ICCID of the one loaded"):
        session = server.prepared(card)
        loaded = session.install(profile(parameters))
    with step("Expected: PIR errorResult, storeMetadata(2), ICCID already exists (9)"):
        load_result.ended(session, loaded, before, COMMAND, TAKEN)


def require_installed(server, card, step, parameters):
    """Downloads a Profile, and requires it to be installed."""
    with step("S_SM-DP+ -> eUICC: download of a Profile with the same ICCID"):
        session = server.prepared(card)
        loaded = session.install(profile(parameters))
    with step("Expected: PIR successResult; the Profile listed, Disabled"):
        load_result.installed(session, loaded)


@testcase("procedure.IccidUniqueness#01")
def test_iccid_of_an_installed_profile(card, given, server, step):
    """A second Profile with the ICCID of an installed one is refused."""
    given.profiles(ONE)
    require_taken(card, server, step, SAME_ICCID)


@testcase("procedure.IccidUniqueness#02")
def test_iccid_of_a_deleted_profile(card, given, server, step):
    """When the Profile is deleted its ICCID is free, whatever Notifications name it."""
    given.profiles(ONE, notifications=True)
    with step("Initial conditions: the Profile deleted"):
        expect.ok(card.send(DeleteProfileRequest(iccid=ONE.iccid)))
    require_installed(server, card, step, SAME_ICCID)


@testcase("procedure.IccidUniqueness#03")
def test_iccid_with_another_filler(card, given, server, note, step):
    """An ICCID that differs in its filler nibble is another one, or the same one."""
    given.profiles(ONE)
    before = card.observe()
    with step("S_SM-DP+ -> eUICC: download, filler nibble 0 in the place of F"):
        session = server.prepared(card)
        loaded = session.install(profile(OTHER_FILLER))
        note(load_result.described(loaded))
    with step("Expected: PIR successResult, or ICCID already exists (9)"):
        load_result.installed_or_ended(session, loaded, before, COMMAND, TAKEN)


@testcase("procedure.IccidUniqueness#04")
def test_iccid_across_classes(card, given, server, step):
    """A test Profile with the ICCID of an installed operational one is refused."""
    given.profiles(ONE)
    require_taken(card, server, step, TEST_PROFILE)


@testcase("procedure.IccidUniqueness#05")
def test_iccid_of_a_failed_installation(card, given, server, step):
    """An ICCID whose installation failed is free."""
    given.none()
    with step("Initial conditions: an installation with this ICCID that failed at its end"):
        session = server.prepared(card)
        package = session.package(profile(ONE))
        last = len(package) - 1
        loaded = session.load(package.flipped(last))
        command = BppCommandId.loadProfileElements
        expect.pir_error(loaded.pir, command, *ErrorReason)
        expect.equal(loaded.pir.data.notification_metadata.iccid, ONE.iccid, "ICCID in the PIR")
    require_installed(server, card, step, ONE)
