"""Hostile cards: the table of `harness/hostile/table.py`, and the names in its fixture."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rspcore.errors import LocalError
from rspharness.simulated.hostile import is_hostile, require_hostile
from rspsim.faults.registry import hostile_cards

ROOT = Path(__file__).parents[3]
CARDS = tomllib.loads((ROOT / "fixtures" / "hostile.toml").read_text("utf-8"))["card"]


def test_fixture_has_every_hostile_card():
    named = {card.get("fault", card["name"]) for card in CARDS}
    assert named == {card.name for card in hostile_cards()}
    for card in CARDS:
        assert card["owners"] or card.get("cause") or card.get("right"), card["name"]
        assert card["clause"], card["name"]
    doubles = [card for card in CARDS if card.get("double")]
    assert len(CARDS) - len(doubles) >= 15
    assert len(doubles) >= 5


def test_unknown_hostile_card_is_refused_with_the_near_names():
    assert is_hostile("hostile.malformed-rta")
    with pytest.raises(LocalError, match=r"did you mean hostile\.malformed-rat"):
        require_hostile("hostile.malformed-rta")


def test_card_with_two_faults_has_the_rows_of_each():
    by_name = {card["name"]: set(card["owners"]) for card in CARDS}
    for double in (card for card in CARDS if card.get("double")):
        others = [name for name in by_name if name != double["name"]]
        halves = [one for one in others if one.removeprefix("hostile.") in double["name"]]
        assert len(halves) == 2, double["name"]
        rows = set().union(*(by_name[name] for name in halves))
        assert rows <= set(double["owners"]), double["name"]


@pytest.mark.once
def test_run_on_a_hostile_card_is_as_its_fixture_says():
    done = subprocess.run(
        [sys.executable, ROOT / "harness/hostile/table.py", "hostile.without-list-notification"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as written" in done.stdout
    assert "ES10b.ListNotification#01" in done.stdout
