"""The slot of a worker: nobody else's while it has one, and said plainly where there is none."""

from contextlib import ExitStack

import pytest

from rspcore.errors import ConfigError
from rspharness.simulated import vpcd
from rspharness.simulated.vpcd import claimed_slot
from rspsim.transports.readers import Slot

SLOTS = (Slot("Virtual PCD 00 00", 65011), Slot("Virtual PCD 00 01", 65012))


def test_two_workers_have_two_slots_and_a_third_hears_that_there_is_none(monkeypatch):
    monkeypatch.setattr(vpcd, "_PATIENCE_S", 0.1)
    with ExitStack() as first, ExitStack() as second, ExitStack() as third:
        one = claimed_slot(first, SLOTS, parallel=True)
        other = claimed_slot(second, SLOTS, parallel=True)
        assert {one, other} == set(SLOTS)
        with pytest.raises(ConfigError, match=r"all 2 virtual slots .* for 0.1 s; .*inprocess"):
            claimed_slot(third, SLOTS, parallel=True)
        with pytest.raises(ConfigError, match=r"for 0 s; "):
            claimed_slot(third, SLOTS, parallel=False)
        first.close()
        assert claimed_slot(third, SLOTS, parallel=False) == one
