"""Which times turn a verdict: on drawn distributions like those of cards, not by the clock."""

import random  # noqa: TID251  drawn times, from a seed
from math import comb

import pytest

from rspharness.record.time_verdicts import KINDS, TimeFinding, _fisher, judged

MEDIANS = {
    "STORE DATA EnableProfile": 700.0,
    "STORE DATA DisableProfile": 690.0,
    "STORE DATA GetEuiccData": 18.0,
    "STORE DATA GetEuiccInfo1": 20.0,
    "STORE DATA GetEuiccInfo2": 26.0,
    "STORE DATA GetRat": 19.0,
    "STORE DATA GetProfilesInfo": 33.0,
    "SELECT": 12.0,
    "MANAGE CHANNEL": 9.0,
    "STORE DATA AuthenticateServer": 900.0,
}
SIMULATED = {name: value / 100 for name, value in MEDIANS.items()}


def drawn(seed, medians=MEDIANS, count=60):
    """Draws times: a skewed mode each, a long tail, and a machine that is at times busy."""
    rng = random.Random(seed)  # noqa: S311
    times = {}
    for name, middle in medians.items():
        values = [middle * rng.lognormvariate(0, 0.05) for _ in range(count)]
        times[name] = [4 * one if rng.random() < 0.01 else one for one in values]
    return times


def kinds(times, baseline=None, budgets=None):
    return [(one.kind, one.name) for one in judged(times, budgets or {}, baseline)]


@pytest.mark.parametrize("medians", [MEDIANS, SIMULATED], ids=["card", "simulated"])
def test_thirty_repetitions_of_an_unchanged_card_turn_nothing(medians):
    baseline = drawn(1000, medians)
    assert [kinds(drawn(seed, medians), baseline) for seed in range(30)] == [[]] * 30


def test_slower_reader_is_one_finding_and_a_faster_card_none():
    slower = {name: [2 * one for one in values] for name, values in drawn(2).items()}
    assert kinds(slower, drawn(1)) == [("shifted", "all commands")]
    faster = {name: [one / 2 for one in values] for name, values in drawn(2).items()}
    assert kinds(faster, drawn(1)) == []


@pytest.mark.parametrize("seed", range(5))
def test_switch_twenty_times_slower_turns_the_verdict_without_a_baseline(seed):
    times = drawn(seed)
    name = "STORE DATA EnableProfile"
    times[name] = [20 * one for one in times[name]]
    assert kinds(times) == [("slower than its kin", name)]
    assert ("shifted", name) in kinds(times, drawn(99))


@pytest.mark.parametrize("seed", range(5))
def test_two_ms_on_get_eid_turn_the_verdict(seed):
    name = "STORE DATA GetEuiccData"
    simulated = drawn(seed, SIMULATED)
    simulated[name] = [one + 2 for one in simulated[name]]
    assert kinds(simulated) == [("slower than its kin", name)]
    real = drawn(seed, {**MEDIANS, name: 8.0})
    baseline = drawn(seed + 50, {**MEDIANS, name: 8.0})
    real[name] = [one + 2 for one in real[name]]
    assert kinds(real, baseline) == [("shifted", name)]


@pytest.mark.parametrize("seed", range(5))
def test_second_mode_in_a_tenth_of_the_answers_turns_the_verdict(seed):
    times, name = drawn(seed, count=200), "STORE DATA GetProfilesInfo"
    times[name] = [one + 60 if place % 10 == 0 else one for place, one in enumerate(times[name])]
    assert kinds(times, drawn(70, count=200)) == [("second mode", name)]


def test_budget_is_for_the_ninetieth_percentile():
    times = {"SELECT": [1.0] * 9 + [50.0]}
    assert judged(times, {"SELECT": 1.0}) == []
    assert judged({"SELECT": [1.0] * 8 + [50.0] * 2}, {"SELECT": 49.0}) == [
        TimeFinding("over budget", "SELECT", "p90 50 ms, budget 49 ms")
    ]
    assert {one.kind for one in judged(times, {"SELECT": 0.5})} <= set(KINDS)


def test_chance_of_long_answers_is_that_of_fisher():
    # 1 of 10 before, 8 of 10 now: the sum of the hypergeometric probabilities of 8 and 9
    every = comb(20, 10)
    by_hand = (comb(9, 8) * comb(11, 2) + comb(9, 9) * comb(11, 1)) / every
    assert _fisher(1, 8, 10, 10) == pytest.approx(by_hand)
    assert _fisher(0, 0, 9, 9) == 1.0
