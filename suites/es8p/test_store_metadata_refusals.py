"""ES8+.StoreMetadata: metadata that do not fit end the load, and leave nothing behind."""

from rspcore import tlv
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.card.free_memory import free_memory
from rspharness.servers import load_result
from rspharness.servers.bound_package import protect_correctly
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial, taken_to

ONE = "PROFILE_OPERATIONAL1"
TWO = profile("PROFILE_OPERATIONAL2")
SOUND = TWO.metadata.encode()
COMMAND = BppCommandId.storeMetadata
WRONG_INPUT = ErrorReason.incorrectInputValues
STRUCTURE, SECURITY = ErrorReason.scp03tStructureError, ErrorReason.scp03tSecurityError


def twice(metadata, tag):
    """Returns metadata that hold a data object twice in a row."""
    one = tlv_edit.at(metadata, tag)
    return tlv_edit.replaced(metadata, one + one, tag)


def set_to(value, *path):
    """Returns sound metadata with another value at a place."""
    return tlv_edit.with_value(SOUND, value, *path)


@testcase.each(
    "metadata",
    {
        "ES8+.StoreMetadata#33": set_to(TWO.metadata.iccid.octets[:9], Tag.Iccid),
        "ES8+.StoreMetadata#34": tlv_edit.without(SOUND, Tag.Iccid),
        "ES8+.StoreMetadata#35": tlv_edit.without(SOUND, Tag.ServiceProviderName),
        "ES8+.StoreMetadata#36": tlv_edit.without(SOUND, Tag.ProfileName),
        "ES8+.StoreMetadata#37": set_to(b"x" * 33, Tag.ServiceProviderName),
        "ES8+.StoreMetadata#38": set_to(b"x" * 65, Tag.ProfileName),
        "ES8+.StoreMetadata#39": set_to(bytes(1025), Tag.Icon),
        "ES8+.StoreMetadata#40": tlv_edit.without(SOUND, Tag.IconType),
        "ES8+.StoreMetadata#50": tlv_edit.retagged(SOUND, Tag.UpdateMetadata),
        "ES8+.StoreMetadata#51": SOUND[:-1],
        "ES8+.StoreMetadata#78": set_to(bytes.fromhex("00E110"), Tag.ProfileOwner, 0x80),
    },
)
def test_metadata_out_of_bounds_end_the_load(card, given, server, step, metadata):
    """Metadata with one object missing, out of its bounds or out of shape end the load."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=metadata)
    with step("S_LPAd -> eUICC: StoreMetadata, one object out of bounds"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, WRONG_INPUT)


@testcase.each(
    "metadata, reasons",
    {
        "ES8+.StoreMetadata#13": (
            set_to(b"\x03", Tag.ProfileClass),
            (ErrorReason.unsupportedProfileClass, WRONG_INPUT),
        ),
        "ES8+.StoreMetadata#45": (twice(SOUND, Tag.ServiceProviderName), (WRONG_INPUT,)),
        "ES8+.StoreMetadata#83": (set_to(b"\x02", Tag.IconType), (WRONG_INPUT,)),
    },
)
def test_undefined_values_end_the_load(card, given, server, step, note, metadata, reasons):
    """An undefined value, or an object twice, ends the load."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=metadata)
    with step("S_LPAd -> eUICC: StoreMetadata, an undefined value or an object twice"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step(f"Expected: PIR errorResult, storeMetadata(2), {expect.names(reasons)}"):
        trial.ended(loaded, COMMAND, *reasons)


@testcase("ES8+.StoreMetadata#41")
def test_icon_type_alone(card, given, server, step, note):
    """An iconType without icon is accepted, or incorrectInputValues(1)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(
        card, server, step, TWO, COMMAND, metadata=tlv_edit.without(SOUND, Tag.Icon)
    )
    with step("S_LPAd -> eUICC: StoreMetadata, iconType without icon"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: SW 9000 without PIR, or PIR errorResult, incorrectInputValues(1)"):
        trial.went_on_or_ended(loaded, COMMAND, WRONG_INPUT)


@testcase("ES8+.StoreMetadata#42")
def test_nickname_in_the_metadata_is_not_kept(card, given, server, step, note):
    """A nickname in the metadata is not kept, or incorrectInputValues(1)."""
    given.profiles(ONE)
    before = card.observe()
    iccid = tlv_edit.at(SOUND, Tag.Iccid)
    nickname = tlv.encode(Tag.ProfileNickname, b"Nick")
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        metadata = tlv_edit.replaced(SOUND, iccid + nickname, Tag.Iccid)
        package = session.package(TWO, metadata=metadata)
    with step("S_LPAd -> eUICC: the package, tag 90 in the metadata"):
        loaded = session.load(package)
        note(load_result.described(loaded))
    with step("Expected: no nickname listed, or PIR errorResult, incorrectInputValues(1)"):
        kept = [one.profile_nickname for one in card.profiles() if one.profile_nickname]
        expect.equal(kept, [], "nicknames listed")
        load_result.installed_or_ended(session, loaded, before, COMMAND, WRONG_INPUT)


@testcase.each(
    "enabled",
    {
        "ES8+.StoreMetadata#29": None,
        "ES8+.StoreMetadata#30": ONE,
    },
)
def test_iccid_in_use_ends_the_load(card, given, server, step, enabled):
    """The ICCID of an installed Profile, Disabled or Enabled, is not used twice."""
    (one,) = given.profiles(ONE, enabled=enabled)
    trial = LoadTrial.begin(card, server, step, one.profile, COMMAND)
    with step("S_LPAd -> eUICC: StoreMetadata, ICCID of an installed Profile"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), ICCID already exists(9)"):
        reason = ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc
        trial.ended(loaded, COMMAND, reason)


@testcase.each("place", {"ES8+.StoreMetadata#46": 0, "ES8+.StoreMetadata#47": 1})
def test_wrong_mac_ends_the_load(card, given, server, step, place):
    """A wrong C-MAC on any segment of the metadata gives bspSecurityError(8)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata_size=len(SOUND) // 3 + 1)
    with step(f"S_LPAd -> eUICC: StoreMetadata in three segments, C-MAC {place + 1} altered"):
        loaded = trial.send(trial.under_test.flipped(trial.under_test.of(COMMAND)[place]))
    with step(f"Expected: segments before it accepted, {place} of them"):
        expect.equal(len(loaded.responses), place + 2, "segments answered, header of A1 included")
    with step("Expected: PIR errorResult, storeMetadata(2), bspSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)


@testcase("ES8+.StoreMetadata#49")
def test_wrong_order_ends_the_load(card, given, server, step):
    """Segments of the metadata in another order give bspSecurityError(8)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata_size=len(SOUND) // 3 + 1)
    with step("S_LPAd -> eUICC: StoreMetadata in three segments, the first two exchanged"):
        first, second, _ = trial.under_test.of(COMMAND)
        loaded = trial.send(trial.under_test.swapped(first, second))
    with step("Expected: PIR errorResult, storeMetadata(2), bspSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)


def encrypted(command, number, bsp, plaintext):
    """Protects metadata as an encrypted TLV 87, all else soundly."""
    if command is COMMAND:
        return bsp.protect(Tag.Protected87, plaintext)
    return protect_correctly(command, number, bsp, plaintext)


def shorter_than_a_mac(command, number, bsp, plaintext):
    """Protects metadata as a TLV 88 of 7 octets, all else soundly."""
    if command is COMMAND:
        return tlv.encode(Tag.Protected88, bytes(7)), bsp
    return protect_correctly(command, number, bsp, plaintext)


@testcase("ES8+.StoreMetadata#48")
def test_encrypted_metadata_are_refused(card, given, server, step, note):
    """Metadata as TLV 87 in place of 88 are refused, or end the load."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, protect=encrypted)
    with step("S_LPAd -> eUICC: StoreMetadata as TLV 87"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: SW 6A88 or 6985, or PIR errorResult, storeMetadata(2), reason 7 or 8"):
        words = load_result.MISPLACED
        trial.refused_or_ended(loaded, words, COMMAND, STRUCTURE, SECURITY)


@testcase("ES8+.StoreMetadata#80")
def test_segment_without_room_for_a_mac_ends_the_load(card, given, server, step):
    """A TLV 88 of fewer than 8 octets ends the load, or is refused as it is."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, protect=shorter_than_a_mac)
    with step("S_LPAd -> eUICC: StoreMetadata, TLV 88 of 7 octets"):
        loaded = trial.send()
    with step("Expected: SW 6A80, or PIR errorResult, storeMetadata(2), reason 7 or 8"):
        trial.refused_or_ended(loaded, (0x6A80,), COMMAND, STRUCTURE, SECURITY)


@testcase("ES8+.StoreMetadata#77")
def test_nothing_is_left_after_an_error(card, given, server, step):
    """After the error the Profiles and the free memory are as before the session."""
    given.profiles(ONE)
    before, memory = card.observe(), free_memory(card)
    metadata = tlv_edit.without(SOUND, Tag.ProfileName)
    with step("Initial conditions: ConfigureISDP accepted"):
        session, package = taken_to(COMMAND, card, server, TWO, metadata=metadata)
        following = package.header_of(BppCommandId.loadProfileElements)
    with step("S_LPAd -> eUICC: StoreMetadata without profileName"):
        loaded = session.load(package.until(following))
    with step("Expected: PIR errorResult, Profiles as before"):
        load_result.ended(session, loaded, before, COMMAND, WRONG_INPUT)
    with step("Expected: free memory as before the session"):
        expect.equal(free_memory(card), memory, "free non-volatile memory")


@testcase("ES8+.StoreMetadata#79")
def test_no_memory_for_the_metadata_ends_the_load(card, given, server, step):
    """With memory for the ISD-P but not for the metadata the load ends with reason 10."""
    given.none()
    given.room_left(isdps=1, octets=len(SOUND) // 2)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND)
    with step("S_LPAd -> eUICC: StoreMetadata"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), insufficient memory(10)"):
        reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        trial.ended(loaded, COMMAND, reason)
