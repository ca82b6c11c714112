"""What a run may change on a card, by pytest inside pytest on the fake card."""

import sys
from pathlib import Path

import pytest

from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, results_of

pytestmark = pytest.mark.once


def test_run_without_folder_for_the_journal_ends_before_its_first_case(suite, monkeypatch):
    monkeypatch.setenv("RSPLAB_JOURNALS", "/dev/null/x")
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_changes(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    options = ("--rsp-target", "pcsc", "--rsp-level", "profiles", "--rsp-eid")
    result = suite(text, *options, "89049032123451234512345678901235", simulated=False)
    assert result.ret == NOTHING_RAN
    result.stdout.fnmatch_lines(["*the card was not changed: /dev/null/x:*RSPLAB_JOURNALS*"])


@pytest.mark.parametrize(("limit", "code"), [("many", 4), ("0", 1)])
def test_limit_of_changing_commands(suite, pytester, limit, code):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_changes(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    options = (
        "--rsp-target",
        "pcsc",
        "--rsp-level",
        "profiles",
        "--rsp-change-limit",
        limit,
        "--rsp-eid",
    )
    result = suite(text, *options, "89049032123451234512345678901235", simulated=False)
    assert result.ret == code
    if code == 1:
        assert "the limit is 0" in results_of(pytester)["cases"][0]["reason"]


def test_wrong_eid_stops_the_run_before_anything_else_is_sent(suite):
    result = suite(
        PASS,
        "--rsp-target",
        "pcsc",
        "--rsp-eid",
        "89049032000000000000000000000110"[:32],
        "-s",
        simulated=False,
    )
    assert result.ret == NOTHING_RAN
    asked = "EID 89049032123451234512345678901235 found, --eid asked for"
    result.stdout.fnmatch_lines([f"*! stopped: *{asked}*"])
    result.stdout.no_fnmatch_line("*_pytest*")
    (line,) = [line for line in result.outlines if "commands:" in line]
    sent = line.partition("commands: ")[2]
    # SELECT that tells an eUICC from another UICC; TERMINAL CAPABILITY, MANAGE CHANNEL, SELECT,
    # GetEID, MANAGE CHANNEL close and nothing more.
    assert sent.count("'") == 2 * 6
    assert "'00708001'" in sent
    assert "bf3e035c015a" in sent


def test_real_card_runs_only_reading_cases_by_default(suite, pytester):
    text = (
        PASS
        + """
@testcase("ES10c.GetEID#05")
def test_changes(card):
    raise RuntimeError
"""
    )
    assert suite(text, "--rsp-target", "pcsc", simulated=False).ret == 0
    cases = {c["ids"][0]: c for c in results_of(pytester)["cases"]}
    assert cases["ES10c.GetEID#02"]["verdict"] == "pass"
    assert cases["ES10c.GetEID#05"]["verdict"] == "not applicable"
    assert "level profiles" in cases["ES10c.GetEID#05"]["reason"]


def test_lasting_changes_on_a_real_card_need_the_eid(suite):
    result = suite(PASS, "--rsp-target", "pcsc", "--rsp-level", "profiles", simulated=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--level profiles on a card in a reader needs --eid*"])


def test_reading_case_cannot_change_a_real_card(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02", level="read-only")
def test_misdeclared(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    assert suite(text, "--rsp-target", "pcsc", simulated=False).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "error"
    assert "was not sent" in case["reason"]
