"""An LPA of a stranger under test, by the stdio driver: what is right passes, ends have names.

The LPA in `fixtures/strangers` is made of the rules alone, and chooses otherwise than ours.
"""

import json
import sys
from pathlib import Path

import pytest

from rspharness.cli.main import main

pytestmark = pytest.mark.once

STRANGERS = Path(__file__).parents[3] / "fixtures" / "strangers"


@pytest.fixture
def run(tmp_path, capsys):
    """Returns a function that runs cases on the LPA: verdict and reason of each row."""
    config = (STRANGERS / "lpa.toml").read_text("utf-8")
    file = tmp_path / "lpa.toml"
    file.write_text(config.replace("limit_s = 40", "limit_s = 8"), "utf-8")

    def run(*cases, mistake=""):
        options = ["lpa-check", "--config", str(file), "--report", str(tmp_path), "-n", "1"]
        options += [f"--case={one}" for one in cases]
        command = [sys.executable, str(STRANGERS / "lpa.py")]
        code = main([*options, "--", *command, *([f"--mistake={mistake}"] if mistake else [])])
        results = (tmp_path / "latest" / "results.json").read_text("utf-8")
        capsys.readouterr()
        return code, {
            row: (case["verdict"], case["reason"])
            for case in json.loads(results)["cases"]
            for row in case["ids"]
        }

    return run


def test_what_it_chooses_otherwise_is_not_red(run):
    code, verdicts = run(
        *("LPA.Download#01", "LPA.LocalManagement#0[12]", "LPA.Metadata#0[12]"),
        *("LPA.Card#15", "LPA.Session#20", "LPA.Consent#01", "LPA.Default#01"),
    )
    assert code == 0
    assert verdicts.pop("LPA.Default#01") == ("not applicable", "[calls] has no download_default")
    assert {one for one, _ in verdicts.values()} == {"pass"}


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("crash", "a crash: exit code 1"),
        ("signal", "a crash: exit code -6"),
        ("hang", "a hang: no end within its time"),
        ("silence", "a silent success"),
        ("no-word", "no word of it"),
    ],
)
def test_how_it_ends_where_it_should_report_a_failure_has_a_name(run, mistake, said):
    code, verdicts = run("LPA.TLS#01", mistake=mistake)
    assert code == 1
    verdict, reason = verdicts["LPA.TLS#01"]
    assert verdict == "fail"
    assert said in reason
