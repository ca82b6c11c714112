"""Fixtures of several tests here: a card that is kept over runs, as its owner has it."""

import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.suite.profile_packages import profile

sys.path.insert(0, str(Path(__file__).parent))
from recovery_cards import OWNERS, KeptTarget


@pytest.fixture
def target():
    return KeptTarget(Run(RunOptions()).target.open())


@pytest.fixture
def owner(target):
    """Returns the card as its owner has it: a Profile Enabled, a nickname, an address."""
    card = Card(target.link)
    card.reset()
    run = Run(RunOptions())
    make = server_maker(run.pki, Curve.NIST_P256, "owner", run.options.started)
    make().install(card, profile(OWNERS))
    local_management.enable_profile(card, OWNERS.iccid)
    local_management.set_nickname(card, OWNERS.iccid, "work")
    local_management.set_default_address(card, "operator.test")
    card.reset()
    return card


@pytest.fixture
def make(target):
    def run(level="profiles", **options):
        return Run(RunOptions(target="pcsc", level=level, **options), lambda _: target)

    return run
