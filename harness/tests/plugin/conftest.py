"""The suite fixture: pytest inside pytest, on the fake card."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from rspharness.run import opening

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PLUGIN

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "fixtures" / "requirements" / "euicc.csv"

_CONFTEST = """
import sys
sys.path.insert(0, {tests!r})
import pytest
from fake_card import FakeCard
from rspharness.run import opening
from rspharness.run.opening import TargetKind

class FakeTarget:
    simulated = {simulated}
    mood = {mood!r}
    def __init__(self, options):
        self.settings = options.settings
        self.name = "fake"
        self.card = FakeCard(self.mood)
    def open(self):
        return self.card
    def facts(self):
        return {{"reader": "fake reader"}}
    def close(self):
        print("commands:", [c.hex() for c in self.card.commands])

opening.TARGETS = (
    TargetKind("inprocess", FakeTarget, ""),
    TargetKind("kept", FakeTarget, ""),
    TargetKind("pcsc", FakeTarget, ""),
)
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """Returns a function that runs a suite of the given text with options on the fake card.

    It runs in this process, which is faster, unless workers or Allure need a process of its own.
    """
    monkeypatch.setattr(opening, "TARGETS", opening.TARGETS)  # the inner conftest replaces it

    def run(text, *options, mood="", simulated=True, workers=False, subprocess=False):
        pytester.makeconftest(
            _CONFTEST.format(tests=str(Path(__file__).parents[1]), mood=mood, simulated=simulated)
        )
        pytester.makepyfile(dedent(text))
        extra = () if workers else ("-p", "no:xdist")
        own = workers or subprocess or "--alluredir" in options
        start = pytester.runpytest_subprocess if own else pytester.runpytest_inprocess
        fixed = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")  # slow to import
        return start(*PLUGIN, f"--rsp-requirements={CATALOGUE}", *fixed, *extra, *options)

    return run
