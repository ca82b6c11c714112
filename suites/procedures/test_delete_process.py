"""Delete process: every trace of the Profile is removed, its Notifications stay."""

from rspcore.messages.es10b import DownloadErrorCode
from rspcore.messages.es10c import DeleteProfileRequest, SetNicknameRequest, SetNicknameResult
from rspcore.messages.metadata import NotificationEvent
from rspcore.profile_maker.presets import NOTIFICATION_ADDRESS
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.signed_content import same_content
from rspharness.servers.card_signatures import verify_notification
from rspharness.servers.load_result import installed_info
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access

ONE = "PROFILE_OPERATIONAL1"
DELETE = NotificationEvent.notificationDelete


def delete(card, one):
    """Sends DeleteProfile by ICCID and returns the response."""
    return card.send(DeleteProfileRequest(iccid=one.iccid))


def results(pending):
    """Returns the ProfileInstallationResults of a list of Notifications, whole data objects."""
    tag = int(Tag.ProfileInstallationResult).to_bytes(2, "big")
    return [one for one in pending if one.startswith(tag)]


@testcase("procedure.DeleteProcess#01")
def test_every_trace_is_gone(card, given, server, step):
    """A deleted Profile is not listed, not selected and not named; its Notification is there."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one))
    with step("Expected: not listed; SELECT of its ISD-P AID SW 6A82; SetNickname: not found(1)"):
        expect.equal(card.listed_profiles(), (), "Profiles listed")
        absent = file_access.select_application(card, one.aid.octets)
        expect.refused(absent, StatusWord.FILE_NOT_FOUND, about="SELECT ISD-P")
        named = card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Gone"))
        expect.error(named, SetNicknameResult.iccidNotFound)
    with step("Expected: its delete Notification, signed"):
        expect.notifications(card.notifications(), (DELETE, one.iccid, NOTIFICATION_ADDRESS))
        for octets in card.pending_notifications():
            verify_notification(card, server, octets)


@testcase("procedure.DeleteProcess#02")
def test_result_of_the_installation_stays(card, given, step):
    """The PIR that is pending stays when its Profile is deleted; one Notification is added."""
    (one,) = given.profiles(ONE, notifications=True)
    with step("Initial conditions: the PIR is pending"):
        before = card.pending_notifications()
        expect.equal(len(results(before)), 1, "PIRs pending")
        events = [
            (event, listed.iccid, listed.notification_address)
            for listed in card.notifications()
            for event in listed.profile_management_operation
        ]
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one))
    with step("Expected: the same PIR, and one more Notification"):
        same_content(results(card.pending_notifications()), results(before), "PIRs pending")
        deletion = (DELETE, one.iccid, NOTIFICATION_ADDRESS)
        expect.notifications(card.notifications(), *events, deletion)


@testcase("procedure.DeleteProcess#03")
def test_last_profile_deleted(card, given, step):
    """After the last Profile the list is empty and the default files are there."""
    (one,) = given.profiles(ONE)
    given.none_enabled()
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one))
    with step("Expected: no Profile listed, only the default files"):
        expect.equal(card.listed_profiles(), (), "Profiles listed")
        file_access.default_files_only(card)


@testcase("procedure.DeleteProcess#04")
def test_installed_again(card, given, server, step):
    """A deleted Profile can be installed again, and begins without the nickname it had."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: a nickname, then the Profile deleted"):
        expect.ok(card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Mine")))
        expect.ok(delete(card, one))
        session = server.prepared(card)
    with step("S_SM-DP+ -> eUICC: the same Profile again"):
        loaded = session.install(profile(ONE))
    with step("Expected: PIR successResult; listed, Disabled, without nickname"):
        listed = installed_info(session, loaded)
        expect.equal(listed.iccid, one.iccid, "ICCID")
        expect.one_of(listed.profile_nickname, (None, ""), "nickname")


@testcase("procedure.DeleteProcess#05")
def test_deleted_over_a_reset(card, given, step):
    """After a reset the Profile is still deleted and its delete Notification still pending."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0); reset"):
        expect.ok(delete(card, one))
        pending = card.pending_notifications()
        card.reset()
    with step("Expected: not listed, the Notification pending"):
        expect.equal(card.listed_profiles(), (), "Profiles listed")
        expect.notifications(card.notifications(), (DELETE, one.iccid, NOTIFICATION_ADDRESS))
        same_content(card.pending_notifications(), pending, "Notifications pending")


@testcase("procedure.DeleteProcess#06")
def test_deleted_beside_a_session(card, given, server, note, step):
    """A Profile is deleted while an RSP session is open; what becomes of that is recorded."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(delete(card, one))
    with step("S_LPAd -> eUICC: PrepareDownload; expected: euiccSigned2, or noSession(4)"):
        code = expect.code_of(session.prepare())
        note(f"PrepareDownload after DeleteProfile: {'accepted' if code is None else code}")
        expect.one_of(code, (None, 0, DownloadErrorCode.noSessionContext), "code")
