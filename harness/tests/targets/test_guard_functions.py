"""The functions of the ISD-R that the guard of real cards sends: their tags, and what they name."""

import sys
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.ids import Iccid

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import FOREIGN, GET_EID, LEVELS, OWN, RESET, isdr, up_to

READING = (0xBF20, 0xBF22, 0xBF28, 0xBF2B, 0xBF2D, 0xBF2E, 0xBF3C, 0xBF3E, 0xBF43)
SESSION = (0xBF38, 0xBF41, 0xBF45)
CHANGING = (
    *(0xBF21, 0xBF29, 0xBF30, 0xBF31, 0xBF32, 0xBF33, 0xBF3F, 0xBF42),
    *(0xBF44, 0xBF4B, 0xBF4D, 0xBF60, 0xBF62),  # version 3
)
SEGMENTS = (0xBF36, 0xA0, 0xA1, 0xA2, 0xA3, 0x86, 0x87, 0x88)
"""Tags of SGP.22 v2, 5.7.3 to 5.7.22 and annex H; of the segments of a package, 2.5.5."""
NO_SEGMENT = (0x85,)
FUNCTIONS = {
    "read-only": (*READING, *SESSION),
    "profiles": (*CHANGING, *SEGMENTS, *NO_SEGMENT),
    "destructive": (0xBF34,),
    "irreversible": (0xBF35,),
}
WITHOUT_VALUE = {
    0xBF23,
    0xBF24,
    0xBF25,
    0xBF26,
    0xBF2A,
    0xBF37,
    0xBF39,
    0xBF3A,
    0xBF3B,
    0xBF7F,
}
"""Tags of ES9+, of version 3 and of nothing: at level profiles, and only empty."""


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


@pytest.mark.parametrize("level", LEVELS)
def test_every_p1(level):
    known = {0x11, 0x91}
    if level != "read-only":
        known |= {0x00, 0x01, 0x10, 0x80, 0x81, 0x90}
    assert {p1 for p1 in range(256) if isdr(level).store(GET_EID, 0, p1)} == known
    assert {p1 for p1 in range(256) if isdr("profiles").store(RESET, 0, p1)} == set()


def listed(*profiles):
    """Returns an answer of GetProfilesInfo with ICCID, AID and state of these Profiles."""
    infos = b"".join(
        tlv.encode(0xE3, b"\x5a\x0a" + iccid + b"\x4f\x10" + aid + b"\x9f\x70\x01" + bytes((on,)))
        for iccid, aid, on in profiles
    )
    return tlv.encode(0xBF2D, tlv.encode(0xA0, infos))


def by_iccid(name, iccid):
    return {
        "enable": f"BF3111A00C5A0A{iccid}810100",
        "disable": f"BF3211A00C5A0A{iccid}8101FF",
        "delete": f"BF330C5A0A{iccid}",
        "nickname": f"BF290E5A0A{iccid}90005A00",
        "rpm": f"BF441C3015800101A110300EA10C5A0A{iccid}5F3702AABB",
        "change": f"BF4B203019800101A114A0125A0A{iccid}8004312461625F3702AABB",
    }[name]


def by_aid(name, aid):
    return {
        "enable": f"BF3117A0124F10{aid}810100",
        "disable": f"BF3217A0124F10{aid}8101FF",
        "delete": f"BF33124F10{aid}",
    }[name]


OWN_AID = "A0000005591010FFFFFFFF8900001000"
FOREIGN_AID = "A0000005591010FFFFFFFF8900001100"
NO_AID = "A0000005591010FFFFFFFF8900FFFE00"
BOTH = listed(
    (bytes.fromhex(OWN), bytes.fromhex(OWN_AID), 0),
    (bytes.fromhex(FOREIGN), bytes.fromhex(FOREIGN_AID), 1),
)


@pytest.mark.parametrize("name", ["enable", "disable", "delete", "nickname", "rpm", "change"])
@pytest.mark.parametrize("level", LEVELS)
def test_profile_named_by_its_iccid(level, name):
    changing = level != "read-only"
    assert isdr(level).store(by_iccid(name, OWN)) is changing
    assert not isdr(level).store(by_iccid(name, FOREIGN))
    for length in range(3, 10):  # one that is cut short counts with what is there
        head = bytes.fromhex(by_iccid(name, FOREIGN).partition(FOREIGN)[0])
        assert not isdr(level).store(head + bytes.fromhex(FOREIGN)[:length])


@pytest.mark.parametrize("name", ["enable", "disable", "delete"])
def test_profile_named_by_its_aid(name):
    bench = isdr("profiles")
    for aid in (OWN_AID, FOREIGN_AID, NO_AID):
        assert not bench.store(by_aid(name, aid))  # nothing was listed
    bench.known.listed(BOTH, whole=False)
    assert bench.store(by_aid(name, OWN_AID))
    assert not bench.store(by_aid(name, FOREIGN_AID))
    assert not bench.store(by_aid(name, NO_AID))  # others may be there
    bench.known.listed(BOTH, whole=True)
    assert bench.store(by_aid(name, NO_AID))
    assert not bench.store(by_aid(name, FOREIGN_AID))
    bench.known.forget()
    assert not bench.store(by_aid(name, NO_AID))


def test_profile_that_was_enabled_before_is_switched_and_nothing_else():
    bench = isdr("profiles")
    bench.known.to_enable_again = lambda: Iccid(bytes.fromhex(FOREIGN))
    for name, expected in (("enable", True), ("disable", True), ("delete", False)):
        assert bench.store(by_iccid(name, FOREIGN)) is expected
    assert not bench.store(by_iccid("nickname", FOREIGN))
    assert not bench.store(by_iccid("enable", "98101032547698103215"))


def test_card_that_is_put_back_is_not_robbed():
    bench = isdr("profiles")
    bench.known.restoring = lambda: True
    for name in ("enable", "disable", "nickname"):
        assert bench.store(by_iccid(name, FOREIGN))
    assert not bench.store(by_iccid("delete", FOREIGN))


def test_what_may_be_erased_is_deleted_and_nothing_else():
    bench = isdr("destructive")
    bench.known.erases = True
    assert bench.store(by_iccid("delete", FOREIGN))
    for name in ("enable", "disable", "nickname"):
        assert not bench.store(by_iccid(name, FOREIGN))


@pytest.mark.parametrize(
    "request_",
    [
        f"BF33085A0A{FOREIGN}",  # lengths that are too short
        f"BF3313A0015A0A{FOREIGN}",
        f"BF33810C5A0A{FOREIGN}",  # longer forms
        f"BF330E5A820 00A{FOREIGN}".replace(" ", ""),
        f"BF331A5A0A{OWN}5A0A{FOREIGN}",  # two of them
        f"BF33185A0A{FOREIGN}5A0A{OWN}",
        f"BF3111A10C5A0A{FOREIGN}810100",  # another choice
        f"BF33FF5A0A{FOREIGN}",  # no length
        f"300FBF330C5A0A{FOREIGN}",  # in a wrapper
    ],
)
def test_foreign_profile_in_a_request_that_is_no_sound_one(request_):
    sound = request_.replace(FOREIGN, OWN)
    assert not isdr("profiles").store(request_)
    assert isdr("profiles").store(sound)


def test_request_that_names_nothing_is_a_probe():
    for data in ("BF3300", "BF3103810100", "BF330100", "BF29029000"):
        assert isdr("profiles").store(data)
