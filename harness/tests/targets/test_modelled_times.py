import json
from statistics import median

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.generate import make_pki
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.modelled_times import TimeModel
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import TimedLink, TracedLink


def test_given_medians_are_drawn_around_and_the_same_seed_gives_the_same():
    one, same, other = (TimeModel({"SELECT": 20.0, "other": 5.0}, seed=s) for s in ("1", "1", "2"))
    times = [one.draw("SELECT") for _ in range(400)]
    assert times == [same.draw("SELECT") for _ in range(400)]
    assert times != [other.draw("SELECT") for _ in range(400)]
    assert median(times) == pytest.approx(20, rel=0.02)
    assert median(one.draw("STATUS") for _ in range(400)) == pytest.approx(5, rel=0.02)


def test_recorded_times_are_drawn_from_and_a_median_stands_before_them(tmp_path):
    record = {"timings": {"SELECT": [7.0, 90.0], "STATUS": [1.0]}}
    (tmp_path / "cases.jsonl").write_text(json.dumps(record) + "\n")
    model = TimeModel.of_run(tmp_path, {"STATUS": 50.0}, "1")
    assert {model.draw("SELECT") for _ in range(50)} == {7.0, 90.0}
    assert 30 < model.draw("STATUS") < 80
    with pytest.raises(ConfigError, match="no folder of a run"):
        TimeModel.of_run(tmp_path / "none", {}, "1")


def test_times_of_a_modelled_card_are_written_down_and_not_waited_for():
    settings = TargetSettings(kind="inprocess", name="x", times_ms={"MANAGE CHANNEL": 60_000.0})
    target = InProcessTarget(TargetOptions(settings=settings, pki=make_pki()))
    trace, timings = Trace(), Timings()
    link = TimedLink(TracedLink(target.open(), trace), timings)
    link.reset()
    assert link.transmit(bytes.fromhex("0070000001"))[-2:] == b"\x90\x00"
    (elapsed,) = timings.by_name["MANAGE CHANNEL"]
    assert 30_000 < elapsed < 90_000
    assert trace.elapsed_ms == pytest.approx(elapsed, abs=0.01)
