"""The guard of real cards and chains of STORE DATA: no way of cutting one goes round a level."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import (
    ENABLE,
    FOREIGN,
    GET_EID,
    GET_PROFILES,
    ISDR,
    LEVELS,
    OWN,
    RESET,
    isdr,
    up_to,
)


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


def functions(commands):
    """Returns what a card makes of these commands: each whole request, in order."""
    chains, out = {}, []
    for command in commands:
        begun = b"" if not command[3] else chains.get(command[0], b"")
        chains[command[0]] = begun + command[5:]
        if command[2] & 0x80:
            out.append(chains.pop(command[0]))
    return out


DELETE_OWN, DELETE_FOREIGN = f"BF330C5A0A{OWN}", f"BF330C5A0A{FOREIGN}"
PAIRS = [
    (GET_PROFILES, RESET),
    (ENABLE, RESET),
    (DELETE_OWN, DELETE_FOREIGN),
    (DELETE_FOREIGN, "BF3500"),
]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pair", PAIRS, ids=["list, reset", "enable, reset", "delete", "for ever"])
def test_chains_split_at_every_octet_and_interleaved_on_two_channels(level, pair):
    one, other = (bytes.fromhex(text) for text in pair)
    allowed = {GET_PROFILES: "read-only", RESET: "destructive", "BF3500": "irreversible"}
    may = {
        bytes.fromhex(text)
        for text in pair
        if text != DELETE_FOREIGN and up_to(level, allowed.get(text, "profiles"))
    }
    for first in range(1, len(one)):
        for second in range(1, len(other)):
            bench = isdr(level, channels=(1, 5))
            bench.store(one[:first], 0, 0x11, channel=1)
            bench.store(other[:second], 0, 0x11, channel=5)
            bench.store(one[first:], 1, channel=1)
            bench.store(other[second:], 1, channel=5)
            made = functions(bench.card.seen)
            assert set(made) & {one, other} <= may
            if level != "read-only" or 1 not in (first, second):
                assert {one, other} & may <= set(made)


def test_foreign_profile_split_at_every_octet():
    for text in (DELETE_FOREIGN, f"BF3111A00C5A0A{FOREIGN}810100", f"BF29105A0A{FOREIGN}90024D6D"):
        octets = bytes.fromhex(text)
        for size in range(1, len(octets)):
            bench = isdr("destructive")
            bench.store(octets[:size], 0, 0x11)
            bench.store(octets[size:], 1)
            assert octets not in functions(bench.card.seen)


def test_foreign_profile_in_three_blocks():
    octets = bytes.fromhex(DELETE_FOREIGN)
    for first in range(1, len(octets) - 1):
        for second in range(first + 1, len(octets)):
            bench = isdr("destructive")
            bench.store(octets[:first], 0, 0x11)
            bench.store(octets[first:second], 1, 0x11)
            bench.store(octets[second:], 2)
            assert octets not in functions(bench.card.seen)


def test_request_in_three_blocks_that_names_an_own_profile():
    octets = bytes.fromhex(DELETE_OWN)
    for first in range(2, len(octets) - 1):
        bench = isdr("profiles")
        assert bench.store(octets[:first], 0, 0x11)
        assert bench.store(octets[first : first + 1], 1, 0x11)
        assert bench.store(octets[first + 1 :], 2)


@pytest.mark.parametrize("sw", ["6200", "6283", "6300", "63C0"])
def test_block_that_is_answered_with_a_warning_was_taken(sw):
    bench = isdr("read-only")
    bench.card.answers = [sw]
    assert bench.store("BF38", 0, 0x11)
    assert bench.store("8000", 1)


@pytest.mark.parametrize("sw", ["6400", "6581", "6985", "6F00", "9404"])
def test_block_that_is_answered_with_an_error_was_not_taken(sw):
    bench = isdr("read-only")
    bench.card.answers = [sw]
    assert bench.store("BF38", 0, 0x11)
    assert not bench.store("8000", 1)


@pytest.mark.parametrize("sw", ["6114", "910B", "9000"])
def test_block_whose_answer_waits_was_taken(sw):
    bench = isdr("read-only")
    bench.card.answers = [sw]
    assert bench.store("BF38", 0, 0x11)
    assert bench.store("8000", 1)
