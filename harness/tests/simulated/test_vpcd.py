"""The suites' target behind a real pcscd with the vpcd driver."""

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.generate import make_pki
from rspharness.card.card_under_test import Card
from rspharness.simulated.vpcd import VpcdTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

pytestmark = pytest.mark.vpcd


@pytest.fixture
def target():
    settings = TargetSettings(kind="vpcd", name="vpcd")
    try:
        made = VpcdTarget(TargetOptions(settings=settings, pki=make_pki()))
    except ConfigError as error:
        pytest.skip(f"no virtual reader here: {error}")
    yield made
    made.close()


def test_every_case_gets_a_new_card(target):
    seen = []
    for _ in range(2):
        card = Card(target.open())
        card.reset()
        seen.append(card.eid())
        card.send_raw(bytes.fromhex("BF3F03800161"))
        assert b"\x80\x01a" in card.store(bytes.fromhex("BF3C00")).data
        card.link.close()
    card = Card(target.open())
    card.reset()
    assert b"\x80\x01a" not in card.store(bytes.fromhex("BF3C00")).data
    assert seen[0] == seen[1]


def test_kept_state_comes_back(target):
    card = Card(target.open())
    card.reset()
    card.send_raw(bytes.fromhex("BF3F03800161"))
    state = target.keep()
    card = Card(target.open())
    target.restore(state)
    atr = card.power_cycle()
    assert atr[0] == 0x3B
    assert b"\x80\x01a" in card.store(bytes.fromhex("BF3C00")).data


def test_reader_is_among_the_facts(target):
    assert target.facts()["reader"].startswith("Virtual PCD")
