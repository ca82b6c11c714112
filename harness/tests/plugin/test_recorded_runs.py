"""Whole runs that are recorded, and replayed without the card."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.pki.generate import make_pki
from rspharness.cli.main import main
from rspharness.record.recording import begin
from rspharness.record.testcase import Level
from rspharness.run.opening import load_settings
from rspharness.run.recorded_run import as_recorded, how_made
from rspharness.run.run_options import RunOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from one_case import ROOT, make_checkout, run

pytestmark = pytest.mark.once

IMPORT = "from rspcore.messages.es10b import GetRatRequest\n"
CASES = """
from rspharness import testcase
from rspharness.card import expect

@testcase("ES10c.GetEID#02", level="read-only")
def test_eid(card):
    \"\"\"The EID has check digits that fit.\"\"\"
    expect.equal(card.eid().check_digits_fit, True, "check digits")

@testcase("ES10b.AuthenticateServer#01", level="read-only")
def test_session(card, server):
    \"\"\"A session begins; its octets are drawn from the seed.\"\"\"
    server.authenticated(card)
"""


def _verdicts(folder):
    cases = json.loads((folder / "latest/results.json").read_text("utf-8"))["cases"]
    return {case["nodeid"]: (case["verdict"], case["reason"]) for case in cases}


def test_replay_of_a_recorded_run_has_its_verdicts_and_needs_no_card(tmp_path):
    checkout = make_checkout(tmp_path, CASES)
    recorded = run(
        checkout, "--target", "inprocess", "--level", "read-only", "--seed", "7",
        "--record", "card.rec", "--report", "one",
    )  # fmt: skip
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    assert set(_verdicts(tmp_path / "one").values()) == {("pass", "")}
    for target in ("replay:card.rec", "replay-search:card.rec", "replay:one/latest"):
        again = run(checkout, "--target", target, "--report", "two")
        assert again.returncode == 0, again.stdout + again.stderr
        assert _verdicts(tmp_path / "two") == _verdicts(tmp_path / "one")
    part = run(checkout, "--target", "replay:card.rec", "--case", "ES10c.GetEID#02")
    assert part.returncode == 0, part.stdout


def test_what_was_not_recorded_ends_the_run_with_3_and_names_it(tmp_path):
    checkout = make_checkout(tmp_path, CASES)
    words = ("--target", "inprocess", "--case", "ES10c.GetEID#02", "--record", "card.rec")
    assert run(checkout, *words).returncode == 0
    asks_more = "card.eid()\n    card.send(GetRatRequest())\n    expect.equal(card.eid()"
    (tmp_path / "suites/test_one.py").write_text(
        IMPORT + CASES.replace("expect.equal(card.eid()", asks_more)
    )
    other = run(checkout, "--target", "replay:card.rec", "--case", "ES10c.GetEID#02")
    assert other.returncode == 3
    assert "81 E2 91 00 03 BF 43 00 00 is not recorded here: the session ends" in other.stdout
    missing = run(checkout, "--target", "replay:card.rec", "--case", "ES10b.AuthenticateServer#01")
    assert missing.returncode == 3
    assert "is recorded from here on" in missing.stdout


def test_wrong_use_of_recordings(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(make_checkout(tmp_path, CASES))
    words = ["run", "--target", "inprocess", "--record", "a.rec", "--suites", "suites"]
    assert main([*words, "-n", "2"]) == 2
    assert "--record writes one file; run without -n" in capsys.readouterr().err
    assert main(["record", "b.rec", *words[1:]]) == 2
    assert "name the file once: rsplab record FILE" in capsys.readouterr().err
    ended = run(tmp_path, *words[1:5], "--kills")
    assert ended.returncode == 2
    assert "--record: not with --kills or --matrix" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"seed": "2"}, "--seed 2: the recording was made with 1; leave it out"),
        ({"level": "destructive"}, "the recording was made at level read-only; record it anew"),
    ],
)
def test_replay_of_other_options_is_refused(tmp_path, given, text):
    file = tmp_path / "card.rec"
    recorded = RunOptions(started=datetime(2026, 3, 1, tzinfo=UTC))
    begin(file, how_made(recorded, Level.READ_ONLY, make_pki())).close()
    settings = load_settings(f"replay:{file}")
    made = as_recorded(RunOptions(), settings)
    assert (made.level, made.started) == ("read-only", recorded.started)
    with pytest.raises(ConfigError, match=text):
        as_recorded(RunOptions(**given), settings)
    with pytest.raises(ConfigError, match=r"none\.rec: no such file; `rsplab record"):
        load_settings("replay:none.rec")


def test_the_suites_that_only_read_have_the_same_verdicts_on_a_recording(tmp_path):
    words = ("--level", "read-only", "--suites", str(ROOT / "suites"), "--case", "ES10c.*")
    words += ("--case", "ES10b.GetEUICC*", "--case", "UICC.*", "--case", "ES10b.AuthenticateS*")
    made = ("--target", "inprocess", "--record", "card.rec.gz", "--report", "one")
    assert run(tmp_path, *words, *made).returncode == 0
    ended = run(tmp_path, *words, "--target", "replay:card.rec.gz", "--report", "two")
    assert ended.returncode == 0, ended.stdout
    assert _verdicts(tmp_path / "two") == _verdicts(tmp_path / "one")
