"""ES10b.LoadBoundProfilePackage: the signed result is kept and ends the session."""

from rspcore import tlv
from rspcore.messages.es10b import (
    CancelSessionResponseError,
    DownloadErrorCode,
    NotificationSentRequest,
)
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.signed_content import content, same_content
from rspharness.servers import load_result
from rspharness.servers.card_signatures import verify_pir
from rspharness.servers.rsp_server import profile

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
SECURITY = ErrorReason.scp03tSecurityError


def installed(card, server, step, what=TWO):
    """Loads a whole package, as the step under test; returns the session and the answers."""
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: a whole package; expected: PIR successResult"):
        loaded = session.load(session.package(profile(what)))
        load_result.installed(session, loaded)
        return session, loaded


def ended(card, server, step):
    """Makes a load end with an error PIR; returns the session and the answers."""
    with step("Initial conditions: load ended by a wrong C-MAC in StoreMetadata"):
        session = server.prepared(card)
        package = session.package(TWO)
        loaded = session.load(package.flipped(package.of(BppCommandId.storeMetadata)[0]))
        expect.pir_error(loaded.pir, BppCommandId.storeMetadata, SECURITY)
        return session, loaded


def about(loaded):
    """Returns the notificationMetadata of the result."""
    return loaded.pir.data.notification_metadata


def require_over(session, step):
    """Requires the session to be over."""
    with step("S_LPAd -> eUICC: PrepareDownload; expected: noSessionContext(4)"):
        expect.error(session.prepare(), DownloadErrorCode.noSessionContext)
    with step("S_LPAd -> eUICC: CancelSession; expected: invalidTransactionId(5)"):
        expect.error(session.cancel(), CancelSessionResponseError.invalidTransactionId)


@testcase("ES10b.LoadBoundProfilePackage#05")
def test_result_names_profile_and_server(card, given, server, step):
    """notificationMetadata: a new number, the install event, the ICCID, the session's server."""
    given.profiles(ONE, notifications=True)
    earlier = max(one.seq_number for one in card.notifications())
    session, loaded = installed(card, server, step)
    with step("Expected: larger seqNumber, install alone, ICCID, serverAddress"):
        entry = about(loaded)
        larger = entry.seq_number > earlier
        expect.that(holds=larger, expected=f"above {earlier}", actual=str(entry.seq_number))
        install = frozenset({NotificationEvent.notificationInstall})
        expect.equal(entry.profile_management_operation, install, "events")
        expect.equal(entry.iccid, TWO.metadata.iccid, "ICCID")
        expect.equal(entry.notification_address, session.server_address, "notificationAddress")


@testcase("ES10b.LoadBoundProfilePackage#06")
def test_result_names_server_and_session(card, given, server, step):
    """smdpOid is the OID of CERT.DPpb, transactionId that of the session."""
    given.profiles(ONE)
    session, loaded = installed(card, server, step)
    with step("Expected: OID of CERT.DPpb and the TransactionID"):
        expect.equal(loaded.pir.data.smdp_oid, server.pb.certificate.registered_id, "smdpOid")
        expect.equal(loaded.pir.data.transaction_id, session.transaction_id, "transactionId")


@testcase("ES10b.LoadBoundProfilePackage#07")
def test_result_is_kept_until_removed(card, given, server, step):
    """RetrieveNotificationsList gives the same PIR, until it is removed."""
    given.profiles(ONE)
    session, loaded = installed(card, server, step)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList, twice; expected: the same PIR"):
        for _ in range(2):
            load_result.kept(session, loaded)
    with step("S_LPAd -> eUICC: NotificationSent; expected: the PIR gone"):
        expect.ok(card.send(NotificationSentRequest(seq_number=about(loaded).seq_number)))
        left = map(content, card.pending_notifications())
        found = content(loaded.last.data) in left
        expect.that(holds=not found, expected="no PIR", actual="still there")


@testcase("ES10b.LoadBoundProfilePackage#08")
def test_result_is_kept_over_a_reset(card, given, server, step):
    """After a reset the same PIR is given."""
    given.profiles(ONE)
    session, loaded = installed(card, server, step)
    with step("Reset, RetrieveNotificationsList; expected: the same PIR"):
        card.reset()
        load_result.kept(session, loaded)


@testcase("ES10b.LoadBoundProfilePackage#09")
def test_each_failure_gives_one_signed_result(card, given, server, step):
    """Whatever command fails: one signed PIR, one new entry in the list, with one number."""
    given.profiles(ONE)
    for command, reason in (
        (BppCommandId.initialiseSecureChannel, ErrorReason.invalidSignature),
        (BppCommandId.configureISDP, SECURITY),
        (BppCommandId.storeMetadata, SECURITY),
        (BppCommandId.loadProfileElements, SECURITY),
    ):
        before = card.observe()
        with step("Initial conditions: PrepareDownload done"):
            session = server.prepared(card)
            package = session.package(TWO)
        with step(f"S_LPAd -> eUICC: a package, signature or C-MAC of {command.name} altered"):
            loaded = session.load(package.flipped(package.of(command)[0]))
        with step(f"Expected: one signed PIR errorResult, {expect.names((command, reason))}"):
            load_result.ended(session, loaded, before, command, reason)


@testcase("ES10b.LoadBoundProfilePackage#10")
def test_two_results_are_kept(card, given, server, step, note):
    """After two downloads both PIRs are in the list, with different numbers."""
    given.none()
    _, first = installed(card, server, step, ONE)
    _, second = installed(card, server, step, TWO)
    with step("S_LPAd -> eUICC: RetrieveNotificationsList; expected: both, numbers differ"):
        kept = [content(one) for one in card.pending_notifications()]
        results = [one for one in (first, second) if content(one.last.data) in kept]
        note(f"{len(results)} of 2 results kept")
        expect.equal(len(results), 2, "results kept")
        differ = about(first).seq_number != about(second).seq_number
        expect.that(holds=differ, expected="two numbers", actual=str(about(first).seq_number))


@testcase("ES10b.LoadBoundProfilePackage#24")
def test_removed_notifications_leave_their_numbers(card, given, server, step):
    """With an empty list the number of the PIR is still larger than all before."""
    given.profiles(ONE, notifications=True)
    earlier = max(one.seq_number for one in card.notifications())
    given.no_notifications()
    _, loaded = installed(card, server, step)
    with step("Expected: seqNumber larger than all before"):
        number = about(loaded).seq_number
        expect.that(holds=number > earlier, expected=f"above {earlier}", actual=str(number))


@testcase("ES10b.LoadBoundProfilePackage#27")
def test_session_is_over_after_success(card, given, server, step):
    """After the success PIR nothing of the session is left."""
    given.profiles(ONE)
    session, _ = installed(card, server, step)
    require_over(session, step)


@testcase("ES10b.LoadBoundProfilePackage#28")
def test_session_is_over_after_an_error(card, given, server, step):
    """After an error PIR nothing of the session is left."""
    given.profiles(ONE)
    session, _ = ended(card, server, step)
    require_over(session, step)


@testcase("ES10b.LoadBoundProfilePackage#29")
def test_error_result_is_kept_over_a_reset(card, given, server, step):
    """After a reset the same error PIR is given, and nothing else."""
    given.profiles(ONE)
    session, loaded = ended(card, server, step)
    with step("Reset, RetrieveNotificationsList; expected: the same PIR"):
        card.reset()
        load_result.kept(session, loaded)
        same_content(card.pending_notifications(), (loaded.last.data,), "Notifications")
        verify_pir(session, loaded.pir)


@testcase("ES10b.LoadBoundProfilePackage#30")
def test_result_is_data_and_signature(card, given, server, step):
    """BF37 holds BF27 and 5F37, and nothing else."""
    given.profiles(ONE)
    _, loaded = installed(card, server, step)
    with step("Expected: BF27, and 5F37 of 64 octets"):
        parts = tlv.parse(loaded.last.data).children()
        tags = [one.tag for one in parts]
        wanted = [Tag.ProfileInstallationResultData, Tag.Signature]
        expect.equal(tags, wanted, "data objects in BF37")
        expect.equal(len(parts[1].value), 64, "octets of euiccSignPIR")
