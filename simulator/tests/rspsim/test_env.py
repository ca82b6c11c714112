"""The deterministic randomness and clock: octets that repeat, a clock that stands still."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from rspcore.errors import LocalError
from rspsim.env import ManualClock, SeededRng


def test_same_seed_gives_the_same_octets_in_any_portions():
    one, other = SeededRng(b"seed"), SeededRng(b"seed")
    assert one.octets(100) == b"".join(other.octets(count) for count in (1, 31, 32, 33, 3))


def test_other_seed_gives_other_octets():
    assert SeededRng(b"a").octets(32) != SeededRng(b"b").octets(32)


def test_octets_are_hashes_of_seed_and_block_number():
    blocks = [sha256(b"x" + number.to_bytes(8, "big")).digest() for number in (0, 1)]
    assert SeededRng(b"x").octets(64) == b"".join(blocks)


def test_clock_stands_still_until_it_is_advanced():
    clock = ManualClock(datetime(2025, 3, 1, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2025, 3, 1, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock.now() == datetime(2025, 3, 2, tzinfo=UTC)
    with pytest.raises(LocalError):
        clock.advance(timedelta(seconds=-1))
