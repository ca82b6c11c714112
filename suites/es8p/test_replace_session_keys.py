"""ES8+.ReplaceSessionKeys: the profile elements follow under the keys they were protected with."""

from rspcore.bpp import replace_session_keys
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import tlv_edit
from rspharness.servers import load_result
from rspharness.servers.bound_package import protect_correctly
from rspharness.servers.request_overrides import PackageFields
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial, taken_to

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
COMMAND, ELEMENTS = BppCommandId.replaceSessionKeys, BppCommandId.loadProfileElements
METADATA = BppCommandId.storeMetadata
SECURITY, STRUCTURE = ErrorReason.scp03tSecurityError, ErrorReason.scp03tStructureError

PPK = BspKeys(
    bytes(range(0x10, 0x20)),
    bytes.fromhex("E40FD99462F63029A94E14B4641A989C"),
    bytes.fromhex("246642D4C5234DF337275FF79FD37883"),
)
"""Profile protection keys: initial MAC chaining value, PPK-ENC, PPK-CMAC."""
SOUND = replace_session_keys(PPK)
OTHER_CHAIN = replace_session_keys(BspKeys(bytes(16), PPK.s_enc, PPK.s_mac))
PIECE = 500
"""Plaintext octets of an 86, so that the package has several."""
UNDER_PPK: PackageFields = {"segment_size": PIECE, "replace_keys": PPK}
"""Fields of a package that brings the profile protection keys."""


@testcase("ES8+.ReplaceSessionKeys#01")
def test_elements_under_profile_protection_keys(card, given, server, step):
    """After the step the elements load under the profile protection keys."""
    given.profiles(ONE)
    with step("Initial conditions: StoreMetadata accepted"):
        session, package = taken_to(COMMAND, card, server, TWO, **UNDER_PPK)
    with step("S_LPAd -> eUICC: ReplaceSessionKeys; expected: SW 9000 without PIR"):
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: elements under the new keys; expected: PIR successResult"):
        load_result.installed(session, session.load(package.since(1)))


@testcase("ES8+.ReplaceSessionKeys#02")
def test_elements_under_session_keys(card, given, server, step):
    """Without the step the elements load under the session keys."""
    given.none()
    with step("Initial conditions: StoreMetadata accepted"):
        session, package = taken_to(ELEMENTS, card, server, TWO, segment_size=PIECE)
    with step("S_LPAd -> eUICC: elements under the session keys; expected: PIR successResult"):
        load_result.installed(session, session.load(package))


@testcase("ES8+.ReplaceSessionKeys#03")
def test_chain_and_counter_begin_anew(card, given, server, step):
    """The first element is number 1 and chained to the initial MAC chaining value."""
    given.profiles(ONE)
    with step("Initial conditions: StoreMetadata accepted"):
        session, package = taken_to(COMMAND, card, server, TWO, **UNDER_PPK)
    with step("Initial conditions: ReplaceSessionKeys and the header of A3 accepted"):
        load_result.continued(session.load(package.until(2)))
    with step("S_LPAd -> eUICC: the first 86, counter 1; expected: SW 9000 without PIR"):
        load_result.continued(session.load(package.since(2).until(1)))


@testcase("ES8+.ReplaceSessionKeys#04")
def test_wrong_mac_ends_the_load(card, given, server, step):
    """A wrong C-MAC gives bspSecurityError(8)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, **UNDER_PPK)
    with step("S_LPAd -> eUICC: ReplaceSessionKeys, one bit of the C-MAC turned"):
        loaded = trial.send(trial.under_test.flipped(0))
    with step("Expected: PIR errorResult, replaceSessionKeys(4), bspSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)


def tagged(tag):
    """Returns a protection of ReplaceSessionKeys under another tag, in the way of that tag."""

    def protect(command, number, bsp, plaintext):
        if command is not COMMAND:
            return protect_correctly(command, number, bsp, plaintext)
        if tag == Tag.Protected88:
            return bsp.protect_mac_only(tag, plaintext)
        return bsp.protect(tag, plaintext)

    return protect


@testcase("ES8+.ReplaceSessionKeys#05")
def test_other_tags_in_the_group_end_the_load(card, given, server, step):
    """A TLV 86 or 88 in place of the 87 ends the load, or is refused as it is."""
    given.profiles(ONE)
    for tag in (Tag.Protected86, Tag.Protected88):
        fields = UNDER_PPK | {"protect": tagged(tag)}
        trial = LoadTrial.begin(card, server, step, TWO, COMMAND, **fields)
        with step(f"S_LPAd -> eUICC: ReplaceSessionKeys as TLV {tag:02X}, protected as such"):
            loaded = trial.send()
        with step("Expected: SW 6A80, or PIR errorResult, replaceSessionKeys(4), reason 7 or 8"):
            trial.refused_or_ended(loaded, (0x6A80,), COMMAND, STRUCTURE, SECURITY)


@testcase.each(
    "request_",
    {
        "ES8+.ReplaceSessionKeys#06": tlv_edit.with_value(SOUND, PPK.s_enc[:15], 0x81),
        "ES8+.ReplaceSessionKeys#07": tlv_edit.without(SOUND, 0x82),
        "ES8+.ReplaceSessionKeys#08": tlv_edit.with_value(SOUND, PPK.mac_chaining_value[:8], 0x80),
    },
)
def test_values_of_another_length_end_the_load(card, given, server, step, request_):
    """Keys and chaining value need the length of the session keys, and all of them."""
    given.profiles(ONE)
    fields = UNDER_PPK | {"replace_request": request_}
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, **fields)
    with step("S_LPAd -> eUICC: ReplaceSessionKeys, one value too short or missing"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, replaceSessionKeys(4), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, ErrorReason.incorrectInputValues)


@testcase("ES8+.ReplaceSessionKeys#09")
def test_second_request_is_refused(card, given, server, step, note):
    """A second ReplaceSessionKeys is refused."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, **UNDER_PPK)
    with step("Initial conditions: ReplaceSessionKeys accepted"):
        load_result.continued(trial.send())
    with step("S_LPAd -> eUICC: ReplaceSessionKeys again"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, bspStructureError(7)"):
        trial.refused_or_ended(loaded, load_result.MISPLACED, COMMAND, STRUCTURE)


@testcase("ES8+.ReplaceSessionKeys#10")
def test_keys_are_not_replaced_after_the_first_element(card, given, server, step, note):
    """After the first element segment ReplaceSessionKeys is refused."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, ELEMENTS, segment_size=PIECE)
    with step("Initial conditions: header of A3 and the first 86 accepted"):
        load_result.continued(trial.send(trial.package.until(2)))
        protected = trial.session.package(TWO, replace_keys=PPK)
        late = protected.segments[protected.header_of(COMMAND)].octets
    with step("S_LPAd -> eUICC: A2 segment"):
        loaded = trial.send(trial.package.since(2).inserted(0, late).until(1))
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, bspStructureError(7)"):
        trial.refused_or_ended(loaded, load_result.MISPLACED, ELEMENTS, STRUCTURE)


@testcase.each(
    "fields",
    {
        "ES8+.ReplaceSessionKeys#11": {"replace_request": SOUND},
        "ES8+.ReplaceSessionKeys#12": {"replace_keys": PPK, "replace_request": OTHER_CHAIN},
    },
)
def test_elements_under_other_keys_end_the_load(card, given, server, step, fields):
    """Elements still under the session keys, or chained to another value, give error 8."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, segment_size=PIECE, **fields)
    with step("Initial conditions: ReplaceSessionKeys and the header of A3 accepted"):
        load_result.continued(trial.send(trial.package.until(2)))
    with step("S_LPAd -> eUICC: the first 86, not under the keys delivered"):
        loaded = trial.send(trial.package.since(2).until(1))
    with step("Expected: PIR errorResult, loadProfileElements(5), bspSecurityError(8)"):
        trial.ended(loaded, ELEMENTS, SECURITY)


@testcase("ES8+.ReplaceSessionKeys#13")
def test_keys_before_the_metadata(card, given, server, step, note):
    """A2 before A1, each under the right counter and MAC, is not taken in that order."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: ConfigureISDP accepted"):
        session = server.prepared(card)
        package = session.package(TWO, metadata_pieces=(), **UNDER_PPK)
        load_result.continued(session.load(package.until(package.header_of(METADATA))))
    with step("S_LPAd -> eUICC: A2, protected as the next TLV, in place of A1; then A3 and its 86"):
        loaded = session.load(package.since(package.header_of(COMMAND)))
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, reason 7, or 9000 to each segment"):
        load_result.refused_passed_over_or_ended(
            session, loaded, before, load_result.MISPLACED, COMMAND, STRUCTURE
        )
