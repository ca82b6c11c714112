"""The guard of real cards and commands to an LPAe: levels, and Profiles of somebody else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from guard_bench import (
    FOREIGN,
    LEVELS,
    OWN,
    Bench,
    Recorder,
    up_to,
)

from rspharness.targets.own_profile import OwnProfile, WatchedLink, is_of_suites

pytestmark = pytest.mark.once

LIST, RESET, NEW_PIN = "8200", "A6068004" + "31323334", "8709" + "313233342035363738"
ENABLE, DELETE = "A30C5A0A" + OWN, "A50C5A0A" + OWN


def envelope(inner, cla="80"):
    octets = bytes.fromhex(inner)
    data = bytes((0xE4, len(octets))) + octets
    return bytes.fromhex(cla) + bytes.fromhex("C20000") + bytes((len(data),)) + data


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("inner", "lowest"),
    [
        pytest.param(LIST, "profiles", id="list"),
        pytest.param(ENABLE, "profiles", id="enable"),
        pytest.param(DELETE, "profiles", id="delete"),
        pytest.param(RESET, "destructive", id="memory reset"),
        pytest.param("AA00", "destructive", id="RPM package"),
        pytest.param(NEW_PIN, "irreversible", id="new PIN"),
    ],
)
def test_lowest_level_of_each_command(level, inner, lowest):
    assert Bench(level).sends(envelope(inner)) is up_to(level, lowest)


TAGS = {
    "profiles": {0xA0, 0xA1, 0x82, 0xA3, 0xA4, 0xA5, 0x88, 0xA9, 0x8B},
    "destructive": {0xA6, 0xAA},
    "irreversible": {0x87},
}
"""The commands of SGP.22 v3.1, 5.7, E4: they act as ES10c does; a new PIN outlives the run."""


@pytest.mark.parametrize("level", LEVELS)
def test_every_command(level):
    known = {tag for one, tags in TAGS.items() if up_to(level, one) for tag in tags}
    firsts = [first for first in range(256) if first & 0x1F != 0x1F]
    bench = Bench(level, own=True)
    assert {tag for tag in firsts if bench.sends(envelope(f"{tag:02X}00"))} == known


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "inner",
    [
        "A40C5A0A" + FOREIGN,
        "A5105A0A" + FOREIGN + "81023132",
        "",
        "8E00",
        "82008200",
        "A30C5A0A" + FOREIGN,
        "A50C5A0A" + FOREIGN,
    ],
)
def test_what_is_never_sent(level, inner):
    assert not Bench(level, own=True).sends(envelope(inner))


def test_another_class_is_not_sent():
    assert not Bench("profiles", own=True).sends(envelope(LIST, cla="81"))


@pytest.mark.parametrize("inner", [ENABLE, DELETE, RESET])
def test_a_switch_of_the_lpae_is_noticed(inner):
    own = OwnProfile(is_of_suites)
    own.enabled = True
    WatchedLink(Recorder(), own).transmit(envelope(inner))
    assert not own.is_enabled()
