"""Randomness and time of the operating system."""

from datetime import UTC, datetime, timedelta

from rspsim.system import SystemClock, SystemRng


def test_random_octets_have_the_length_asked_for_and_differ() -> None:
    rng = SystemRng()
    assert [len(rng.octets(count)) for count in (0, 1, 40)] == [0, 1, 40]
    assert rng.octets(16) != rng.octets(16)


def test_clock_returns_the_present_in_utc() -> None:
    before = datetime.now(UTC)  # noqa: TID251  compared with the clock under test
    now = SystemClock().now()
    assert before <= now <= before + timedelta(seconds=10)
    assert now.tzinfo is UTC
