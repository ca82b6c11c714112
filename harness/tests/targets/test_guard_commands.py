"""The commands that the guard of real cards sends, against the command tables of the standards.

What may be sent is written here from ETSI TS 102 221, table 10.5 and clause 11; TS 102 222,
clause 6; GlobalPlatform Card Specification, 11.1 and E.5; and SGP.22 v2, 5.7. Nothing of it comes
from the guard. Everything else may not be sent.
"""

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rspcore.errors import LocalError
from rspharness.record.testcase import Level
from rspharness.record.verdicts import TargetLost
from rspharness.targets.guard import GuardedLink

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import DOMAIN, GET_EID, ISDR, LEVELS, ORDER, Bench, Recorder, isdr, up_to

pytestmark = pytest.mark.once

ZERO = {*range(0x04), *range(0x40, 0x50)}
EIGHT = {*range(0x80, 0x84), *range(0xC0, 0xD0)}
BASIC = {0x80}
SCP = EIGHT | {*range(0x84, 0x88), *range(0xE0, 0xF0)}


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
        (0xCA, "GET DATA", "11.3"),
        (0xF2, "GET STATUS", "11.4"),
        (0xD8, "PUT KEY", "11.8"),
        (0xE6, "INSTALL", "11.5"),
        (0xE2, "STORE DATA", "11.11"),
    ),
    *rows(
        T222,
        ZERO,
        "profiles",
        "profile",
        (0xE0, "CREATE FILE", "6.3"),
        (0xE4, "DELETE FILE", "6.4"),
    ),
    *rows(T222, EIGHT, "profiles", "profile", (0xD4, "RESIZE FILE", "6.10")),
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


def test_nothing_was_fetched_before_the_first_reset():
    guard = GuardedLink(Recorder(), Level.READ_ONLY, lambda: False)
    with pytest.raises(LocalError, match="TERMINAL RESPONSE could change the card"):
        guard.transmit(bytes.fromhex("8014000003810301"))


def test_own_profile_is_asked_each_time():
    bench = Bench("profiles")
    assert not bench.sends("0020000108" + "30" * 8)
    bench.own = True
    assert bench.sends("0020000108" + "30" * 8)
    bench.own = False
    assert not bench.sends("0020000108" + "30" * 8)


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
