"""Results of RPM packages among the Notifications, and what announces a package."""

from rspcore import tlv
from rspcore.messages.es10b import ListNotificationRequest
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.messages.v3.server_authentication import SmdpSigned2
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import rpm_packages as rpm
from rspharness.servers.card_signatures import verify_preparation
from rspharness.servers.rsp_server import profile

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
EVENT = NotificationEvent


def managed(server, given):
    """Brings the card to two Profiles that this server may manage, the first Enabled."""
    configuration = rpm.rpm_configuration(server.oid)
    made = [rpm.managed(one, configuration) for one in (ONE, TWO)]
    return given.profiles(*made, enabled=made[0], notifications=True)


def asked(card, *events):
    """Returns the events of the Notifications that a filter finds, sorted."""
    request = ListNotificationRequest(profile_management_operation=frozenset(events))
    response = card.send(request)
    expect.ok(response)
    own = [
        one
        for one in response.notification_metadata_list
        if not card.aboard.owns(one.seq_number, one.iccid)
    ]
    return sorted(int(bit) for one in own for bit in one.profile_management_operation)


@testcase("ES10b.ListNotification#11")
def test_filter_of_rpm_events(card, given, server, step):
    """A filter of the events of RPM finds these, and no local ones."""
    _, two = managed(server, given)
    with step("Initial conditions: a package executed that deleted a Profile"):
        rpm.load(server, card, rpm.delete(two.iccid))
    with step("S_LPAd -> eUICC: ListNotification, bits 4 to 7"):
        bits = (
            EVENT.notificationRpmEnable,
            EVENT.notificationRpmDisable,
            EVENT.notificationRpmDelete,
            EVENT.loadRpmPackageResult,
        )
        found = asked(card, *bits)
    with step("Expected: notificationRpmDelete(6) and loadRpmPackageResult(7)"):
        expect.equal(found, [6, 7], "events")


@testcase("ES10b.ListNotification#18")
def test_filter_of_both_kinds(card, given, server, note, step):
    """A filter of a local event and one of RPM finds both, or one kind."""
    _, two = managed(server, given)
    with step("Initial conditions: a package executed that deleted a Profile"):
        rpm.load(server, card, rpm.delete(two.iccid))
    with step("S_LPAd -> eUICC: ListNotification, bits 1 and 6"):
        found = asked(card, EVENT.notificationLocalEnable, EVENT.notificationRpmDelete)
        note(f"events {found}")
    with step("Expected: of both kinds, or of one"):
        expect.that(
            holds=set(found) <= {1, 6} and bool(found), expected="1, 6 or both", actual=repr(found)
        )


@testcase("ES10b.RetrieveNotificationsList#14", "ES10b.RetrieveNotificationsList#19")
def test_result_is_retrieved(card, given, server, note, step):
    """The result stands in the list under A1, data under A0 and signature under 81."""
    one, _ = managed(server, given)
    with step("Initial conditions: a package executed"):
        loaded = rpm.load(server, card, rpm.list_of(one.iccid))
    with step("S_LPAd -> eUICC: RetrieveNotificationsList; expected: A1 with A0 and 81"):
        kept = rpm.verify_kept(card, loaded)
        tags = [f"{each.tag:02X}" for each in tlv.parse(kept).children()]
        expect.equal(tags, ["A0", "81"], "tags inside of A1")
        note(loaded.forms)


@testcase("ES10b.PrepareDownload#12")
def test_pending_package_beside_a_download(card, server, step):
    """The rpmPending of a download changes nothing in PrepareDownload."""
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        signed = SmdpSigned2(
            transaction_id=session.transaction_id, cc_required_flag=False, rpm_pending=True
        )
    with step("S_LPAd -> eUICC: PrepareDownload, rpmPending in smdpSigned2"):
        response = session.prepare(smdp_signed2=signed.encode())
    with step("Expected: downloadResponseOk that verifies"):
        verify_preparation(session, response)
