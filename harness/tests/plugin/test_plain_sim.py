"""A SIM that is no eUICC, as a new simulated card for each case and as one card in a reader."""

import json
import sys
from pathlib import Path

import pytest

from rspharness.run import opening
from rspharness.run.opening import TargetKind
from rspharness.targets.transport import LinkWrapper

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "harness" / "tests"))

from case_text import PLUGIN  # noqa: E402  beside the tests, in no package
from odd_cards import OddTarget  # noqa: E402  beside the tests, in no package

pytestmark = pytest.mark.once


@pytest.mark.parametrize("place", ["inprocess", "pcsc"])
def test_suites_of_the_uicc_are_green_at_read_only(pytester, monkeypatch, place):
    kind = TargetKind(place, lambda options: OddTarget(options, LinkWrapper), "")
    monkeypatch.setattr(opening, "TARGETS", (kind,))
    plugins = (*PLUGIN, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist")
    reports = pytester.path / "reports"
    pytester.runpytest_inprocess(
        str(ROOT / "suites" / "uicc"),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-q", *plugins),
        f"--rsp-target={place}",
        f"--rsp-report={reports}",
        "--rsp-personality=plain-sim",
        "--rsp-level=read-only",
    )
    results = json.loads((reports / "latest/results.json").read_text("utf-8"))
    verdicts = {case["ids"][0]: case["verdict"] for case in results["cases"]}
    assert set(verdicts.values()) == {"pass", "not applicable"}
    passed = {name for name, verdict in verdicts.items() if verdict == "pass"}
    assert {"UICC.Select#02", "UICC.ReadBinary#04", "UICC.Status#02", "UICC.Toolkit#01"} <= passed
    assert len(passed) > 10
