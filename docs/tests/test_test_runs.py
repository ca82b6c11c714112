"""The record of test runs: what is written of the launcher's lines, and the table of it."""

import importlib.util
import os
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from generators import test_runs  # noqa: E402  in the folder of the site

pytestmark = pytest.mark.once

LOG = """\
rsplab: Pythons found: 3.11
lint: OK in 26.5 seconds
rsplab: 1 of 2: lint OK, 26 s; 26 s so far
rsplab: lint           OK       26.5 s
rsplab: fuzz-full      FAIL    601.2 s
rsplab: unit-py314     SKIP      0.3 s
10 passed, 0 failed, 0 skipped
"""
OLD = '[fuzz-full]\nresult = "OK"\nseconds = 1.0\n[kept]\nresult = "OK"\n'


@pytest.fixture
def record(monkeypatch, tmp_path):
    """Returns the program that writes the record, for a record of its own."""
    spec = importlib.util.spec_from_file_location("record", ROOT / ".ci" / "record.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RECORD", tmp_path / "runs.toml")
    monkeypatch.setattr(module, "_git", lambda *words: "abc" if words[0] == "rev-parse" else "")
    return module


def test_log_replaces_what_ran_and_keeps_the_rest(record, monkeypatch, tmp_path):
    record.RECORD.write_text(OLD)
    log = tmp_path / "log"
    log.write_text(LOG)
    os.utime(log, (1_800_000_000, 1_800_000_000))
    monkeypatch.setattr(sys, "argv", ["record.py", "--log", str(log)])
    assert record.main() == 0
    day = {"commit": "abc", "date": "2027-01-15"}
    assert tomllib.loads(record.RECORD.read_text()) == {
        "fuzz-full": {"result": "FAIL", "seconds": 601.2, **day},
        "kept": {"result": "OK"},
        "lint": {"result": "OK", "seconds": 26.5, **day},
    }


def test_checkout_with_changes_is_not_tested(record, monkeypatch, capsys):
    monkeypatch.setattr(record, "_git", lambda *_: " M tox.ini")
    monkeypatch.setattr(sys, "argv", ["record.py"])
    assert record.main() == 2
    assert "M tox.ini" in capsys.readouterr().err


def test_every_environment_of_the_list_and_of_the_full_forms_has_a_row():
    rows = {name.strip("`"): (short, full) for name, _, short, full in test_runs.rows()}
    assert rows.keys() >= {"lint", "unit", "pcsc", "kept", "fuzz", "matrix", "kept-kills", "bench"}
    assert rows["lint"][1] == "the same"
    assert rows["matrix"][0] == "-"
    assert rows["fuzz"][0].startswith("OK, ")
