"""The guard of real cards against the command tables of the standards.

What may be sent is written here from ETSI TS 102 221, table 10.5 and clause 11; TS 102 222,
clause 6; GlobalPlatform Card Specification, 11.1 and E.5; and SGP.22 v2, 5.7. Nothing of it comes
from the guard. Everything else may not be sent.
"""

import itertools
from dataclasses import dataclass

import pytest

from rspcore.errors import LocalError
from rspcore.ids import Aid
from rspharness.record.testcase import Level
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard import GuardedLink

ORDER = ("read-only", "profiles", "destructive", "irreversible")
LEVELS = [str(level) for level in Level]

ZERO = {*range(0x04), *range(0x40, 0x50)}
EIGHT = {*range(0x80, 0x84), *range(0xC0, 0xD0)}
BASIC = {0x80}
SCP = EIGHT | {*range(0x84, 0x88), *range(0xE0, 0xF0)}

ISDR = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
ECASD = bytes.fromhex("A0000005591010FFFFFFFF8900000200")
DOMAIN = bytes.fromhex("A00000015153504341534400")

T221, T222, GP = "TS 102 221", "TS 102 222", "GlobalPlatform"


@dataclass(frozen=True)
class Row:
    ins: int
    name: str
    source: str
    classes: frozenset
    level: str
    needs: str = ""
    form: str = "any"


def rows(source, classes, level, needs, *entries):
    return [
        Row(ins, name, f"{source}, {clause}", frozenset(classes), level, needs)
        for ins, name, clause in entries
    ]


TABLE = [
    *rows(
        T221,
        ZERO,
        "read-only",
        "",
        (0xA4, "SELECT", "11.1.1"),
        (0xB0, "READ BINARY", "11.1.3"),
        (0xB2, "READ RECORD", "11.1.5"),
        (0xA2, "SEARCH RECORD", "11.1.7"),
        (0x70, "MANAGE CHANNEL", "11.1.17"),
        (0x84, "GET CHALLENGE", "11.1.18"),
        (0xC0, "GET RESPONSE", "12.1.1"),
    ),
    Row(0x20, "VERIFY PIN, counter", f"{T221}, 11.1.9", frozenset(ZERO), "read-only", form="empty"),
    *rows(
        T221,
        EIGHT,
        "read-only",
        "",
        (0xC0, "GET RESPONSE, class of the command", "12.1.1"),
        (0xF2, "STATUS", "11.1.2"),
        (0xAA, "TERMINAL CAPABILITY", "11.1.19"),
        (0xCB, "RETRIEVE DATA", "11.3.1"),
    ),
    *rows(
        T221,
        BASIC,
        "read-only",
        "",
        (0x10, "TERMINAL PROFILE", "11.2.1"),
        (0x12, "FETCH", "11.2.3"),
    ),
    *rows(T221, BASIC, "read-only", "fetched", (0x14, "TERMINAL RESPONSE", "11.2.4")),
    *rows(
        GP, ZERO | EIGHT, "read-only", "", (0xCA, "GET DATA", "11.3"), (0xCB, "GET DATA", "11.3")
    ),
    Row(0xC8, "assigned nowhere", "no source", frozenset(EIGHT), "read-only", "isdr"),
    *rows(
        T221,
        ZERO,
        "profiles",
        "profile",
        (0x20, "VERIFY PIN", "11.1.9"),
        (0x24, "CHANGE PIN", "11.1.10"),
        (0x26, "DISABLE PIN", "11.1.11"),
        (0x28, "ENABLE PIN", "11.1.12"),
        (0x2C, "UNBLOCK PIN", "11.1.13"),
        (0x04, "DEACTIVATE FILE", "11.1.14"),
        (0x44, "ACTIVATE FILE", "11.1.15"),
        (0x88, "AUTHENTICATE", "11.1.16"),
        (0x89, "AUTHENTICATE", "11.1.16"),
        (0xD6, "UPDATE BINARY", "11.1.4"),
        (0xDC, "UPDATE RECORD", "11.1.6"),
    ),
    *rows(
        T221,
        EIGHT,
        "profiles",
        "profile",
        (0x32, "INCREASE", "11.1.8"),
        (0xDB, "SET DATA", "11.3.2"),
        (0x78, "GET IDENTITY", "11.1.24"),
    ),
    *rows(
        T221,
        BASIC,
        "profiles",
        "profile",
        (0xC2, "ENVELOPE", "11.2.2"),
        (0x14, "TERMINAL RESPONSE", "11.2.4"),
        (0x76, "SUSPEND UICC", "11.1.22"),
    ),
    *rows(GP, EIGHT, "profiles", "domain", (0x50, "INITIALIZE UPDATE", "E.5.1")),
    *rows(
        GP,
        SCP,
        "profiles",
        "domain",
        (0x82, "EXTERNAL AUTHENTICATE", "E.5.2"),
        (0xD8, "PUT KEY", "11.8"),
        (0xE6, "INSTALL", "11.5"),
        (0xE2, "STORE DATA", "11.11"),
    ),
    *rows(
        T222,
        ZERO,
        "destructive",
        "profile",
        (0xE0, "CREATE FILE", "6.3"),
        (0xE4, "DELETE FILE", "6.4"),
    ),
    *rows(T222, EIGHT, "destructive", "profile", (0xD4, "RESIZE FILE", "6.10")),
    *rows(
        GP,
        SCP,
        "destructive",
        "domain",
        (0xE4, "DELETE", "11.2"),
        (0xE8, "LOAD", "11.6"),
        (0xF0, "SET STATUS", "11.10"),
    ),
    # STORE DATA to the ISD-R, here GetEID; from profiles on also where a card has to refuse it.
    Row(0xE2, "STORE DATA", "SGP.22, 5.7.2", frozenset(EIGHT), "read-only", "isdr"),
    Row(0xE2, "no secure messaging", "SGP.22, 5.7.2", frozenset(range(0x84, 0x90)), "profiles"),
    Row(0xE2, "not the ISD-R", "SGP.22, 5.7.2", frozenset(EIGHT), "profiles"),
    Row(0xE2, "class of nothing", "TS 102 221, 10.1.1", frozenset((0xA1,)), "profiles"),
]

READING = (0xBF20, 0xBF22, 0xBF28, 0xBF2B, 0xBF2D, 0xBF2E, 0xBF3C, 0xBF3E, 0xBF43)
SESSION = (0xBF38, 0xBF41)
CHANGING = (0xBF21, 0xBF29, 0xBF30, 0xBF31, 0xBF32, 0xBF33, 0xBF3F, 0xBF42)
SEGMENTS = (0xBF36, 0xA0, 0xA1, 0xA2, 0xA3, 0x86, 0x87, 0x88)
"""Tags of SGP.22 v2, 5.7.3 to 5.7.22 and annex H; of the segments of a package, 2.5.5."""
NO_SEGMENT = (0x85,)
FUNCTIONS = {
    "read-only": (*READING, *SESSION),
    "profiles": (*CHANGING, *SEGMENTS, *NO_SEGMENT),
    "destructive": (0xBF34,),
    "irreversible": (0xBF35,),
}
WITHOUT_VALUE = {0xBF39, 0xBF3A, 0xBF3B, 0xBF44, 0xBF45, 0xBF4B, 0xBF4D, 0xBF7F}
"""Tags of ES9+, of version 3 and of nothing: at level profiles, and only empty."""

GET_EID = "BF3E035C015A"
GET_PROFILES = "BF2D0F5C0D5A9F709091929394B6B7B8994F"
ENABLE = "BF3111A00C5A0A981909000000000000F1810100"
RESET = "BF340482020780"


def up_to(level, other):
    if "irreversible" in (level, other):
        return level == "irreversible" and other != "destructive"
    return ORDER.index(other) <= ORDER.index(level)


class Recorder:
    """A card that answers 9000 to everything and keeps the commands."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.seen = []

    def transmit(self, command):
        self.seen.append(command)
        answer = self.answers.pop(0) if self.answers else "9000"
        if answer == "lost":
            raise TargetLost("gone")
        return bytes.fromhex(answer)

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


def zero(channel):
    return channel if channel < 4 else 0x40 | (channel - 4)


def eight(channel):
    return 0x80 | channel if channel < 4 else 0xC0 | (channel - 4)


class Bench:
    """A guard in front of a recorder, in a known state."""

    def __init__(self, level, *, own=False, selected=b"", channels=(1,)):
        self.card = Recorder()
        self.own = own
        self.guard = GuardedLink(self.card, Level(level), lambda: self.own)
        self.selected, self.channels = selected, channels
        self.prepare()

    def prepare(self):
        self.guard.reset()
        for channel in self.channels if self.selected else ():
            self.select(self.selected, channel)
        self.card.seen.clear()

    def select(self, aid, channel=1):
        self.guard.transmit(bytes((zero(channel), 0xA4, 4, 0, len(aid))) + aid)

    def sends(self, command):
        """Returns whether a command reached the card; the guard has to agree with what it says."""
        octets = bytes.fromhex(command) if isinstance(command, str) else command
        before = len(self.card.seen)
        try:
            self.guard.transmit(octets)
        except LocalError as refused:
            said = str(refused).endswith("It was not sent.")
            if not said or len(self.card.seen) != before:
                raise AssertionError(str(refused)) from refused
            return False
        assert self.card.seen[before:] == [octets]
        return True

    def store(self, data, number=0, p1=0x91, channel=1):
        octets = bytes.fromhex(data) if isinstance(data, str) else data
        return self.sends(bytes((eight(channel), 0xE2, p1, number, len(octets))) + octets)


def isdr(level, **options):
    return Bench(level, selected=ISDR, **options)


WORLDS = {
    "after a reset": (False, b"", {""}),
    "own Profile": (True, b"", {"", "profile"}),
    "ISD-R": (False, ISDR, {"", "isdr"}),
    "ISD-R, own Profile": (True, ISDR, {"", "isdr", "profile"}),
    "foreign domain": (False, DOMAIN, {""}),
    "own domain": (True, DOMAIN, {"", "profile", "domain"}),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_class_and_instruction(level, world):
    own, selected, given = WORLDS[world]
    forms = {"data": b"\x03\xbf\x3e\x00"} | ({"empty": b""} if selected in (b"", ISDR) else {})
    for form, tail in forms.items():
        expected = {
            (cla, row.ins)
            for row in TABLE
            if up_to(level, row.level) and row.needs in given and row.form in ("any", form)
            for cla in row.classes
        }
        if form == "empty":
            expected -= {(cla, 0xE2) for cla in range(256) if not up_to(level, "profiles")}
        bench = Bench(level, own=own, selected=selected, channels=range(20))
        sent = set()
        for cla, ins in itertools.product(range(256), range(256)):
            if bench.sends(bytes((cla, ins, 0x91, 0)) + tail):
                sent.add((cla, ins))
                bench.prepare()
        assert sent == expected


def test_table_of_this_test_has_a_source_for_every_row():
    assert all(row.source and row.classes and row.level in ORDER for row in TABLE)


@pytest.mark.parametrize("level", LEVELS)
def test_every_tag(level):
    bench = isdr(level)
    tags = {bytes((first,)) for first in range(256) if first & 0x1F != 0x1F}
    tags |= {bytes((f, s)) for f in range(0x1F, 256, 0x20) for s in range(256)}
    known = {tag for one, listed in FUNCTIONS.items() if up_to(level, one) for tag in listed}
    for value, more in (
        (b"\x00", WITHOUT_VALUE if up_to(level, "profiles") else set()),
        (b"\x01\x00", set()),
    ):
        sent = {int.from_bytes(tag, "big") for tag in sorted(tags) if bench.store(tag + value)}
        assert sent == known | more


@pytest.mark.parametrize(
    ("inner", "lowest"),
    [
        (GET_EID, "profiles"),
        ("BF3F00", "profiles"),
        (RESET, "destructive"),
        ("BF3500", "irreversible"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_wrapper_is_as_what_it_contains(level, inner, lowest):
    data = bytes.fromhex(inner)
    assert isdr(level).store(bytes((0x30, len(data))) + data) is up_to(level, lowest)


@pytest.mark.parametrize(
    ("request_", "lowest"),
    [(GET_PROFILES, "read-only"), (ENABLE, "profiles"), (RESET, "destructive")],
)
@pytest.mark.parametrize("level", LEVELS)
def test_chain_split_at_every_octet(level, request_, lowest):
    octets = bytes.fromhex(request_)
    for size in range(1, len(octets)):
        bench = isdr(level)
        sent = [bench.store(octets[:size], 0, 0x11), bench.store(octets[size:], 1)]
        if size == 1 and level == "read-only":
            assert sent == [False, False]  # one octet says nothing
        elif size == 1:
            assert sent == [True, up_to(level, lowest)]
        elif level == "read-only" or up_to(level, lowest):
            assert sent == [up_to(level, lowest)] * 2
        else:
            assert sent[0] is False  # the rest alone is no function


@pytest.mark.parametrize("level", LEVELS)
def test_chain_of_single_octets(level):
    for request, lowest in ((GET_PROFILES, "read-only"), (RESET, "destructive")):
        octets, bench = bytes.fromhex(request), isdr(level)
        for number, octet in enumerate(octets):
            bench.store(bytes((octet,)), number, 0x91 if number == len(octets) - 1 else 0x11)
        whole = level != "read-only" and up_to(level, lowest)
        assert (len(bench.card.seen) == len(octets)) is whole
        if level == "read-only":
            assert bench.card.seen == []
        elif not whole:
            assert b"\x34" not in {command[5:] for command in bench.card.seen}


def test_chains_on_two_channels():
    bench = isdr("read-only", channels=(1, 5))
    assert bench.store("BF38", 0, 0x11, channel=1)
    assert not bench.store("0000", 1, channel=5)  # nothing was begun there
    assert not bench.store("BF31", 0, 0x11, channel=5)
    assert not bench.store("0000", 1, channel=5)
    assert bench.store("BF2D", 0, 0x11, channel=5)
    assert bench.store("00", 1, 0x11, channel=1)
    assert bench.store("00", 1, channel=5)
    assert bench.store("00", 2, channel=1)
    assert not bench.store("00", 3, channel=1)


def test_wrong_block_number():
    for number in (0, *range(2, 256)):
        bench = isdr("read-only")
        assert bench.store("BF38", 0, 0x11)
        assert not bench.store("8001FF", number)
        assert not bench.store("BF3100", number)


@pytest.mark.parametrize("data", ["BF3100", "BF3400", "BF3500", "BF"])
def test_wrong_block_number_is_no_way_round_a_level(data):
    level = "read-only" if data == "BF3100" else "profiles"
    for number in range(1, 256):
        bench = isdr(level)
        assert bench.store(data, number) is (data == "BF")
        bench.prepare()
        assert bench.store("BF38", 0, 0x11)
        assert bench.store(data, number) is (data == "BF" or number == 1)


def test_block_out_of_order_begins_no_chain():
    bench = isdr("profiles")
    assert bench.store("8001FF", 5, 0x11)
    assert not bench.store("BF3400", 6)


def test_number_00_after_256_blocks():
    for level in LEVELS:
        bench = isdr(level)
        assert all(bench.store("BF38" if not n else "8000", n, 0x11) for n in range(256))
        assert bench.store("8000", 0) is (level != "read-only")


@pytest.mark.parametrize("level", LEVELS)
def test_first_block_that_is_cut_short(level):
    for data in ("", "BF", "1F"):
        for p1 in (0x11, 0x91):
            assert isdr(level).store(data, 0, p1) is (level != "read-only")


@pytest.mark.parametrize("level", LEVELS)
def test_every_p1(level):
    known = {0x11, 0x91}
    if level != "read-only":
        known |= {0x00, 0x01, 0x10, 0x80, 0x81, 0x90}
    assert {p1 for p1 in range(256) if isdr(level).store(GET_EID, 0, p1)} == known
    assert {p1 for p1 in range(256) if isdr("profiles").store(RESET, 0, p1)} == set()


@pytest.mark.parametrize(
    "between",
    ["01A4040010" + ISDR.hex(), "01A40000023F00", "0070800100", "0070000100", "007080 01", "reset"],
)
def test_what_ends_a_chain(between):
    bench = isdr("read-only")
    assert bench.store("BF38", 0, 0x11)
    if between == "reset":
        bench.guard.reset()
    else:
        assert bench.sends(between)
    assert not bench.store("8000", 1)


def test_power_ends_a_chain():
    for ends in ("power_cycle", "restart"):
        bench = isdr("read-only")
        bench.card.restart = lambda _: b"\x3b\x00"
        assert bench.store("BF38", 0, 0x11)
        getattr(bench.guard, ends)(*((0,) if ends == "restart" else ()))
        assert not bench.store("8000", 1)


def test_channel_that_the_card_chose_is_a_new_one():
    bench = isdr("read-only", channels=(1, 2))
    bench.card.answers = ["029000"]
    assert bench.sends("0070000001")
    assert not bench.store(GET_EID, channel=2)
    assert bench.store(GET_EID, channel=1)


def test_refused_block_ends_its_chain_and_a_wrong_length_does_not():
    bench = isdr("read-only")
    bench.card.answers = ["6A80"]
    assert bench.store("BF38", 0, 0x11)
    assert not bench.store("8000", 1)
    bench = isdr("read-only")
    bench.card.answers = ["9000", "6C10"]
    assert bench.store("BF38", 0, 0x11)
    assert bench.store("8000", 1)
    assert bench.store("8000", 1)


def test_refused_select_leaves_the_isdr_and_no_other_application():
    bench = Bench("profiles", own=True)
    for aid, expected in ((ISDR, True), (DOMAIN, False)):
        bench.prepare()
        bench.select(aid)
        bench.card.answers = ["6A82"]
        bench.select(DOMAIN[:-1])
        assert bench.sends("81C89100") is expected
        assert not bench.sends("8150000008" + "00" * 8)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "aid",
    [ISDR, ECASD, ISDR[:5], ISDR[:8], ECASD[:-1], ISDR[:13] + b"\x10\x00\x00", b""],
    ids=lambda aid: aid.hex() or "none",
)
def test_issuer_domain_is_never_authenticated_to(level, aid):
    bench = Bench(level, own=True, selected=aid)
    assert not bench.sends("8150000008" + "00" * 8)
    assert not bench.sends("8582000010" + "00" * 16)
    assert not bench.sends("8582000010" + "00" * 16)
    bench.select(DOMAIN)
    assert bench.sends("8150000008" + "00" * 8) is (level != "read-only")
    for p2 in ("02", "44"):  # the next one: which? its end: and then?
        bench.select(DOMAIN)
        bench.guard.transmit(bytes.fromhex(f"01A404{p2}0C" + DOMAIN.hex()))
        assert not bench.sends("8150000008" + "00" * 8)


def test_vendors_isdr_is_the_issuers_too():
    vendor = bytes.fromhex("A0000006661010FFFFFFFF8900000100")
    guard = GuardedLink(Recorder(), Level.PROFILES, lambda: True, Aid(vendor))
    guard.transmit(b"\x01\xa4\x04\x00\x10" + vendor)
    guard.transmit(bytes.fromhex("81C89100"))
    with pytest.raises(LocalError, match="not sent"):
        guard.transmit(bytes.fromhex("8150000008" + "00" * 8))


def test_own_profile_is_asked_each_time():
    bench = Bench("profiles")
    assert not bench.sends("0020000108" + "30" * 8)
    bench.own = True
    assert bench.sends("0020000108" + "30" * 8)
    bench.own = False
    assert not bench.sends("0020000108" + "30" * 8)


def test_verify_pin_asks_for_the_counter_only_without_data():
    bench = Bench("read-only")
    assert bench.sends("00200001")
    assert bench.sends("0020000100")
    assert not bench.sends("0020000108")  # T=0 takes this for eight octets to come
    assert not bench.sends("002C0001")


def test_terminal_response_follows_a_fetch():
    bench = Bench("read-only")
    response = "80140000 03 810301".replace(" ", "")
    assert not bench.sends(response)
    bench.card.answers = ["6F00"]
    assert bench.sends("8012000010")
    assert not bench.sends(response)
    bench.card.answers = ["D0009000"]
    assert bench.sends("8012000010")
    assert bench.sends(response)
    assert not bench.sends(response)
    assert bench.sends("8012000010")
    bench.guard.reset()
    assert not bench.sends(response)


def test_lost_card_and_an_answer_without_status_word_leave_nothing_known():
    for answer in ("lost", "90"):
        bench = isdr("read-only")
        bench.card.answers = [answer]
        try:
            bench.guard.transmit(bytes.fromhex("01B0000010"))
        except TargetLost:
            assert answer == "lost"
        assert not bench.store(GET_EID)


def test_lengths_that_do_not_fit():
    for level in LEVELS:
        bench = isdr(level, own=True)
        assert bench.sends("81E29100 08 BF3E00".replace(" ", "")) is (level != "read-only")
        assert bench.sends("01A4040004A0") is (level != "read-only")
        for_ever = bench.sends("81E29100 09 BF3500".replace(" ", ""))
        assert for_ever is (level == "irreversible")
        assert not bench.sends("80E2")
        assert not bench.sends("")


@pytest.mark.parametrize(
    ("level", "command", "message"),
    [
        (
            "read-only",
            "81E2910003BF3100",
            r"EnableProfile could change the card; .* read-only .* --level profiles with --eid",
        ),
        (
            "profiles",
            "81E2910003BF3400",
            r"EuiccMemoryReset could .* level profiles .* --level destructive with --eid does",
        ),
        (
            "profiles",
            "0020000108" + "00" * 8,
            r"VERIFY PIN is sent only while a Profile of this run is enabled, which is not known",
        ),
        (
            "destructive",
            "80F1000000",
            r"no table of commands has this class and instruction",
        ),
    ],
)
def test_message_says_what_and_which_level(level, command, message):
    with pytest.raises(LocalError, match=rf"^CommandApdu\(.*{message}.*It was not sent\.$"):
        isdr(level).guard.transmit(bytes.fromhex(command))
