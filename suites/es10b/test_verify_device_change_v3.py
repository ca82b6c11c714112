"""ES10b.VerifyDeviceChange: what the server hands over, and what becomes of the old Profile."""

from dataclasses import replace
from datetime import UTC, datetime

from rspcore import tlv
from rspcore.ids import TransactionId
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    ProfileInfoListRequest,
    SearchCriteria,
)
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.device_change import (
    VerifyDeviceChangeError,
)
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change as dc
from rspharness.servers.rsp_server import profile
from rspharness.suite.installed_profiles import require_installed

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
WITH_PPR2 = replace(preset("PROFILE_OPERATIONAL1"), ppr=frozenset({PprId.ppr2}))
OTHER = TransactionId(bytes(16))
VALIDITY = datetime(2027, 6, 1, tzinfo=UTC)
VERIFY = VerifyDeviceChangeError


@testcase("ES10b.VerifyDeviceChange#01")
@testcase.both_curves
def test_clear_data(card, given, server, step):
    """Data in clear are answered as they came, and the Profile stays."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, data in clear"):
        response = card.ask(change.verify_request(change.data()))
    with step("Expected: verifyDeviceChangeOk with the activation code; the Profile there"):
        expect.ok(response)
        answered = response.verify_device_change_ok
        expect.equal(answered.activation_code_for_dc, dc.ACTIVATION_CODE, "activationCodeForDc")
        expect.equal(answered.iccid, one.iccid, "iccid")
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#12")
def test_recovery_is_announced(card, given, server, step):
    """What is said of a recovery is answered as it came."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    words = {"profile_recovery_support": True, "profile_recovery_validity_period": VALIDITY}
    with step("S_LPAd -> eUICC: VerifyDeviceChange with profileRecoverySupport and validity"):
        response = card.ask(change.verify_request(change.data(**words)))
    with step("Expected: 84 00, and 85 as sent"):
        expect.ok(response)
        whole = expect.data_object(response.encode(), Tag.VerifyDeviceChange).find(0xA0)
        found = {each.tag: bytes(each.value) for each in whole.children()}
        expect.equal(found.get(0x84), b"", "84")
        expect.equal(found.get(0x85), b"20270601000000Z", "85")


@testcase("ES10b.VerifyDeviceChange#02")
def test_encrypted_data(card, given, server, note, step):
    """Protected data are opened and answered in clear."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, protected data"):
        response = card.ask(change.encrypted_request(change.data()))
        note(f"error {expect.code_of(response)!r}")
    with step("Expected: verifyDeviceChangeOk with the activation code"):
        expect.ok(response)
        answered = response.verify_device_change_ok
        expect.equal(answered.activation_code_for_dc, dc.ACTIVATION_CODE, "activationCodeForDc")


@testcase.each(
    "words, code",
    {
        "ES10b.VerifyDeviceChange#07": ({"key_type": 0x89}, VERIFY.unsupportedCrtValues),
        "ES10b.VerifyDeviceChange#08": ({"damaged": True}, VERIFY.invalidData),
    },
)
def test_encrypted_data_that_do_not_fit(card, given, server, note, step, words, code):
    """Protected data of another key type, or damaged, are refused."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    with step(f"S_LPAd -> eUICC: VerifyDeviceChange, {words}"):
        response = card.ask(change.encrypted_request(change.data(), **words))
        note(f"error {expect.code_of(response)!r}")
    with step(f"Expected: {expect.names([code])}"):
        expect.error(response, code)


@testcase("ES10b.VerifyDeviceChange#03", "procedure.Notifications#11")
def test_old_profile_is_deleted(card, given, server, note, step):
    """With deleteOldProfile the Profile is gone, and what it owes is among the Notifications."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    words = {
        "delete_old_profile": True,
        "delete_notification_for_dc_support": True,
        "notification_address": server.address,
    }
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(**words)))
    with step("Expected: ok, the Profile gone, delete Notifications and BF63"):
        expect.ok(response)
        with expect.settled():
            require_installed(card)
        kinds = [each[:2].hex().upper() for each in card.pending_notifications()]
        note(f"Notifications beginning with {', '.join(kinds)}")
        expect.that(
            holds=any(each.startswith("30") for each in kinds),
            expected="a delete Notification",
            actual=repr(kinds),
        )
        expect.that(holds="BF63" in kinds, expected="an entry BF63", actual=repr(kinds))


@testcase("ES10b.VerifyDeviceChange#13")
def test_tags_of_the_notification(card, given, server, note, step):
    """The Notification for the next device has A0 and 81."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    words = {"delete_old_profile": True, "delete_notification_for_dc_support": True}
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteNotificationForDcSupport"):
        expect.ok(card.ask(change.verify_request(change.data(**words))))
    with step("Expected: BF63 with A0 and 81 in the list, or none; recorded"):
        found = [each for each in card.pending_notifications() if each[:2] == b"\xbf\x63"]
        tags = [[f"{part.tag:02X}" for part in tlv.parse(each).children()] for each in found]
        note(f"BF63: {tags}")
        for each in tags:
            expect.equal(each, ["A0", "81"], "tags inside of BF63")


@testcase("ES10b.VerifyDeviceChange#04")
@testcase.both_curves
def test_altered_signature5(card, given, server, step):
    """An altered smdpSignature5 gives invalidSignature(2), and the Profile stays."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, smdpSignature5 altered"):
        octets = change.verify_request(change.data(delete_old_profile=True))
        response = card.ask(tlv_edit.flipped(octets, Tag.Signature))
    with step("Expected: invalidSignature(2), the Profile there"):
        expect.error(response, VERIFY.invalidSignature)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#05")
def test_verify_without_a_session(card, given, server, step):
    """Without a session the answer is noSession(4), and the Profile stays."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    card.reset()
    with step("S_LPAd -> eUICC: VerifyDeviceChange after a reset"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: noSession(4), the Profile there"):
        expect.error(response, VERIFY.noSession)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#06")
def test_verify_for_another_transaction(card, given, server, step):
    """Another TransactionID gives invalidTransactionId(5), and the Profile stays."""
    (one,) = given.profiles(dc.movable_at(server))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, another transactionId"):
        octets = change.verify_request(change.data(delete_old_profile=True), OTHER)
        response = card.ask(octets)
    with step("Expected: invalidTransactionId(5), the Profile there"):
        expect.error(response, VERIFY.invalidTransactionId)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#09")
def test_enabled_profile_is_not_deleted(card, given, server, step):
    """An Enabled Profile is not deleted."""
    what = dc.movable_at(server)
    (one,) = given.profiles(what, enabled=what)
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: profileNotInDisabledState(8), the Profile there"):
        expect.error(response, VERIFY.profileNotInDisabledState)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#10")
def test_profile_with_ppr2_is_not_deleted(card, given, server, step):
    """A Profile with PPR2 is not deleted."""
    (one,) = given.profiles(dc.movable_at(server, profile(WITH_PPR2)))
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange with deleteOldProfile"):
        response = card.ask(change.verify_request(change.data(delete_old_profile=True)))
    with step("Expected: disallowedByPolicy(3), the Profile there"):
        expect.error(response, VERIFY.disallowedByPolicy)
        require_installed(card, one)


@testcase("ES10b.VerifyDeviceChange#11")
def test_data_of_another_profile(card, given, server, note, step):
    """Data of another Profile than that of the session are refused."""
    one, two = given.profiles(dc.movable_at(server), TWO)
    change = dc.prepared(server, card, one.iccid)
    with step("S_LPAd -> eUICC: VerifyDeviceChange, ICCID of another Profile, deleteOldProfile"):
        data = change.data(iccid=two.iccid, delete_old_profile=True)
        response = card.ask(change.verify_request(data))
        note(f"error {expect.code_of(response)!r}")
    with step("Expected: invalidData(7), both Profiles there"):
        with expect.settled():
            require_installed(card, one, two)
        expect.error(response, VERIFY.invalidData)


@testcase("procedure.DeviceChange#01")
def test_transfer_by_the_server(card, given, server, step):
    """A Profile is moved: kept without deleteOldProfile, gone with it."""
    (one,) = given.profiles(dc.movable_at(server))
    for delete in (None, True):
        change = dc.prepared(server, card, one.iccid)
        with step(f"S_LPAd -> eUICC: VerifyDeviceChange, deleteOldProfile {bool(delete)}"):
            expect.ok(card.ask(change.verify_request(change.data(delete_old_profile=delete))))
        with step(f"Expected: the Profile {'gone' if delete else 'there'}"):
            require_installed(card, *(() if delete else (one,)))
    with step("Expected: its delete Notification"):
        events = [each.profile_management_operation for each in card.notifications()]
        wanted = frozenset({NotificationEvent.notificationLocalDelete})
        expect.equal(events, [wanted], "events")


@testcase("procedure.DeviceChange#02")
def test_transfer_by_a_stored_code(card, given, step):
    """The code for the next device is in the metadata, and DeleteProfile does the rest."""
    (one,) = given.profiles(dc.movable(ONE, dc.stored_code(dc.ACTIVATION_CODE, delete=True)))
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list BF20"):
        request = ProfileInfoListRequest(
            search_criteria=SearchCriteria(iccid=one.iccid), tag_list=b"\xbf\x20"
        )
        found = expect.data_object(card.answered(request.encode()).data, 0xBF2D)
        wanted = dc.stored_code(dc.ACTIVATION_CODE, delete=True)
        expect.that(
            holds=wanted in bytes(found.raw), expected="BF20 as sent", actual=bytes(found.raw).hex()
        )
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        require_installed(card)
