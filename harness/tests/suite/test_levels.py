"""The level of every case is true: behind the guard of that level it runs as without a guard."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rspharness.plugin.products import OTHER_SUITES

ROOT = Path(__file__).parents[3]
FOLDERS = {path.name for path in (ROOT / "suites").iterdir() if path.is_dir()}
AREAS = sorted(FOLDERS - OTHER_SUITES)
NOT_SENT = "It was not sent."
SPOILING = ("UICC.Terminate#", "UICC.Management#")
"""Rows of commands that no level sends; their cases apply to no card that is kept."""


@pytest.mark.levels
@pytest.mark.parametrize("area", [area for area in AREAS if not area.startswith("_")])
def test_cases_send_only_what_their_level_allows(area, tmp_path):
    places = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "guarded_levels", "--rsp-target", "inprocess"),
            *(
                "--rsp-also",
                "fixtures/targets/variants",
                "--rsp-report",
                str(tmp_path),
                f"suites/{area}",
            ),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        check=False,
    )
    results = tmp_path / "latest" / "results.json"
    assert results.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    cases = json.loads(results.read_text("utf-8"))["cases"]
    wrong = {
        " ".join(case["ids"]): f"{case['verdict']}: {case['reason']}"
        for case in cases
        if case["verdict"] in ("fail", "error", "inconclusive") or NOT_SENT in case["reason"]
    }
    stopped = {name for name in wrong if name.startswith(SPOILING)}
    assert cases
    assert {name: why for name, why in wrong.items() if name not in stopped} == {}
    assert all(NOT_SENT in wrong[name] for name in stopped)
