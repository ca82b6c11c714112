"""A simulated card that loses its power inside a command begins again with what it had written."""

from types import SimpleNamespace

import pytest

from rspcore.messages.es10a import SetDefaultDpAddressRequest
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.power_inside import PowerLosing
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.faults.card.whole_card.commits import FAULTS

pytestmark = pytest.mark.once
NEW = SetDefaultDpAddressRequest(default_dp_address="new.example.com")
OLD = SetDefaultDpAddressRequest(default_dp_address="old.example.com")


@pytest.fixture
def world():
    """Returns the maker of a target and its card, sound or with a fault."""

    def made(fault=""):
        options = TargetOptions(
            settings=TargetSettings(kind="inprocess"), pki=make_pki(), card_fault=fault
        )
        target = InProcessTarget(options)
        card = Card(target.open())
        card.reset()
        card.send(OLD)
        return SimpleNamespace(target=target, card=card)

    return made


def address(one):
    """Returns the address that the card in place keeps."""
    return one.target.keep().addresses.default_dp


@pytest.mark.parametrize(("pieces", "kept"), [(0, "old"), (1, "new"), (2, "new")])
def test_sound_card_keeps_all_or_nothing(world, pieces, kept):
    one = world()
    assert isinstance(one.target, PowerLosing)
    with one.card.power_lost_inside(one.target, pieces):
        one.card.send(NEW)
        pytest.fail("the answer was read")
    assert address(one) == f"{kept}.example.com"


@pytest.mark.parametrize(
    ("pieces", "kept"), [(0, "old.example.com"), (1, None), (2, "new.example.com")]
)
def test_card_that_writes_in_two_pieces_keeps_one(world, pieces, kept):
    one = world("commits.address-in-two")
    with one.card.power_lost_inside(one.target, pieces):
        one.card.send(NEW)
    assert address(one) == kept


def test_command_that_writes_nothing_is_answered(world):
    one = world()
    with one.card.power_lost_inside(one.target, 0):
        assert one.card.eid()
    assert address(one) == "old.example.com"


def test_each_fault_splits_what_it_names():
    assert len({fault.breaks for fault in FAULTS}) == len(FAULTS)
