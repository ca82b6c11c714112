"""Whether a command takes another time: against published values, and on drawn distributions."""

import random  # noqa: TID251  drawn times, from a seed
from itertools import combinations

import pytest

from rspharness.record.time_shifts import common_factor, holm, mann_whitney, shifts

NAMES = [f"command {number}" for number in range(40)]


def drawn(seed, *, slow=None, by=1.0, plus=0.0, second=0.0, factor=1.0, count=60):
    """Draws times like those of cards: a skewed mode each, in milliseconds, with a long tail."""
    rng = random.Random(seed)  # noqa: S311
    times = {}
    for number, name in enumerate(NAMES):
        middle = 5.0 + 3.0 * number
        values = [factor * middle * rng.lognormvariate(0, 0.06) for _ in range(count)]
        for place in range(count):
            if rng.random() < 0.02:
                values[place] *= 4  # the tail
            if name == slow:
                values[place] = values[place] * by + plus
                if rng.random() < second:
                    values[place] += 400
        times[name] = values
    return times


def exact(a, b):
    """The two-sided p value of the U test by counting every arrangement."""
    pooled = [*a, *b]

    def u(places):
        left = [pooled[place] for place in places]
        right = [pooled[place] for place in range(len(pooled)) if place not in places]
        return sum((y > x) + 0.5 * (y == x) for x in left for y in right)

    centre = len(a) * len(b) / 2
    seen = abs(u(range(len(a))) - centre)
    every = [abs(u(places) - centre) for places in combinations(range(len(pooled)), len(a))]
    return sum(one >= seen - 1e-9 for one in every) / len(every)


def test_p_value_is_near_the_exact_one():
    a = [12.1, 13.4, 11.9, 12.8, 13.1, 12.4, 12.2]
    b = [12.9, 14.2, 13.8, 14.9, 13.3, 12.7, 14.0]
    delta, p = mann_whitney(a, b)
    assert delta == pytest.approx(2 * sum(y > x for x in a for y in b) / 49 - 1)
    assert p == pytest.approx(exact(a, b), abs=0.01)


def test_ties_and_samples_without_spread():
    assert mann_whitney([1.0] * 9, [1.0] * 9) == (0.0, 1.0)
    delta, p = mann_whitney([1.0, 2.0, 2.0, 3.0] * 4, [2.0, 2.0, 3.0, 4.0] * 4)
    assert 0 < delta < 1
    assert p == pytest.approx(0.028, abs=0.01)


def test_holm_corrects_for_the_number_of_commands():
    # Holm (1979), the step-down procedure by hand
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize("seed", range(10))
def test_same_card_has_no_shift(seed):
    assert shifts(drawn(seed), drawn(seed + 100)) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"by": 20.0}, "command 30"),
        ({"plus": 2.0}, "command 0"),
        ({"by": 1.5}, "command 39"),
        ({"by": 0.5}, "command 20"),
    ],
)
def test_one_command_that_takes_another_time_is_found_alone(change, name):
    found = shifts(drawn(1), drawn(2, slow=name, **change))
    assert [one.name for one in found] == [name]
    assert (found[0].delta > 0) == (found[0].shift_ms > 0) == (change.get("by", 2) > 1)


def test_what_all_commands_share_is_one_shift():
    found = shifts(drawn(1), drawn(2, factor=2.0, slow="command 5", by=3.0))
    assert [one.name for one in found] == ["all commands", "command 5"]
    assert common_factor(drawn(1), drawn(2, factor=2.0)) == pytest.approx(2.0, rel=0.05)


def test_too_few_times_say_nothing():
    assert shifts({"a": [1.0] * 7}, {"a": [90.0] * 7}) == []
    assert [one.name for one in shifts({"a": [1.0] * 8}, {"a": [90.0] * 8})] == ["a"]
