"""ES8+.LoadProfileElements: every 86 is verified, in its place, before it is read."""

from dataclasses import replace

from rspcore import tlv
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.bound_package import protect_correctly
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial

ONE, TWO = "PROFILE_OPERATIONAL1", profile("PROFILE_OPERATIONAL2")
COMMAND = BppCommandId.loadProfileElements
STRUCTURE, SECURITY = ErrorReason.scp03tStructureError, ErrorReason.scp03tSecurityError
FIRST, MIDDLE, LAST = 0, 3, -1
SEGMENT = 200


def retagged(octets, tag):
    """Returns a data object with another tag of one octet."""
    return bytes((tag,)) + octets[1:]


@testcase.each(
    "which",
    {
        "ES8+.LoadProfileElements#18": FIRST,
        "ES8+.LoadProfileElements#19": MIDDLE,
        "ES8+.LoadProfileElements#20": LAST,
    },
)
def test_wrong_mac_ends_the_load(card, given, server, step, which):
    """One bit of the MAC turned in the first, a middle or the last segment is found."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, segment_size=SEGMENT)
    with step("S_LPAd -> eUICC: the package, the MAC of one 86 altered"):
        loaded = trial.send(trial.package.flipped(trial.package.of(COMMAND)[which]))
    with step("Expected: PIR errorResult, scp03tSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)


@testcase.each(
    "altered",
    {
        "ES8+.LoadProfileElements#21": lambda package, place: package.swapped(place, place + 1),
        "ES8+.LoadProfileElements#22": lambda package, place: package.repeated(place),
        "ES8+.LoadProfileElements#23": lambda package, place: package.without(place),
    },
)
def test_segment_out_of_sequence_ends_the_load(card, given, server, step, altered):
    """Two segments exchanged, one repeated or one left out breaks the chain of MACs."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, segment_size=SEGMENT)
    place = trial.package.of(COMMAND)[MIDDLE]
    with step("S_LPAd -> eUICC: the package, its segments altered"):
        loaded = trial.send(altered(trial.package, place))
    with step("Expected: PIR errorResult, scp03tSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)


@testcase("ES8+.LoadProfileElements#24")
def test_segment_with_a_tag_of_another_command(card, given, server, step, note):
    """A segment tagged 88 in place of 86; what the card does is noted."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, segment_size=SEGMENT)
    place = trial.package.of(COMMAND)[MIDDLE]
    with step("S_LPAd -> eUICC: the package, one 86 sent as 88"):
        other = retagged(trial.package.segments[place].octets, Tag.Protected88)
        loaded = trial.send(trial.package.replaced(place, other))
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, reason 7 or 8, or SW 6A88 or 6985"):
        words = load_result.MISPLACED
        trial.refused_or_ended(loaded, words, COMMAND, STRUCTURE, SECURITY)


@testcase("ES8+.LoadProfileElements#25")
def test_segment_above_the_largest_size(card, given, server, step, note):
    """A data object 86 of 1036 octets, under a right MAC; what the card does is noted."""
    given.profiles(ONE)
    before = card.observe()
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
        package = session.package(TWO, segment_size=1023)
        longest = max(len(package.segments[place].octets) for place in package.of(COMMAND))
        expect.equal(longest, 1036, "octets of the longest segment")
    with step("S_LPAd -> eUICC: the package"):
        loaded = session.load(package)
        note(load_result.described(loaded))
    with step("Expected: installed, or PIR errorResult, scp03tStructureError(7)"):
        load_result.installed_or_ended(session, loaded, before, COMMAND, STRUCTURE)


@testcase("ES8+.LoadProfileElements#26")
def test_segment_without_room_for_a_mac(card, given, server, step):
    """A data object 86 shorter than a MAC is malformed."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, segment_size=SEGMENT)
    place = trial.package.of(COMMAND)[MIDDLE]
    with step("S_LPAd -> eUICC: the package, seven octets in one 86"):
        loaded = trial.send(trial.package.replaced(place, tlv.encode(Tag.Protected86, bytes(7))))
    with step("Expected: SW 6A80, or PIR errorResult, reason 7 or 8"):
        trial.refused_or_ended(loaded, (0x6A80,), COMMAND, STRUCTURE, SECURITY)


@testcase("ES8+.LoadProfileElements#54")
def test_body_of_no_whole_blocks_ends_the_load(card, given, server, step):
    """An encrypted body of 31 octets under a right MAC cannot be deciphered."""

    def uneven(command, number, bsp, plaintext):
        if command is COMMAND and number == 1:
            return bsp.protect_mac_only(Tag.Protected86, bytes(31))
        return protect_correctly(command, number, bsp, plaintext)

    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, segment_size=SEGMENT, protect=uneven)
    with step("S_LPAd -> eUICC: the package, 31 octets and their MAC in one 86"):
        loaded = trial.send(trial.package)
    with step("Expected: SW 6A80, or PIR errorResult, reason 7 or 8"):
        trial.refused_or_ended(loaded, (0x6A80,), COMMAND, STRUCTURE, SECURITY)


@testcase("ES8+.LoadProfileElements#55")
def test_counter_that_does_not_count_the_88s(card, given, server, step, note):
    """The ICV of the first 86 is made as if no 88 had counted; what the card does is noted."""
    counted = []

    def behind(command, number, bsp, plaintext):
        if command is BppCommandId.storeMetadata:
            counted.append(number)
        if command is COMMAND and number == 0:
            lagging = replace(bsp, counter=bsp.counter - len(counted))
            return protect_correctly(command, number, lagging, plaintext)
        return protect_correctly(command, number, bsp, plaintext)

    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, protect=behind)
    with step("S_LPAd -> eUICC: the package, wrong ICV under a right MAC in the first 86"):
        loaded = trial.send(trial.package)
        note(load_result.described(loaded))
    with step("Expected: PIR errorResult, scp03tSecurityError(8)"):
        trial.ended(loaded, COMMAND, SECURITY)
