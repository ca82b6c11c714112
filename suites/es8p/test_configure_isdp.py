"""ES8+.ConfigureISDP: the first protected command makes the ISD-P."""

from dataclasses import replace

from rspcore import tlv
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import ECASD_AID, ISDP_PREFIX, ISDR_AID, Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.bound_package import protect_correctly
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial, taken_to

ONE, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL3"
TWO = profile("PROFILE_OPERATIONAL2")
COMMAND = BppCommandId.configureISDP
UNOPENED = (ErrorReason.scp03tStructureError, ErrorReason.scp03tSecurityError)
"""Reasons for a protected data object that cannot be opened; the field has the second alone."""


def protected_by(protect):
    """Returns a protection that calls a function for ConfigureISDP, and is sound for all else."""

    def protecting(command, number, bsp, plaintext):
        if command is COMMAND:
            return protect(bsp, plaintext)
        return protect_correctly(command, number, bsp, plaintext)

    return protecting


def request(*objects):
    """Returns ConfigureISDP with dpProprietaryData of these data objects."""
    return tlv.encode(Tag.ConfigureISDP, tlv.encode(Tag.DpProprietaryData, *objects))


def dp_oid(server):
    """Returns the data object dpOid of a server."""
    return tlv.encode(0x80, server.oid.content)


def of_length(server, length):
    """Returns ConfigureISDP whose dpProprietaryData has this length, tag and length included."""
    oid = dp_oid(server)
    return request(oid, tlv.encode(0x81, bytes(length - 2 - len(oid) - 2)))


def with_other_key(bsp, plaintext):
    """Encrypts with a key that is not S-ENC, and makes a right MAC over it."""
    other = bytes(octet ^ 0xFF for octet in bsp.keys.s_enc)
    wrong = BspKeys(bsp.keys.mac_chaining_value, other, bsp.keys.s_mac)
    return replace(bsp, keys=wrong).protect(Tag.Protected87, plaintext)


def without_padding(bsp, plaintext):
    """Encrypts whole blocks that do not end in padding, under the right keys and MAC."""
    blocks = plaintext.ljust(32, b"\x00")
    sealed, _ = bsp.protect(Tag.Protected87, blocks)
    ciphertext = bytes(tlv.parse(sealed).value[: len(blocks)])
    return bsp.protect_mac_only(Tag.Protected87, ciphertext)


@testcase("ES8+.ConfigureISDP#01")
def test_empty_request_makes_the_isdp(card, given, server, step):
    """An empty ConfigureISDP is accepted; the load ends in an ISD-P with the Profile."""
    given.none()
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session, package = taken_to(COMMAND, card, server, TWO)
    with step("S_LPAd -> eUICC: ConfigureISDP, empty; expected: SW 9000 without PIR"):
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: the rest; expected: PIR successResult, the ISD-P listed"):
        info = load_result.installed(session, session.load(package.since(1)))
        expect.equal(info.iccid, TWO.metadata.iccid, "ICCID in the ISD-P")


@testcase("ES8+.ConfigureISDP#02")
def test_oid_of_the_server_is_kept(card, given, server, step):
    """dpProprietaryData with dpOid alone is returned after the installation."""
    given.profiles(ONE)
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session, package = taken_to(
            COMMAND, card, server, TWO, configure_isdp=request(dp_oid(server))
        )
    with step("S_LPAd -> eUICC: ConfigureISDP with dpOid and the rest; expected: successResult"):
        info = load_result.installed_info(session, session.load(package))
    with step("Expected: tag B8 returned"):
        expected = tlv.encode(Tag.DpProprietaryData, dp_oid(server))
        expect.equal(info.dp_proprietary_data, expected, "dpProprietaryData")


@testcase("ES8+.ConfigureISDP#03")
def test_longest_data_are_kept(card, given, server, step):
    """dpProprietaryData of 128 octets in all is returned unchanged."""
    given.profiles(ONE)
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        sent = of_length(server, 128)
        session, package = taken_to(COMMAND, card, server, TWO, configure_isdp=sent)
    with step("S_LPAd -> eUICC: ConfigureISDP, 128 octets, and the rest; expected: successResult"):
        info = load_result.installed_info(session, session.load(package))
    with step("Expected: tag B8 returned unchanged"):
        expect.equal(info.dp_proprietary_data, bytes(tlv.parse(sent).value), "dpProprietaryData")


@testcase("ES8+.ConfigureISDP#04")
def test_longer_data_end_the_load(card, given, server, step):
    """dpProprietaryData of 129 octets gives incorrectInputValues(1)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, configure_isdp=of_length(server, 129))
    with step("S_LPAd -> eUICC: ConfigureISDP, dpProprietaryData of 129 octets"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, configureISDP(1), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, ErrorReason.incorrectInputValues)


@testcase("ES8+.ConfigureISDP#05")
def test_oid_of_another_server_ends_the_load(card, given, server, server2, step, note):
    """A dpOid of another SM-DP+ gives incorrectInputValues(1)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(
        card, server, step, TWO, COMMAND, configure_isdp=request(dp_oid(server2))
    )
    with step("S_LPAd -> eUICC: ConfigureISDP, dpOid of the second SM-DP+"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, configureISDP(1), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, ErrorReason.incorrectInputValues)


@testcase("ES8+.ConfigureISDP#06")
def test_wrong_mac_ends_the_load(card, given, server, step):
    """A wrong C-MAC gives bspSecurityError(8)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND)
    with step("S_LPAd -> eUICC: ConfigureISDP, one bit of the C-MAC turned"):
        loaded = trial.send(trial.under_test.flipped(0))
    with step("Expected: PIR errorResult, configureISDP(1), bspSecurityError(8)"):
        trial.ended(loaded, COMMAND, ErrorReason.scp03tSecurityError)


@testcase.each(
    "protect",
    {
        "ES8+.ConfigureISDP#07": with_other_key,
        "ES8+.ConfigureISDP#17": without_padding,
    },
)
def test_garbled_content_under_a_right_mac_ends_the_load(card, given, server, step, note, protect):
    """Content without the padding that belongs there gives bspSecurityError(8), MAC or no MAC."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, protect=protected_by(protect))
    with step("S_LPAd -> eUICC: ConfigureISDP, encrypted wrongly, C-MAC right"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, configureISDP(1), bspSecurityError(8)"):
        trial.ended(loaded, COMMAND, ErrorReason.scp03tSecurityError)


@testcase("ES8+.ConfigureISDP#08")
def test_other_tags_in_the_group_end_the_load(card, given, server, step):
    """A TLV 86 or 88 in place of the 87 ends the load, or is refused as it is."""
    given.profiles(ONE)
    wrong = (
        lambda bsp, plaintext: bsp.protect(Tag.Protected86, plaintext),
        lambda bsp, plaintext: bsp.protect_mac_only(Tag.Protected88, plaintext),
    )
    for protect, tag in zip(wrong, ("86", "88"), strict=True):
        trial = LoadTrial.begin(card, server, step, TWO, COMMAND, protect=protected_by(protect))
        with step(f"S_LPAd -> eUICC: ConfigureISDP as TLV {tag}, protected as such"):
            loaded = trial.send()
        with step("Expected: SW 6A80, or PIR errorResult, configureISDP(1), reason 7 or 8"):
            trial.refused_or_ended(loaded, (0x6A80,), COMMAND, *UNOPENED)


@testcase("ES8+.ConfigureISDP#09")
def test_other_command_in_the_group_ends_the_load(card, given, server, step, note):
    """Decrypted content that is no BF24 gives incorrectInputValues(1)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(
        card, server, step, TWO, COMMAND, configure_isdp=bytes.fromhex("BF2A00")
    )
    with step("S_LPAd -> eUICC: A0 segment with BF2A in place of BF24"):
        loaded = trial.send()
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, configureISDP(1), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, ErrorReason.incorrectInputValues)


@testcase("ES8+.ConfigureISDP#10")
def test_second_request_is_refused(card, given, server, step, note):
    """A second ConfigureISDP is refused."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: ConfigureISDP accepted"):
        session, package = taken_to(COMMAND, card, server, TWO)
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: ConfigureISDP again"):
        loaded = session.load(package.until(1))
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, bspStructureError(7)"):
        reason = ErrorReason.scp03tStructureError
        load_result.refused_or_ended(
            session, loaded, before, load_result.MISPLACED, COMMAND, reason
        )


@testcase("ES8+.ConfigureISDP#11")
def test_metadata_do_not_come_first(card, given, server, step, note):
    """StoreMetadata without ConfigureISDP before it is refused."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: InitialiseSecureChannel accepted"):
        session = server.prepared(card)
        package = session.package(TWO, configure_isdp=None)
        load_result.continued(session.load(package.until(1)))
    with step("S_LPAd -> eUICC: header of A1"):
        loaded = session.load(package.since(1).until(1))
        note(load_result.described(loaded))
    with step("Expected: SW 6985 or 6A88, or PIR errorResult, bspStructureError(7)"):
        reason = ErrorReason.scp03tStructureError
        load_result.refused_or_ended(
            session, loaded, before, load_result.MISPLACED, COMMAND, reason
        )


@testcase("ES8+.ConfigureISDP#12")
def test_no_memory_for_the_isdp_ends_the_load(card, given, server, step):
    """Without memory for an ISD-P the load ends with reason 10."""
    given.none()
    given.room_left(isdps=0.5)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND)
    with step("S_LPAd -> eUICC: ConfigureISDP"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, configureISDP(1), insufficient memory(10)"):
        reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        trial.ended(loaded, COMMAND, reason)


def require_isdp_aid(aid, *others):
    """Requires an AID of the range of ISD-Ps, and none of the others."""
    octets = aid.octets
    number = int.from_bytes(octets[13:15], "big")
    in_range = (
        len(octets) == 16 and octets[:13] == ISDP_PREFIX and number >= 0x0010 and octets[15] == 0
    )
    expect.that(holds=in_range, expected=f"{ISDP_PREFIX.hex()} xxxx 00", actual=octets.hex())
    taken = (ISDR_AID, ECASD_AID, *others)
    expect.that(
        holds=aid not in taken,
        expected="an AID of its own",
        actual=f"{octets.hex()} twice",
    )


@testcase("ES8+.ConfigureISDP#13")
def test_isdp_has_an_aid_of_its_own(card, given, server, step):
    """The new ISD-P has an AID of the range, different from every other."""
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: a whole package; expected: PIR successResult"):
        session = server.prepared(card)
        info = load_result.installed(session, session.load(session.package(TWO)))
    with step("Expected: AID A0000005591010FFFFFFFF8900 xxxx 00, xxxx from 0010"):
        require_isdp_aid(info.isdp_aid, one.aid)


@testcase("ES8+.ConfigureISDP#14")
def test_aid_after_a_deletion_is_not_in_use(card, given, server, step):
    """After a deletion the new ISD-P has an AID of the range that is not in use."""
    one, three = given.profiles(ONE, THREE)
    with step("Initial conditions: the first Profile deleted"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
    with step("S_LPAd -> eUICC: a whole package; expected: PIR successResult"):
        session = server.prepared(card)
        info = load_result.installed(session, session.load(session.package(TWO)))
    with step("Expected: an AID of the range, other than that of the Profile left"):
        require_isdp_aid(info.isdp_aid, three.aid)


@testcase.each(
    "body",
    {
        "ES8+.ConfigureISDP#15": bytes(15),
        "ES8+.ConfigureISDP#16": b"",
    },
)
def test_body_of_no_whole_blocks_ends_the_load(card, given, server, step, body):
    """An encrypted body that is empty or of no whole blocks ends the load, or is refused."""
    given.profiles(ONE)
    protect = protected_by(lambda bsp, _: bsp.protect_mac_only(Tag.Protected87, body))
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, protect=protect)
    with step(f"S_LPAd -> eUICC: ConfigureISDP, body of {len(body)} octets, C-MAC right"):
        loaded = trial.send()
    with step("Expected: SW 6A80, or PIR errorResult, configureISDP(1), reason 7 or 8"):
        trial.refused_or_ended(loaded, (0x6A80,), COMMAND, *UNOPENED)
