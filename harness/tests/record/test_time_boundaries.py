"""Times at the very bounds at which they turn a verdict."""

import pytest

from rspharness.record.time_verdicts import TimeFinding, _fisher, judged

ENABLE, DISABLE = "STORE DATA EnableProfile", "STORE DATA DisableProfile"
NAME = "STORE DATA GetProfilesInfo"


@pytest.mark.parametrize(
    ("disable_ms", "enable_ms", "found"),
    [
        (10.0, 49.0, False),
        (10.0, 50.0, False),
        (10.0, 51.0, True),
        (0.1, 0.9, False),
        (0.1, 1.1, False),
        (0.1, 1.2, True),
    ],
)
def test_slower_than_its_kin_is_more_than_five_times_and_more_than_a_millisecond(
    disable_ms, enable_ms, found
):
    times = {ENABLE: [enable_ms] * 8, DISABLE: [disable_ms] * 8}
    assert [one.name for one in judged(times, {})] == [ENABLE] * found


def test_fewer_than_eight_times_say_nothing():
    assert judged({ENABLE: [60.0] * 8, DISABLE: [10.0] * 8}, {})
    assert not judged({ENABLE: [60.0] * 7, DISABLE: [10.0] * 8}, {})
    assert not judged({ENABLE: [60.0] * 8, DISABLE: [10.0] * 7}, {})


def _modes(before, now, *, usual=10.0):
    """Returns what is found where some times are others than usual.

    Args:
        before: How many times of how many were how long in the baseline.
        now: The same of the run.
        usual: The other times.
    """

    def times(some, every, ms):
        return [usual] * (every - some) + [ms] * some

    found = judged({NAME: times(*now)}, {}, {NAME: times(*before)})
    assert {one.kind for one in found} <= {"second mode"}
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("usual", "limit"), [(10.0, 16.0), (1.0, 2.5)], ids=["a card", "a simulated card"]
)
def test_second_mode_is_above_the_tail_of_the_baseline(usual, limit):
    assert not _modes((0, 500, 0), (50, 500, limit), usual=usual)
    assert not _modes((0, 500, 0), (50, 500, limit - 0.1), usual=usual)
    (text,) = _modes((0, 500, 0), (50, 500, limit + 0.1), usual=usual)
    assert text.startswith(f"10% of the answers take more than {limit:.2f} ms, 0% in the baseline")


def test_times_of_the_baseline_at_the_bound_are_below_it():
    assert _modes((60, 1000, 16.0), (60, 1000, 17.0))


@pytest.mark.parametrize(("now", "found"), [(19, False), (20, True)])
def test_second_mode_is_four_in_a_hundred(now, found):
    assert bool(_modes((0, 500, 17.0), (now, 500, 17.0))) is found


def test_second_mode_is_what_came_to_the_share_of_before():
    assert not _modes((60, 1000, 17.0), (90, 1000, 17.0))
    (text,) = _modes((15, 500, 17.0), (16, 200, 17.0))
    assert text.startswith("8% of the answers take more than 16.00 ms, 3% in the baseline")


@pytest.mark.parametrize(("count", "found"), [(7, False), (8, True)])
def test_second_mode_is_looked_for_from_eight_times_of_each_run_on(count, found):
    assert bool(_modes((0, count, 17.0), (230, 500, 17.0))) is found
    assert bool(_modes((0, 500, 17.0), (3, count, 17.0))) is found


def test_command_of_one_run_alone_is_in_no_comparison():
    assert judged({NAME: [10.0] * 20, ENABLE: [1.0] * 20}, {}, {DISABLE: [1.0] * 20}) == []


def test_times_of_nothing_are_compared_as_they_are():
    names = ("a", "b", "c", "d")
    times = {one: [0.0] * 20 for one in names} | {NAME: [10.0] * 450 + [20.0] * 50}
    baseline = {one: [10.0] * 20 for one in names} | {NAME: [10.0] * 500}
    assert [(one.kind, one.name) for one in judged(times, {}, baseline)] == [("second mode", NAME)]


@pytest.mark.parametrize(
    ("ms", "found"), [(5.0, ["shifted"]), (4.875, []), (3.0, []), (2.0, []), (4.0, [])]
)
def test_shifted_is_slower_by_a_millisecond(ms, found):
    jitter = [place / 64 for place in range(8)] * 5
    others = {one: [5.0 + more for more in jitter] for one in ("a", "b", "c", "d", "e")}
    baseline = others | {NAME: [4.0 + more for more in jitter]}
    times = others | {NAME: [ms + more for more in jitter]}
    assert [one.kind for one in judged(times, {}, baseline)] == found


def test_chance_of_what_has_to_be_so_is_one():
    assert _fisher(5, 3, 5, 3) == 1.0
    assert _fisher(0, 0, 5, 3) == 1.0
    assert _fisher(0, 1, 1, 1) == 0.5


def test_finding_is_read_back():
    one = TimeFinding("shifted", NAME, "by 2 ms")
    assert TimeFinding.from_dict(one.as_dict()) == one
