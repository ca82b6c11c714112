"""ES10b.LoadBoundProfilePackage: segments in their order make a Profile; any others do not."""

from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10c import (
    EnableProfileRequest,
    ProfileIdentifier,
    ProfileInfoListRequest,
    ProfileInfoListResponse,
)
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    ProfileInstallationResult,
)
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.card_signatures import verify_cancellation
from rspharness.servers.rsp_server import profile

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
CHANNEL = BppCommandId.initialiseSecureChannel
ISDP, METADATA = BppCommandId.configureISDP, BppCommandId.storeMetadata
ELEMENTS = BppCommandId.loadProfileElements
STRUCTURE = ErrorReason.scp03tStructureError

PPK = BspKeys(
    bytes(range(0x10, 0x20)),
    bytes.fromhex("E40FD99462F63029A94E14B4641A989C"),
    bytes.fromhex("246642D4C5234DF337275FF79FD37883"),
)
PIECE = 200
"""Plaintext octets of an 86, so that a package has many."""
UNKNOWN_SEGMENT = bytes.fromhex("850100")


def in_progress(card, server, step, what=TWO):
    """Takes a load to where three element segments are accepted; returns session and rest."""
    with step("Initial conditions: PrepareDownload done, three element segments accepted"):
        session = server.prepared(card)
        package = session.package(what, segment_size=PIECE)
        place = package.of(ELEMENTS)[3]
        load_result.continued(session.load(package.until(place)))
        return session, package.since(place)


@testcase.each(
    "on",
    {
        "ES10b.LoadBoundProfilePackage#01": NIST,
        "ES10b.LoadBoundProfilePackage#02": BRP,
        "ES10b.LoadBoundProfilePackage#03": FRP,
    },
)
def test_package_becomes_a_profile(card, given, make_server, step, on):
    """Each segment is accepted without data, the last is answered with the signed PIR."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = make_server(curve=on).prepared(card)
    with step("S_LPAd -> eUICC: a whole package, segment by segment"):
        loaded = session.load(session.package(TWO))
    with step("Expected: SW 9000 each; then PIR successResult, the Profile listed, Disabled"):
        info = load_result.installed(session, loaded)
        expect.equal(info.iccid, TWO.metadata.iccid, "ICCID")


@testcase("ES10b.LoadBoundProfilePackage#04")
def test_each_segment_is_a_chain_of_its_own(card, given, server, step):
    """Every kind of segment is sent as its own chain, whose blocks are numbered from 00."""
    given.profiles(ONE)
    with step("Initial conditions: PrepareDownload done; a package with A2"):
        session = server.prepared(card)
        package = session.package(TWO, replace_keys=PPK, segment_size=PIECE)
        last = len(package) - 1
    with step("S_LPAd -> eUICC: BF36 BF23; A0 87; A1; 88s; A2 87; A3; 86s"):
        for segment in package.until(last).segments:
            octets = segment.octets
            for number, block in enumerate(card.store_data_blocks(octets)):
                expect.equal(block.p2, number, "P2")
                response = card.transmit(block)
                expect.success(response, f"{octets[:2].hex().upper()}.., block {number}")
                expect.equal(response.data, b"", "response data")
    with step("S_LPAd -> eUICC: the last 86; expected: PIR successResult"):
        load_result.installed(session, session.load(package.since(last)))


@testcase("ES10b.LoadBoundProfilePackage#11")
def test_second_download_follows_the_first(card, given, server, step):
    """Right after a download the next one is accepted."""
    given.none()
    with step("Initial conditions: package loaded"):
        server.install(card, ONE)
    with step("S_LPAd -> eUICC: a new session and another package; expected: successResult"):
        session = server.prepared(card)
        load_result.installed(session, session.load(session.package(TWO)))
    with step("Expected: both Profiles listed"):
        wanted = [profile(ONE).metadata.iccid, TWO.metadata.iccid]
        found = sorted(str(one.iccid) for one in card.listed_profiles())
        expect.equal(found, sorted(map(str, wanted)), "ICCIDs listed")


@testcase("ES10b.LoadBoundProfilePackage#12")
def test_package_in_one_chain_is_refused(card, given, server, step, note):
    """The whole package as one command is refused."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        segments = session.package(TWO).segments
    with step("S_LPAd -> eUICC: the whole of BF36 in one chain"):
        response = card.store(b"".join(segment.octets for segment in segments))
        note(f"SW {response.sw:04X}, {len(response.data)} octets of data")
    with step("Expected: SW 6A80 or 6A88"):
        expect.refused(response, 0x6A80, 0x6A88)
        expect.unchanged(before, card.observe())


@testcase("ES10b.LoadBoundProfilePackage#13")
def test_nothing_is_loaded_before_prepare_download(card, given, server, step):
    """Without PrepareDownload the first segment is refused and no PIR is made."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        package = session.package(TWO, otpk_euicc=server.one_time_key().public)
    with step("S_LPAd -> eUICC: the first segment"):
        loaded = session.load(package.until(1))
    with step("Expected: SW 6985 or 6A88, no PIR"):
        load_result.refused(session, loaded, before)


@testcase("ES10b.LoadBoundProfilePackage#14")
def test_package_is_not_loaded_twice(card, given, server, step):
    """Sent again after success the package is refused: one PIR, one Profile."""
    given.profiles(ONE)
    with step("Initial conditions: package loaded"):
        session = server.prepared(card)
        package = session.package(TWO)
        load_result.installed(session, session.load(package))
        before = card.observe()
    with step("S_LPAd -> eUICC: the same package again"):
        loaded = session.load(package)
    with step("Expected: SW 6985 or 6A88, no second PIR, the Profile listed once"):
        expect.equal(len(loaded.responses), 1, "segments answered")
        load_result.refused(session, loaded, before)


@testcase("ES10b.LoadBoundProfilePackage#15")
def test_header_among_elements_is_refused(card, given, server, step):
    """A1 among the profile elements is refused by status word, and the load goes on."""
    given.none()
    session, rest = in_progress(card, server, step)
    with step("S_LPAd -> eUICC: the header A1"):
        package = session.package(TWO)
        header = package.since(package.header_of(METADATA)).until(1)
        loaded = session.load(header)
    with step("Expected: SW 6985 or 6A88, no PIR"):
        expect.refused(loaded.last, *load_result.MISPLACED)
    with step("S_LPAd -> eUICC: the segments that are due; expected: PIR successResult"):
        load_result.installed(session, session.load(rest))


@testcase("ES10b.LoadBoundProfilePackage#16")
def test_wrong_length_of_a0_is_refused(card, given, server, step, note):
    """A container A0 with a wrong length is refused, or gives bspStructureError(7)."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session = server.prepared(card)
        sound = session.package(TWO)
        length = len(sound.segments[sound.header_of(ISDP)].octets) - 2
        package = session.package(TWO, lengths=((Tag.FirstSequenceOf87, length + 1),))
        place = package.header_of(ISDP)
        load_result.continued(session.load(package.until(place)))
    with step("S_LPAd -> eUICC: A0 whose length is larger by 1 than its 87"):
        loaded = session.load(package.since(place).until(1))
        note(load_result.described(loaded))
    with step("Expected: SW 6A80, or PIR errorResult, configureISDP(1), bspStructureError(7)"):
        load_result.refused_or_ended(session, loaded, before, (0x6A80,), ISDP, STRUCTURE)


@testcase("ES10b.LoadBoundProfilePackage#17")
def test_containers_exchanged_are_refused(card, given, server, step, note):
    """A1 before A0 is refused, ends the load, or is passed over."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session = server.prepared(card)
        package = session.package(TWO)
        place, after = package.header_of(ISDP), package.header_of(METADATA)
        load_result.continued(session.load(package.until(place)))
    with step("S_LPAd -> eUICC: A1 and its 88, then A0"):
        a0 = package.segments[place].octets
        metadata = package.since(after).until(package.header_of(ELEMENTS) - after)
        loaded = session.load(metadata.inserted(len(metadata), a0))
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, reason 7, or 9000 to each segment"):
        load_result.refused_passed_over_or_ended(
            session, loaded, before, load_result.MISPLACED, ISDP, STRUCTURE
        )


def with_length_of_a3(session, more):
    """Returns a package whose A3 announces more octets than its segments have, or fewer."""
    sound = session.package(TWO)
    length = sum(len(sound.segments[place].octets) for place in sound.of(ELEMENTS))
    return session.package(TWO, lengths=((Tag.SequenceOf86, length + more),))


@testcase("ES10b.LoadBoundProfilePackage#18")
def test_package_that_is_not_complete_is_abandoned(card, given, server, step, note):
    """When A3 announces more than comes, a new session abandons the load."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: package whose A3 announces 100 octets too many"):
        loaded = session.load(with_length_of_a3(session, 100))
        note(load_result.described(loaded))
        load_result.continued(loaded)
    with step("S_LPAd -> eUICC: GetEUICCChallenge; expected: the Profile not listed"):
        server.open(card)
        expect.unchanged(before, card.observe(), apart_from=("notifications",))
    with step("Expected: errorReason of a stored PIR, if there is one: interruption(11)"):
        results = [ProfileInstallationResult.decode(one) for one in card.pending_notifications()]
        note(f"{len(results)} results stored")
        for result in results:
            expect.pir_error(result, ELEMENTS, ErrorReason.installFailedDueToInterruption)


@testcase("ES10b.LoadBoundProfilePackage#19")
def test_more_than_announced_is_refused(card, given, server, step, note):
    """When A3 announces less than comes, the load is refused or ends with an error."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: package whose A3 announces 1 octet too few"):
        loaded = session.load(with_length_of_a3(session, -1))
        note(load_result.described(loaded))
    with step("Expected: SW 6A80, or PIR errorResult, loadProfileElements(5), 7 or 12"):
        reasons = STRUCTURE, ErrorReason.installFailedDueToPEProcessingError
        load_result.refused_or_ended(session, loaded, before, (0x6A80,), ELEMENTS, *reasons)


@testcase("ES10b.LoadBoundProfilePackage#20")
def test_new_challenge_abandons_the_load(card, given, server, step):
    """GetEUICCChallenge in the middle of a load is answered, and the load is over."""
    given.profiles(ONE)
    before = card.observe()
    session, rest = in_progress(card, server, step)
    with step("S_LPAd -> eUICC: GetEUICCChallenge; expected: a challenge"):
        server.open(card)
    with step("S_LPAd -> eUICC: the next segment; expected: SW 6985 or 6A88"):
        expect.refused(session.load(rest.until(1)).last, *load_result.MISPLACED)
    with step("Expected: the Profile not installed"):
        expect.unchanged(before, card.observe(), apart_from=("notifications",))


@testcase("ES10b.LoadBoundProfilePackage#21")
def test_cancel_session_abandons_the_load(card, given, server, step):
    """CancelSession in the middle of a load is signed, and the Profile is not installed."""
    given.profiles(ONE)
    before = card.observe()
    session, rest = in_progress(card, server, step)
    with step("S_LPAd -> eUICC: CancelSession, loadBppExecutionError(5)"):
        response = session.cancel(CancelSessionReason.loadBppExecutionError)
    with step("Expected: cancelSessionResponseOk with that reason"):
        verify_cancellation(session, response, CancelSessionReason.loadBppExecutionError)
    with step("S_LPAd -> eUICC: the next segment; expected: SW 6985 or 6A88"):
        expect.refused(session.load(rest.until(1)).last, *load_result.MISPLACED)
    with step("Expected: the Profile not installed"):
        expect.unchanged(before, card.observe(), apart_from=("notifications",))


@testcase("ES10b.LoadBoundProfilePackage#22")
def test_reading_does_not_disturb_the_load(card, given, server, step, note):
    """GetProfilesInfo in the middle is answered or refused; the load goes on either way."""
    given.profiles(ONE)
    session, rest = in_progress(card, server, step)
    with step("S_LPAd -> eUICC: GetProfilesInfo; expected: BF2D and SW 9000, or SW 6985"):
        response = card.store(ProfileInfoListRequest().encode())
        note(f"SW {response.sw:04X}, {len(response.data)} octets of data")
        expect.sw(response, StatusWord.OK, StatusWord.CONDITIONS_NOT_SATISFIED)
        answered = response.data[:2] == ProfileInfoListResponse.TAG.to_bytes(2, "big")
        expect.equal(answered, response.sw == StatusWord.OK, "BF2D in the answer")
    with step("S_LPAd -> eUICC: the rest; expected: PIR successResult"):
        load_result.installed(session, session.load(rest))


@testcase("ES10b.LoadBoundProfilePackage#23")
def test_reset_abandons_the_load(card, given, server, step):
    """After a reset in the middle nothing of the Profile is there, and its ICCID is free."""
    given.profiles(ONE)
    before = card.observe()
    in_progress(card, server, step)
    with step("Reset; expected: the Profile not listed"):
        card.reset()
        expect.unchanged(before, card.observe(), apart_from=("notifications",))
    with step("S_LPAd -> eUICC: the Profile again in a new session; expected: successResult"):
        session = server.prepared(card)
        load_result.installed(session, session.load(session.package(TWO)))


@testcase.both_curves
@testcase("ES10b.LoadBoundProfilePackage#25")
def test_package_for_another_key_ends_the_load(card, given, server, step):
    """A package bound to another one-time key gives invalidSignature(2)."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: package bound to another otPK.EUICC"):
        other = server.one_time_key().public
        loaded = session.load(session.package(TWO, otpk_euicc=other))
    with step("Expected: PIR errorResult, initialiseSecureChannel(0), invalidSignature(2)"):
        load_result.ended(session, loaded, before, CHANNEL, ErrorReason.invalidSignature)


@testcase("ES10b.LoadBoundProfilePackage#26")
def test_unknown_segment_is_refused_and_the_load_goes_on(card, given, server, step):
    """An unrecognised tag among the segments gives 6A88 and does not end the session."""
    given.profiles(ONE)
    session, rest = in_progress(card, server, step)
    with step("S_LPAd -> eUICC: segment with tag 85; expected: SW 6A88"):
        expect.refused(card.store(UNKNOWN_SEGMENT), StatusWord.REFERENCED_DATA_NOT_FOUND)
    with step("S_LPAd -> eUICC: the rest; expected: PIR successResult"):
        load_result.installed(session, session.load(rest))


@testcase("ES10b.LoadBoundProfilePackage#31")
def test_switch_during_the_load(card, given, server, step, note):
    """EnableProfile in the middle is refused and the load goes on, or it is carried out."""
    (two,) = given.profiles("PROFILE_OPERATIONAL2")
    session, rest = in_progress(card, server, step, profile(ONE))
    with step("S_LPAd -> eUICC: EnableProfile of another Profile, refreshFlag FALSE"):
        request = EnableProfileRequest(
            profile_identifier=ProfileIdentifier(iccid=two.iccid), refresh_flag=False
        )
        response = card.store(request.encode())
        note(f"EnableProfile: SW {response.sw:04X}, {response.data.hex().upper()}")
    with step("S_LPAd -> eUICC: the next segment"):
        loaded = session.load(rest.until(1))
        note(f"next segment: {load_result.described(loaded)}")
    with step("Expected: SW 6985 and the segment accepted, or ok(0) and any of 9000, 6985, 6A88"):
        refused = response.sw == StatusWord.CONDITIONS_NOT_SATISFIED
        expect.one_of(response.data, (b"", bytes.fromhex("BF3103800100")), "answer")
        expect.equal(response.data == b"", refused, "no answer but a status word")
        allowed = (StatusWord.OK,) if refused else (StatusWord.OK, *load_result.MISPLACED)
        expect.sw(loaded.last, *allowed)
