"""How a curve of the bench is judged: its exponent, and a step in it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import growth

pytestmark = pytest.mark.once

POINTS = (1, 2, 4, 8, 16, 32)


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_exponent_is_that_of_the_upper_half(power):
    values = [point**power for point in POINTS]
    assert growth.exponent(POINTS, values) == pytest.approx(power)
    values[:2] = [1000, 1000]
    assert growth.exponent(POINTS, values) == pytest.approx(power)


def test_step_is_more_than_three_times_what_the_point_before_leads_to():
    assert growth.step(POINTS, (1, 2, 4, 8, 16, 32)) is None
    assert growth.step(POINTS, (1, 2, 12, 12, 12, 12)) is None
    assert growth.step(POINTS, (1, 2, 13, 13, 13, 13)) == 4


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ((1, 2, 4, 8, 16, 32), 0, "exponent 1.00"),
        ((1, 4, 16, 64, 256, 1024), 1, "exponent 2.00 not linear"),
        ((1, 2, 30, 31, 32, 33), 1, "exponent 0.05 a step at 4"),
    ],
)
def test_broken_curve_is_named_and_ends_with_1(monkeypatch, capsys, values, code, said):
    known = dict(zip(POINTS, values, strict=True))
    curve = growth.Curve("time, by size", "ms", POINTS, known.__getitem__)
    monkeypatch.setattr(growth, "curves", lambda *_: (curve,))
    monkeypatch.setattr(growth, "plotted", lambda *_: "no plot")
    assert growth.main([]) == code
    assert capsys.readouterr().out.splitlines()[0] == f"time, by size: {said}"


def test_measured_values_grow_with_the_card(tmp_path):
    full = growth.Full()
    assert len(full.state(2).profiles) == 2
    assert len(full.notified(3).notifications) == 3
    assert full.file(2) > full.file(0) > 0
