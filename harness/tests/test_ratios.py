"""The floors that the bench compares with: a download needs those operations, no fewer."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from rspcore.crypto.bsp import Bsp
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey, PublicKey

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import floors
import ratios
from downloads import downloads_of

pytestmark = pytest.mark.once

COUNTED = {
    "verifications": (PublicKey, "verify_der"),
    "signatures": (PrivateKey, "sign"),
    "agreements": (PrivateKey, "agree"),
    "segments": (Bsp, "_mac"),
}


@pytest.fixture
def count(monkeypatch):
    """Counts operations; `on` says whether they are counted."""
    counts = Counter()
    counts.on = False

    def counted(name, plain):
        def call(*arguments):
            counts[name] += counts.on
            return plain(*arguments)

        return call

    protect_all = Bsp.protect_all

    def all_counted(*arguments):
        made, after = protect_all(*arguments)
        counts["segments"] += counts.on * len(made)
        return made, after

    monkeypatch.setattr(Bsp, "protect_all", all_counted)
    for name, (owner, method) in COUNTED.items():
        monkeypatch.setattr(owner, method, counted(name, getattr(owner, method)))
    return counts


def operations(count):
    return floors.Operations(**{name: count[name] for name in COUNTED})


def test_card_side_of_a_download_is_made_of_these_operations(count):
    class Counted:
        def __init__(self, link):
            self.link, self.reset, self.close = link, link.reset, link.close

        def transmit(self, command):
            count.on = True
            try:
                return self.link.transmit(command)
            finally:
                count.on = False

    for _, run in downloads_of(Curve.NIST_P256, 1, Counted):
        count.clear()
        run()
    assert operations(count) == floors.CARD


def test_whole_download_is_made_of_these_operations(count):
    for _, run in downloads_of(Curve.NIST_P256, 1, lambda link: link):
        count.clear()
        count.on = True
        run()
        count.on = False
    assert operations(count) == floors.ALL_SIDES


def test_floor_of_a_command_answers_as_long_as_the_card():
    answer = bytes.fromhex("BF3E0C61159000")
    assert floors.command(bytes.fromhex("81E2910006BF3E035C015A00"), answer)() == answer


@pytest.mark.parametrize(("ratio", "said"), [(13.0, ""), (13.1, "over 1.3 x 10")])
def test_ratio_is_over_above_its_stated_figure_and_a_third(ratio, said):
    assert ratios.verdict(ratio, 10) == said
