"""Power loss while a Profile is downloaded: all of it is there afterwards, or nothing."""

from rspcore.apdu import ResponseApdu
from rspcore.messages.es10b import DownloadErrorCode
from rspcore.messages.es10c import ProfileState
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    ProfileInstallationResult,
)
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.free_memory import free_memory
from rspharness.servers.load_result import continued, installed
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"


def results(card):
    """Returns the ProfileInstallationResults pending."""
    tag = int(Tag.ProfileInstallationResult).to_bytes(2, "big")
    pending = [one for one in card.pending_notifications() if one.startswith(tag)]
    return [ProfileInstallationResult.decode(one) for one in pending]


def undisturbed(card, given, other):
    """Requires the Profile beside to be Disabled, and usable when it is enabled."""
    states = {one.iccid: one.profile_state for one in card.listed_profiles()}
    expect.equal(states.get(other.iccid), ProfileState.disabled, "state of the Profile beside")
    given.enable(other.iccid)
    expect.equal(card.enabled(), (other.iccid,), "Profiles Enabled")
    expect.equal(file_access.ef_iccid(card), other.iccid, "EF.ICCID of the Profile beside")


def no_session(card, session, package, *places):
    """Requires the card to know nothing of a session from before the cut.

    PrepareDownload finds none, and the segments at these places are not taken.
    """
    for place in places:
        answer = ResponseApdu(*card.load_segment(package.segments[place].octets))
        expect.refused(answer, about=f"segment {place} of the session before")
    expect.error(card.ask(session.prepare_request()), DownloadErrorCode.noSessionContext)


@testcase("procedure.PowerLoss#01")
def test_after_prepare_download(card, given, server, step):
    """A session is over after a loss of power."""
    (two,) = given.profiles(TWO)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        package = session.package(profile(ONE))
    with step("Power off, power on"):
        card.power_cycle()
    with step("S_LPAd -> eUICC: first segment, PrepareDownload; expected: refused, noSession(4)"):
        no_session(card, session, package, 0)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
    with step("Expected: the Profile beside unchanged and usable"):
        undisturbed(card, given, two)


@testcase.each(
    "command",
    {
        "procedure.PowerLoss#02": BppCommandId.initialiseSecureChannel,
        "procedure.PowerLoss#03": BppCommandId.storeMetadata,
        "procedure.PowerLoss#04": BppCommandId.loadProfileElements,
    },
)
def test_during_the_load(card, given, server, step, command):
    """A load that is cut leaves nothing: no session, no Profile, no memory taken."""
    for whole in (False, True):
        (two,) = given.profiles(TWO)
        before, room = card.observe(), free_memory(card)
        with step("Initial conditions: package loaded as far as the command"):
            session = server.prepared(card)
            package = session.package(profile(ONE))
            places = package.of(command)
            place = places[(len(places) - 1) // 2]
            continued(session.load(package.until(place)))
            blocks = card.store_data_blocks(package.segments[place].octets)
        cut = len(blocks) if whole else 1
        title = f"S_LPAd -> eUICC: {command.name}; power off after {cut} STORE DATA"
        with step(title), card.power_lost_after(cut):
            session.load(package.since(place))
        with step("Expected: no session, the Profile not listed, free memory as before"):
            no_session(card, session, package, place, place + 1, 0)
            expect.unchanged(before, card.observe(), apart_from=("notifications",))
            expect.equal(free_memory(card), room, "free non-volatile memory, octets")
        with step("Expected: a stored PIR, if any, names the interruption(11)"):
            reasons = [one.data.final_result.error_result for one in results(card)]
            reported = [reason and reason.error_reason for reason in reasons]
            expect.one_of(reported, ([], [ErrorReason.installFailedDueToInterruption]), "PIRs")
        with step("S_SM-DP+ -> eUICC: the same Profile; expected: PIR successResult"):
            again = server.prepared(card)
            installed(again, again.install(profile(ONE)))
        with step("Expected: the Profile beside unchanged and usable"):
            undisturbed(card, given, two)


@testcase("procedure.PowerLoss#05")
def test_after_the_last_segment(card, given, note, server, step):
    """With the last segment the Profile is listed and its PIR stored, or neither is there."""
    iccid = profile(ONE).metadata.iccid
    for missing in (1, 0):
        (two,) = given.profiles(TWO)
        with step("Initial conditions: package loaded but for its last segment"):
            session = server.prepared(card)
            package = session.package(profile(ONE))
            last = len(package) - 1
            continued(session.load(package.until(last)))
            blocks = len(card.store_data_blocks(package.segments[last].octets))
        with step(f"S_LPAd -> eUICC: last segment; power off, {missing} of its commands missing"):
            with card.power_lost_after(max(blocks - missing, 1)):
                session.load(package.since(last))
            listed = iccid in [one.iccid for one in card.listed_profiles()]
            good = [one for one in results(card) if one.data.final_result.success_result]
            note(f"{missing} commands missing: Profile {'' if listed else 'not '}listed")
        with step("Expected: Profile listed and success PIR stored, or neither"):
            installed = [one.data.notification_metadata.iccid for one in good]
            expect.equal(installed, [iccid] * listed, "ICCIDs of success PIRs")
        with step("Expected: the Profile beside unchanged and usable"):
            undisturbed(card, given, two)
