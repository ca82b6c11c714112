"""ES8+.LoadProfileElements: package and metadata are about the same Profile, and it may be here."""

from dataclasses import replace

from rspcore.ids import Iccid, MccMnc
from rspcore.messages.es10b import DownloadErrorCode
from rspcore.messages.metadata import OperatorId, PprId, ProfileClass
from rspcore.messages.notifications import BppCommandId, ErrorReason, ProfileInstallationResult
from rspcore.profile_maker import preset
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial

ONE, TWO = "PROFILE_OPERATIONAL1", preset("PROFILE_OPERATIONAL2")
COMMAND = BppCommandId.loadProfileElements
MISMATCH = ErrorReason.installFailedDueToDataMismatch
OPERATOR = MccMnc.from_digits("001", "01")
WITH_GIDS = replace(TWO, gid1=b"\xa1\xa2", gid2=b"\xb1")
WITHOUT_IMSI = replace(TWO, imsi=None)


def owned(gid1=None, gid2=None, operator=OPERATOR):
    """Returns the change of metadata to an owner."""
    owner = OperatorId(mcc_mnc=operator, gid1=gid1, gid2=gid2)
    return lambda metadata: replace(metadata, profile_owner=owner)


def other_iccid(metadata):
    """Returns metadata with another ICCID than the package."""
    return replace(metadata, iccid=Iccid.from_digits("8929901077777777776"))


def with_ppr2(metadata):
    """Returns metadata with PPR2, and the owner the RAT is asked about."""
    return replace(owned()(metadata), profile_policy_rules=frozenset({PprId.ppr2}))


def refused_as_mismatch(card, server, step, parameters, altered):
    """Loads a package under other metadata and requires installFailedDueToDataMismatch."""
    one = profile(parameters)
    trial = LoadTrial.begin(card, server, step, one, metadata=altered(one.metadata))
    with step("S_LPAd -> eUICC: the package under metadata that do not fit it"):
        loaded = trial.send(trial.package)
    with step("Expected: PIR errorResult, installFailedDueToDataMismatch(13)"):
        trial.ended(loaded, COMMAND, MISMATCH)


@testcase.each(
    "parameters, altered",
    {
        "ES8+.LoadProfileElements#34": (TWO, other_iccid),
        "ES8+.LoadProfileElements#35": (TWO, owned(operator=MccMnc.from_digits("001", "02"))),
        "ES8+.LoadProfileElements#36": (WITH_GIDS, owned(b"\xa1\xa3", b"\xb1")),
        "ES8+.LoadProfileElements#37": (WITH_GIDS, owned(b"\xa1\xa2", b"\xb2")),
        "ES8+.LoadProfileElements#38": (TWO, owned(b"\xa1\xa2")),
    },
)
def test_package_of_another_profile_is_refused(card, given, server, step, parameters, altered):
    """An ICCID, operator or group that the package contradicts ends the load."""
    given.profiles(ONE)
    refused_as_mismatch(card, server, step, parameters, altered)


@testcase.each(
    "parameters, altered",
    {
        "ES8+.LoadProfileElements#56": (WITHOUT_IMSI, with_ppr2),
        "ES8+.LoadProfileElements#57": (WITHOUT_IMSI, owned()),
        "ES8+.LoadProfileElements#58": (WITH_GIDS, owned(gid2=b"\xb1")),
    },
)
def test_metadata_without_matching_files(card, given, server, step, parameters, altered):
    """Rules or an owner without EF.IMSI, an owner that leaves EF.GID1 out; noted as a probe."""
    given.profiles(ONE)
    refused_as_mismatch(card, server, step, parameters, altered)


@testcase("ES8+.LoadProfileElements#39")
def test_test_profile_with_another_key_is_refused(card, given, server, step):
    """A test Profile may have no key that could reach a live network."""
    given.profiles(ONE)
    one = profile(replace(TWO, profile_class=ProfileClass.test))
    trial = LoadTrial.begin(card, server, step, one)
    with step("S_LPAd -> eUICC: the package, Milenage with a key of its own, profileClass test"):
        loaded = trial.send(trial.package)
    with step("Expected: PIR errorResult, testProfileInstallFailedDueToInvalidNaaKey(14)"):
        reason = ErrorReason.testProfileInstallFailedDueToInvalidNaaKey
        trial.ended(loaded, COMMAND, reason)


@testcase("ES8+.LoadProfileElements#41")
def test_package_that_does_not_fit_the_memory(card, given, server, step):
    """Memory that runs out during the load ends it, and nothing stays."""
    given.none()
    given.room_left(isdps=1, octets=3000)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done, room for an ISD-P and 3,000 octets"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: a package of 60,000 octets"):
        loaded = session.install(profile(replace(TWO, size=60_000)))
    with step("Expected: PIR errorResult, installFailedDueToInsufficientMemoryForProfile(10)"):
        reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        load_result.ended(session, loaded, before, COMMAND, reason)


def results(card):
    """Returns the ProfileInstallationResults that are pending."""
    pending = card.pending_notifications()
    tag = Tag.ProfileInstallationResult.to_bytes(2, "big")
    return [ProfileInstallationResult.decode(one) for one in pending if one[:2] == tag]


@testcase("ES8+.LoadProfileElements#42")
def test_reset_in_the_middle_of_the_load(card, given, server, step):
    """A reset ends session and load; what is stored of it, if anything, names the interruption."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: three segments of the package accepted"):
        session = server.prepared(card)
        package = session.package(profile(TWO), segment_size=200)
        load_result.continued(session.load(package.until(package.of(COMMAND)[3])))
    with step("Reset"):
        card.reset()
    with step("Expected: PrepareDownload refused, noSession(4)"):
        expect.error(session.prepare(), DownloadErrorCode.noSessionContext)
    with step("Expected: the Profile not listed; a stored PIR, if any, with reason 11"):
        for pir in results(card):
            reason = ErrorReason.installFailedDueToInterruption
            expect.pir_error(pir, COMMAND, reason)
        expect.unchanged(before, card.observe(), apart_from=("notifications",))


@testcase("ES8+.LoadProfileElements#43")
def test_power_lost_after_the_last_segment(card, given, server, step, note):
    """Profile and success PIR are both there afterwards, or neither is."""
    given.none()
    with step("Initial conditions: all segments but the last accepted"):
        session = server.prepared(card)
        package = session.package(profile(TWO))
        last = package.of(COMMAND)[-1]
        load_result.continued(session.load(package.until(last)))
    with step("S_LPAd -> eUICC: the last segment; power lost before its answer is read"):
        blocks = card.store_data_blocks(package.segments[last].octets)
        with card.power_lost_after(len(blocks)):
            session.load(package.since(last))
    with step("Expected: the Profile listed and a success PIR stored, or neither"):
        listed = len(card.listed_profiles())
        successes = sum(one.data.final_result.success_result is not None for one in results(card))
        note(f"{listed} Profiles and {successes} success PIRs after the loss of power")
        expect.one_of((listed, successes), ((1, 1), (0, 0)), "Profiles and success PIRs")
