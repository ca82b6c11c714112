"""Which times grow with Profiles and Notifications: on drawn and recorded times, by no clock."""

import json
import random  # noqa: TID251  drawn times, from a seed
from pathlib import Path

import pytest

from rspharness.record import time_growth
from rspharness.record.time_growth import growth, growths

pytestmark = pytest.mark.once

RECORDED = [
    (*one[:4], 100 * one[4])  # a simulated card is a hundred times faster than a real one
    for one in json.loads((Path(__file__).parent / "recorded_counts.json").read_text("utf-8"))
]
NAME = "STORE DATA GetEuiccData by Notifications"


def grown(counted):
    return time_growth.grown(growths(counted))


def drawn(seed, slope_ms=0.0, middle_ms=20.0, by="notifications"):
    """Draws times of a run: numbers that rise and fall, skewed modes, a machine at times busy."""
    rng = random.Random(seed)  # noqa: S311
    out = []
    for _ in range(40):
        profiles = rng.randrange(4)
        waiting = min(30, profiles * 3 + rng.randrange(8))
        busy = 4 if rng.random() < 0.05 else 1
        number = waiting if by == "notifications" else profiles
        for function in ("GetEuiccData", "GetEuiccInfo2", "GetRat"):
            grows = slope_ms * number if function == "GetEuiccData" else 0.0
            elapsed_ms = (middle_ms + grows) * busy * rng.lognormvariate(0, 0.08)
            out.append((function, profiles, waiting, "", elapsed_ms))
        # a switch beside an Enabled Profile takes longer, and happens with more of everything
        beside = profiles > 1
        longer = 1.6 if beside else 1.0
        work = "one Enabled" if beside else "none Enabled"
        elapsed_ms = 700 * longer * rng.lognormvariate(0, 0.05)
        out.append(("EnableProfile", profiles, waiting, work, elapsed_ms))
    return out


@pytest.mark.parametrize("seed", range(30))
def test_card_that_does_not_grow_turns_nothing(seed):
    assert grown(drawn(seed)) == []


@pytest.mark.parametrize("seed", range(10))
def test_growth_with_notifications_turns_the_verdict(seed):
    (found, *more) = grown(drawn(seed, 1.5))
    assert (found.kind, found.name) == ("grows", NAME)
    assert {one.name for one in more} <= {"STORE DATA GetEuiccData by Profiles"}  # they go together
    assert float(found.text.partition(" ms")[0]) == pytest.approx(1.5, rel=0.4)


def test_growth_with_profiles_turns_the_verdict():
    names = {one.name for one in grown(drawn(1, 8.0, by="profiles"))}
    assert "STORE DATA GetEuiccData by Profiles" in names


@pytest.mark.parametrize("seed", range(30))
def test_recorded_times_of_a_card_turn_nothing_whatever_numbers_they_are_given(seed):
    assert grown(RECORDED) == []
    rng = random.Random(seed)  # noqa: S311
    numbers = [tuple(one[1:3]) for one in RECORDED]
    rng.shuffle(numbers)
    again = [(one[0], *pair, *one[3:]) for one, pair in zip(RECORDED, numbers, strict=True)]
    assert grown(again) == []


def test_recorded_times_that_are_made_to_grow_turn_the_verdict():
    slower = [
        (name, profiles, waiting, work, ms + 6 * (waiting or 0) * (name == "GetEuiccInfo2"))
        for name, profiles, waiting, work, ms in RECORDED
    ]
    assert NAME.replace("Data", "Info2") in {one.name for one in grown(slower)}


def test_switch_is_held_against_switches_of_the_same_work():
    work = ["none Enabled", "one Enabled"]
    switches = [
        ("EnableProfile", beside, waiting, work[beside], 100.0 + 80 * beside + waiting % 3)
        for beside in (0, 1)
        for waiting in range(8 * beside, 8 * beside + 8)
        for _ in range(3)
    ]
    assert grown(switches) == []
    alike = [(name, 1, waiting, "", ms) for name, _, waiting, _, ms in switches]
    assert [one.name for one in grown(alike)] == ["STORE DATA EnableProfile by Notifications"]


def test_too_little_says_nothing():
    assert growth("x", {"": [(1, 5.0)] * 20}) is None
    assert growth("x", {"": [(1, 5.0)] * 20 + [(9, 50.0)] * 20}) is None  # two numbers alone
    assert growth("x", {"": [(n, 5.0) for n in range(7)]}) is None
    small = growth("x", {"": [(n, 5.0 + n / 50) for n in range(30)]})
    assert not small.large  # certain, and of no size
    assert small.p < 0.001


def test_list_of_what_is_counted_grows_of_itself():
    times = [("ListNotification", None, n, "", 20.0 + 9 * n) for n in range(20)]
    (one,) = growths(times)
    assert (one.listing, one.large, round(one.slope_ms)) == (True, True, 9)
    assert grown(times) == []
