"""The claim to a virtual slot: one process at a time, given back however the process ends."""

import subprocess
import sys

import pytest

from rspcore.errors import ConfigError
from rspsim.transports import slot_claim
from rspsim.transports.readers import Slot
from rspsim.transports.slot_claim import claim_free_slot
from rspsim.transports.tcp_ports import PortUse

SLOTS = (Slot("Virtual PCD 00 00", 65001), Slot("Virtual PCD 00 01", 65002))
CLAIM = (
    "from rspsim.transports.slot_claim import claim_free_slot\n"
    "from rspsim.transports.readers import Slot\n"
    "claim = claim_free_slot([Slot('a', 65001)], 0)\n"
    "print('claimed', flush=True)\n"
    "input()\n"
)


def test_each_claim_gets_another_slot_until_none_is_left() -> None:
    with claim_free_slot(SLOTS, 0) as first, claim_free_slot(SLOTS, 0) as second:
        assert (first.slot, second.slot) == SLOTS
        with pytest.raises(ConfigError, match="all 2 virtual slots held a card for 0 s"):
            claim_free_slot(SLOTS, 0)
    with claim_free_slot(SLOTS, 0) as again:
        assert again.slot == SLOTS[0]


def test_slot_with_a_card_of_another_program_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        slot_claim, "port_use", lambda port: PortUse(listener=True, taken=port == SLOTS[0].port)
    )
    with claim_free_slot(SLOTS, 0) as claim:
        assert claim.slot == SLOTS[1]


def test_claim_of_another_process_ends_when_it_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLAIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"claimed\n"
        with pytest.raises(ConfigError):
            claim_free_slot(SLOTS[:1], 0)
        other.kill()
        other.wait()
    with claim_free_slot(SLOTS[:1], 5) as claim:
        assert claim.slot == SLOTS[0]
