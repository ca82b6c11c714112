"""ES10b.RetrieveNotificationsList: what is pending, whole, signed, and kept until removed."""

from dataclasses import replace

from rspcore import tlv
from rspcore.apdu import ResponseApdu
from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid, Version
from rspcore.messages.es10b import (
    GetEuiccInfo2Request,
    RetrieveNotificationsListRequest,
    RetrieveNotificationsListResponse,
    SearchCriteria,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata, ProfileInstallationResult
from rspcore.pki.certificate import Certificate
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.card.signed_content import same_content
from rspharness.servers.card_signatures import verify_notification, verify_pir
from rspharness.servers.rsp_server import profile
from rspharness.suite import store_data_blocks
from rspharness.suite.preconditions import require_no_other_notifications

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
ADDRESS = "testsmdpplus1.example.com"
UNKNOWN_NUMBER = 0x7FFFFF

EMPTY_LIST = bytes.fromhex("BF2B02A000")
NO_RESULT = bytes.fromhex("BF2B03810101")
LAST_WITH_NO_RESULT = Version.from_text("2.5.255")

INSTALL, ENABLE, DISABLE, DELETE = NotificationEvent
PENDING = (INSTALL, INSTALL, ENABLE, DISABLE, DELETE)
"""Events after `given.each_notification()`: the ProfileInstallationResult is listed as install."""


def retrieved(card, criteria=None):
    """Asks for Notifications; returns whole data objects, without those of somebody else."""
    response = card.send(RetrieveNotificationsListRequest(search_criteria=criteria))
    expect.ok(response)
    return own(card, response.notification_list)


def own(card, notifications):
    """Returns the Notifications that are not of a Profile of somebody else."""
    return tuple(one for one in notifications if not card.aboard.mentioned_in(one))


def metadata(octets):
    """Returns NotificationMetadata of a pending Notification, a PIR or any other."""
    path = (Tag.NotificationMetadata,)
    if tlv.parse(octets).tag == Tag.ProfileInstallationResult:
        path = (Tag.ProfileInstallationResultData, Tag.NotificationMetadata)
    return NotificationMetadata.decode(tlv_edit.at(octets, *path))


def others(notifications):
    """Returns the Notifications that are no ProfileInstallationResults."""
    return [one for one in notifications if tlv.parse(one).tag == Tag.Sequence]


def results(notifications):
    """Returns the ProfileInstallationResults."""
    return [one for one in notifications if tlv.parse(one).tag == Tag.ProfileInstallationResult]


@testcase("ES10b.RetrieveNotificationsList#01")
def test_everything_without_criteria(card, given, step):
    """Without criteria every pending Notification is given, the PIR as BF37, the others as 30."""
    one = given.each_notification()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList"):
        found = retrieved(card)
    with step("Expected: one PIR and four other Notifications"):
        iccid = one.metadata.iccid
        expect.notifications(map(metadata, results(found)), (INSTALL, iccid, ADDRESS))
        expected = ((event, iccid, ADDRESS) for event in NotificationEvent)
        expect.notifications(map(metadata, others(found)), *expected)


@testcase("ES10b.RetrieveNotificationsList#02")
def test_number_finds_an_enable_notification(card, given, step):
    """The number of an enable Notification finds that one and no other."""
    one = given.each_notification()
    with step("S_LPAd -> eUICC: ListNotification, RetrieveNotificationsList by number"):
        number = _number_of(card, ENABLE)
        found = retrieved(card, SearchCriteria(seq_number=number))
    with step("Expected: that otherSignedNotification alone"):
        expect.notifications(map(metadata, found), (ENABLE, one.metadata.iccid, ADDRESS))
        expect.equal([metadata(octets).seq_number for octets in found], [number], "seqNumber")
        expect.equal(len(others(found)), 1, "otherSignedNotification")


def _number_of(card, event):
    """Returns the number of the first pending Notification of an event."""
    listed = card.notifications()
    found = [one.seq_number for one in listed if event in one.profile_management_operation]
    expect.that(holds=bool(found), expected=f"{event.name} listed", actual="not listed")
    return found[0]


@testcase("ES10b.RetrieveNotificationsList#03")
def test_number_finds_an_installation_result(card, given, server, step):
    """The number in a PIR finds that BF37, as the card gave it at the end of the load."""
    given.profiles(ONE, notifications=True)
    with step("Initial conditions: a second Profile installed"):
        pir = server.install(card, TWO).pir.encode()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList by the number in the PIR"):
        found = retrieved(card, SearchCriteria(seq_number=metadata(pir).seq_number))
    with step("Expected: that BF37 alone, octet for octet"):
        same_content(found, (pir,), "the PIR")


@testcase.each(
    "asked",
    {
        "ES10b.RetrieveNotificationsList#04": (INSTALL,),
        "ES10b.RetrieveNotificationsList#05": (ENABLE,),
        "ES10b.RetrieveNotificationsList#06": (DISABLE,),
        "ES10b.RetrieveNotificationsList#07": (DELETE,),
        "ES10b.RetrieveNotificationsList#18": (DISABLE, DELETE),
    },
)
def test_event_finds_its_notifications(card, given, step, asked):
    """A filter finds the Notifications of the events whose bits are set, and no others."""
    one = given.each_notification()
    criteria = SearchCriteria(profile_management_operation=frozenset(asked))
    names = ", ".join(event.name for event in asked)
    with step(f"S_LPAd -> eUICC: RetrieveNotificationsList, {names}"):
        found = retrieved(card, criteria)
    with step("Expected: Notifications of these events, and no others"):
        wanted = [event for event in PENDING if event in asked]
        expected = ((event, one.metadata.iccid, ADDRESS) for event in wanted)
        expect.notifications(map(metadata, found), *expected)


def expect_nothing(card, criteria):
    """Requires the answer for nothing found: an empty list, or noResultAvailable(1) up to v2.5."""
    request = RetrieveNotificationsListRequest(search_criteria=criteria).encode()
    response = card.store(request)
    version = card.send(GetEuiccInfo2Request()).svn
    early = version.octets <= LAST_WITH_NO_RESULT.octets
    allowed = (EMPTY_LIST, NO_RESULT) if early else (EMPTY_LIST,)
    expect.one_of(response, [ResponseApdu(one, 0x9000) for one in allowed])


@testcase("ES10b.RetrieveNotificationsList#08")
def test_nothing_pending(card, given, step):
    """Without a pending Notification the list is empty; up to v2.5 also noResultAvailable(1)."""
    require_no_other_notifications(card)
    given.profiles(ONE)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList; expected: nothing"):
        expect_nothing(card, None)


@testcase("ES10b.RetrieveNotificationsList#09")
def test_unknown_number(card, given, step):
    """A number of no Notification finds nothing; up to v2.5 also noResultAvailable(1)."""
    given.each_notification()
    before = card.pending_notifications()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList, unknown number; expected: nothing"):
        expect_nothing(card, SearchCriteria(seq_number=UNKNOWN_NUMBER))
    with step("Expected: the Notifications as before"):
        same_content(card.pending_notifications(), before, "pending Notifications")


@testcase("ES10b.RetrieveNotificationsList#10")
def test_other_notifications_are_signed(card, given, server, step):
    """Each otherSignedNotification is signed over its BF2F; its chain ends in the CI."""
    given.each_notification()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList"):
        found = others(retrieved(card))
    with step("Expected: four; signature over BF2F and chain of each sound"):
        expect.equal(len(found), 4, "otherSignedNotification")
        for octets in found:
            verify_notification(card, server, octets)


@testcase("ES10b.RetrieveNotificationsList#11")
def test_installation_result_is_signed(card, given, server, step):
    """The retrieved PIR is that of the session, signed over its BF27."""
    given.none()
    with step("Initial conditions: a Profile installed"):
        session = server.prepared(card)
        expect.pir_success(session.install(profile(ONE)).pir)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList"):
        found = results(retrieved(card))
        expect.equal(len(found), 1, "PIRs pending")
    with step("Expected: euiccSignPIR verifies over BF27"):
        verify_pir(session, ProfileInstallationResult.decode(found[0]))


@testcase("ES10b.RetrieveNotificationsList#12")
def test_certificates_are_those_of_the_card(card, given, server, step):
    """EuiccCertificate is that of this EID, the next certificate its EUM's, under one CI."""
    given.each_notification()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList, GetEID"):
        found = others(retrieved(card, None))
        eid = card.eid()
    with step("Expected: CERT.EUICC of the EID and CERT.EUM, the chain sound"):
        for octets in found:
            one = verify_notification(card, server, octets)
            euicc = Certificate.from_der(one.euicc_certificate)
            expect.equal(euicc.subject.serial_number, str(eid), "serialNumber of CERT.EUICC")
        expect.that(holds=bool(found), expected="otherSignedNotification", actual="none")


@testcase("ES10b.RetrieveNotificationsList#15")
def test_reading_keeps_the_entries(card, given, step):
    """Retrieving twice gives the same entries, octet for octet, also after a reset."""
    given.each_notification()
    with step("S_LPAd -> eUICC: RetrieveNotificationsList, twice; reset; once more"):
        first = retrieved(card)
        second = retrieved(card)
        card.reset()
        third = retrieved(card)
    with step("Expected: the same five each time"):
        expect.equal(len(first), len(PENDING), "Notifications")
        same_content(second, first, "second answer")
        same_content(third, first, "answer after a reset")


FIVE = tuple(
    replace(
        preset(ONE),
        iccid=Iccid.from_digits(f"892990108888888888{number}"),
        notification_configuration=(),
    )
    for number in range(5)
)


@testcase("ES10b.RetrieveNotificationsList#16")
def test_long_answer_comes_whole(card, given, step):
    """Five PIRs, more than one response holds, come complete over 61XX."""
    given.profiles(*FIVE, notifications=True)
    with step("S_LPAd -> eUICC: each of five PIRs by its number"):
        numbers = [one.seq_number for one in card.notifications()]
        expect.equal(len(numbers), len(FIVE), "pending Notifications")
        single = [
            one for number in numbers for one in retrieved(card, SearchCriteria(seq_number=number))
        ]
    with step("S_LPAd -> eUICC: RetrieveNotificationsList; expected: 61XX"):
        parts = store_data_blocks.answers_in_parts(
            card, store_data_blocks.block(card, RetrieveNotificationsListRequest().encode())
        )
        expect.that(holds=len(parts) > 1, expected="61XX first", actual="one response")
        expect.success(parts[-1])
    with step("Expected: the five PIRs"):
        whole = expect.message(
            RetrieveNotificationsListResponse, b"".join(part.data for part in parts)
        )
        expect.equal(len(single), len(FIVE), "PIRs retrieved by number")
        found = own(card, whole.notification_list)
        same_content(sorted(found), sorted(single), "Notifications")


@testcase("ES10b.RetrieveNotificationsList#17")
def test_notification_is_signed_under_the_ci_of_its_profile(card, given, make_server, note, step):
    """Notifications of a Profile are signed under the CI of its download."""
    given.none()
    servers = [make_server(curve=curve) for curve in (Curve.NIST_P256, Curve.BRAINPOOL_P256R1)]
    with step("Initial conditions: a Profile installed under each CI, each enabled in turn"):
        for server, name in zip(servers, (ONE, TWO), strict=True):
            server.install(card, name)
            given.enable(profile(name).metadata.iccid)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList"):
        found = others(retrieved(card))
    with step("Expected: each Notification under the CI of the download of its Profile"):
        owner = {profile(ONE).metadata.iccid: servers[0], profile(TWO).metadata.iccid: servers[1]}
        for octets in found:
            one = verify_notification(card, servers[0], octets)
            eum = Certificate.from_der(one.eum_certificate)
            about = one.tbs_other_notification
            wanted = owner[about.iccid].ci_pkid
            same = eum.authority_key_identifier == wanted
            note(f"Notification {about.seq_number}: under {'its' if same else 'another'} CI")
            expect.equal(eum.authority_key_identifier, wanted, "CI of the Notification")
