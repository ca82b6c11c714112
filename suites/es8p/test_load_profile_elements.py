"""ES8+.LoadProfileElements: a whole package, cut and protected in every sound way, is installed."""

from dataclasses import replace
from pathlib import Path

from rspcore.crypto.aka.algorithm import xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.crypto.aka.tuak import Tuak
from rspcore.crypto.bsp import MAX_TLV
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspcore.profile_reader import split
from rspcore.profile_reader.network_access import AlgorithmId
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.free_memory import free_memory
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access
from rspharness.suite.ts48_profiles import generic_test_profile

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
COMMAND = BppCommandId.loadProfileElements
KEYS = BspKeys(
    mac_chaining_value=bytes(16),
    s_enc=bytes.fromhex("E40FD99462F63029A94E14B4641A989C"),
    s_mac=bytes.fromhex("246642D4C5234DF337275FF79FD37883"),
)
RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
SQN, AMF = bytes.fromhex("000000000021"), bytes.fromhex("8000")
PACKAGES = Path(__file__).parents[3] / "shared" / "data" / "ts48"
TUAK = replace(preset(ONE), algorithm=AlgorithmId.tuak, opc=bytes(range(32)))
TEST_ALGORITHM = replace(preset("PROFILE_TEST1"), algorithm=AlgorithmId.usim_test)


def whole_elements(upp, most=1000):
    """Returns a package cut between elements, with as many in a piece as fit."""
    pieces = [b""]
    for one in split(upp):
        if pieces[-1] and len(pieces[-1]) + len(one.raw) > most:
            pieces.append(b"")
        pieces[-1] += one.raw
    return tuple(pieces)


@testcase.each(
    "on, fields",
    {
        "ES8+.LoadProfileElements#01": (NIST, {}),
        "ES8+.LoadProfileElements#02": (NIST, {"replace_keys": KEYS}),
        "ES8+.LoadProfileElements#03": (BRP, {}),
        "ES8+.LoadProfileElements#04": (BRP, {"replace_keys": KEYS}),
        "ES8+.LoadProfileElements#05": (FRP, {}),
        "ES8+.LoadProfileElements#06": (FRP, {"replace_keys": KEYS}),
    },
)
def test_package_is_installed_on_each_curve(card, given, make_server, step, on, fields):
    """A whole package under session keys or profile protection keys gives a PIR successResult."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = make_server(curve=on).prepared(card)
    with step(f"S_LPAd -> eUICC: the whole package {', '.join(fields)}"):
        loaded = session.install(profile(ONE), **fields)
    with step("Expected: PIR successResult, ok(0), signed by the eUICC; the Profile listed"):
        load_result.installed(session, loaded)


@testcase("ES8+.LoadProfileElements#07")
def test_element_may_span_segments(card, given, server, step):
    """Segments of 48 octets cut through every longer element."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the package in segments of 48 octets"):
        loaded = session.install(profile(ONE), segment_size=48)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase("ES8+.LoadProfileElements#59")
def test_more_than_255_protected_segments(card, given, server, step):
    """The counter of protected objects goes on beyond 255, where segments are that many."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        package = session.package(profile(ONE), segment_size=4)
        count = len(package.of(COMMAND))
        expect.that(holds=count > 256, expected="more than 256 segments", actual=str(count))
    with step("S_LPAd -> eUICC: the package in segments of 4 octets"):
        loaded = session.load(package)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase("ES8+.LoadProfileElements#08")
def test_segment_may_hold_several_elements(card, given, server, step):
    """Segments cut between elements, several elements in each."""
    given.none()
    one = profile(ONE)
    pieces = whole_elements(one.upp)
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        expect.that(
            holds=len(split(pieces[0])) > 1, expected="several elements", actual="one element"
        )
    with step("S_LPAd -> eUICC: the package, several elements in a segment"):
        loaded = session.install(one, profile_pieces=pieces)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase("ES8+.LoadProfileElements#09")
def test_segments_of_the_largest_size(card, given, server, step):
    """Data objects 86 of 1020 octets, the longest there may be."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        package = session.package(profile(replace(preset(ONE), size=4000)))
        longest = max(len(package.segments[place].octets) for place in package.of(COMMAND))
        expect.equal(longest, MAX_TLV, "octets of the longest segment")
    with step("S_LPAd -> eUICC: the package in segments of 1020 octets"):
        loaded = session.load(package)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase("ES8+.LoadProfileElements#10")
def test_profile_is_disabled_and_out_of_reach(card, given, server, step):
    """A loaded Profile is listed as Disabled, and none of its files can be reached."""
    given.none()
    given.none_enabled()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the whole package"):
        loaded = session.install(profile(ONE))
    with step("Expected: listed, profileState disabled(0)"):
        load_result.installed(session, loaded)
    with step("Terminal -> eUICC: reset, SELECT USIM, EF.ICCID; expected: not there"):
        card.reset()
        expect.refused(file_access.select_application(card), about="SELECT USIM")
        expect.equal(file_access.ef_iccid(card), None, "EF.ICCID")


@testcase("ES8+.LoadProfileElements#11")
def test_enabled_profile_is_not_disturbed(card, given, server, step):
    """The Profile that is Enabled stays so, with its files, while another one is loaded."""
    (two,) = given.profiles(TWO, enabled=TWO)
    with step("Initial conditions: PrepareDownload done, EF.PL selected on the basic channel"):
        session = server.prepared(card)
        expect.success(file_access.select_file(card, file_access.EF_PL), "SELECT EF.PL")
    with step("S_LPAd -> eUICC: the whole package"):
        loaded = session.install(profile(ONE))
    with step("Expected: PIR successResult; the other Profile Enabled, its file still selected"):
        load_result.installed(session, loaded)
        expect.equal(card.enabled(), (two.iccid,), "Enabled Profiles")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF.PL")
        expect.equal(content.data, b"en", "EF.PL")
        expect.equal(file_access.ef_iccid(card), two.iccid, "EF.ICCID")


@testcase("ES8+.LoadProfileElements#12")
def test_load_over_another_channel(card, given, server, step):
    """The ISD-R takes the package, its own keys among it, on logical channel 3 as well."""
    given.none()
    card.reset()
    card.options = replace(card.options, channel=3)
    with step("Initial conditions: ISD-R on channel 3, PrepareDownload done"):
        session = server.prepared(card)
        expect.equal(card.number, 3, "logical channel")
    with step("S_LPAd -> eUICC: the whole package"):
        loaded = session.install(profile(ONE), replace_keys=KEYS)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase.each(
    "made",
    {
        "ES8+.LoadProfileElements#40": lambda: profile(TEST_ALGORITHM),
        "ES8+.LoadProfileElements#52": lambda: generic_test_profile(PACKAGES),
    },
)
def test_test_profile_is_installed(card, given, server, step, made):
    """A test Profile whose key belongs to the USIM test algorithm is installed."""
    given.none()
    with step("Initial conditions: PrepareDownload done"):
        one = made()
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the whole package, profileClass test(0)"):
        loaded = session.install(one)
    with step("Expected: PIR successResult"):
        load_result.installed(session, loaded)


@testcase.each(
    "what, network",
    {
        "ES8+.LoadProfileElements#50": (
            ONE,
            lambda keys: Milenage(keys.ki, keys.operator_constant),
        ),
        "ES8+.LoadProfileElements#51": (
            TUAK,
            lambda keys: Tuak(keys.ki, keys.operator_constant, res_length=8, mac_length=8),
        ),
    },
)
def test_loaded_profile_authenticates(card, given, server, step, what, network):
    """The Profile loaded and Enabled answers a challenge with what its own key gives."""
    given.none()
    one = profile(what)
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step("S_LPAd -> eUICC: the whole package; expected: PIR successResult"):
        load_result.installed(session, session.install(one))
    with step("S_LPAd -> eUICC: EnableProfile"):
        given.enable(one.metadata.iccid)
    with step("Terminal -> eUICC: SELECT USIM, AUTHENTICATE in 3G context"):
        algorithm = network(one.parameters)
        vector = algorithm.vector(RAND)
        autn = xor(SQN, vector.ak) + AMF + algorithm.mac_a(RAND, SQN, AMF)
        expect.success(file_access.select_application(card), "SELECT USIM")
        answer = card.apdu(f"0088008122 10{RAND.hex()} 10{autn.hex()} 00".replace(" ", ""))
    with step("Expected: DB, RES, CK and IK"):
        expect.success(answer, "AUTHENTICATE")
        fields = b"".join(bytes((len(f),)) + f for f in (vector.res, vector.ck, vector.ik))
        expect.equal(answer.data, b"\xdb" + fields, "answer to AUTHENTICATE")


@testcase("ES8+.LoadProfileElements#46")
def test_free_memory_falls_and_rises(card, given, server, step):
    """Free memory is less after the load than before it, and more after the deletion."""
    given.none()
    empty = free_memory(card)
    with step("S_LPAd -> eUICC: the whole package"):
        session = server.prepared(card)
        load_result.installed(session, session.install(profile(ONE)))
    with step("Expected: less free memory than before"):
        full = free_memory(card)
        expect.that(holds=full < empty, expected=f"less than {empty:,}", actual=f"{full:,}")
    with step("S_LPAd -> eUICC: DeleteProfile; expected: more free memory"):
        expect.ok(card.send(DeleteProfileRequest(iccid=profile(ONE).metadata.iccid)))
        after = free_memory(card)
        expect.that(holds=after > full, expected=f"more than {full:,}", actual=f"{after:,}")


@testcase("ES8+.LoadProfileElements#45")
def test_failed_load_leaves_nothing(card, given, server, step):
    """After a failed load its memory is back, and a Profile with the same ICCID can be loaded."""
    given.none()
    empty = free_memory(card)
    with step("Initial conditions: a load that failed at its last segment"):
        session = server.prepared(card)
        package = session.package(profile(ONE))
        failed = session.load(package.flipped(package.of(COMMAND)[-1]))
        expect.pir_error(failed.pir, COMMAND, ErrorReason.scp03tSecurityError)
    with step("Expected: no Profile listed, memory as before"):
        expect.equal(card.listed_profiles(), (), "Profiles")
        given.no_notifications()
        expect.equal(free_memory(card), empty, "free non-volatile memory")
    with step("S_LPAd -> eUICC: the same Profile again; expected: PIR successResult"):
        again = server.prepared(card)
        load_result.installed(again, again.install(profile(ONE)))


@testcase("ES8+.LoadProfileElements#44")
def test_segments_after_the_result_are_refused(card, given, server, step):
    """After an error PIR no segment is taken, and no second PIR is made."""
    given.profiles(TWO)
    before = card.observe()
    with step("Initial conditions: PIR errorResult for the second of several segments"):
        session = server.prepared(card)
        package = session.package(profile(ONE), segment_size=200)
        places = package.of(COMMAND)
        loaded = session.load(package.flipped(places[1]))
        load_result.ended(session, loaded, before, COMMAND, ErrorReason.scp03tSecurityError)
        standing = card.observe()
    with step("S_LPAd -> eUICC: the segments that follow; expected: SW 6A88 or 6985"):
        for place in places[2:]:
            late = session.load(package.since(place).until(1))
            expect.refused(late.last, *load_result.MISPLACED, about=f"segment {place}")
            expect.equal(late.pir, None, "PIR")
    with step("Expected: Profiles, Notifications and addresses as they were after the PIR"):
        expect.unchanged(standing, card.observe())
