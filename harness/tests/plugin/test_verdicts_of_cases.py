"""Verdicts of cases and what the report says of them, by pytest inside pytest on the fake card."""

import sys
from pathlib import Path

import pytest

from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, results_of

pytestmark = pytest.mark.once


def test_passing_case_is_reported_with_steps_and_trace(suite, pytester):
    result = suite(PASS)
    assert result.ret == 0
    results = results_of(pytester)
    (case,) = results["cases"]
    assert case["verdict"] == "pass"
    assert case["title"] == "The EID has check digits that fit."
    assert [step["title"] for step in case["steps"]] == [
        "S_LPAd -> eUICC: GetEID",
        "Expected: check digits",
    ]
    assert case["notes"] == ["EID 89049032123451234512345678901235"]
    assert results["green"] is True
    assert results["facts"]["eid"] == "89049032123451234512345678901235"
    assert results["facts"]["reader"] == "fake reader"
    assert "STORE DATA GetEuiccData" in results["timings"]
    trace = (pytester.path / "reports/latest" / case["trace"]).read_text("utf-8")
    assert "# step 1: S_LPAd -> eUICC: GetEID" in trace
    assert "> 81 E2 91 00 06 BF 3E 03 5C 01 5A 00" in trace
    html = (pytester.path / "reports/latest/index.html").read_text("utf-8")
    assert "ES10c.GetEID#02" in html
    junit = (pytester.path / "reports/latest/junit.xml").read_text("utf-8")
    assert 'name="ES10c.GetEID#02 The EID has check digits that fit."' in junit


def test_failing_case_reports_requirement_expected_and_actual(suite, pytester):
    result = suite(PASS.replace("check_digits_fit, True", "check_digits_fit, False"))
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "ES10c.GetEID#02  FAIL at step 2: Expected: check digits",
            "  requirement  SGP.22 5.7.20, GetEID: EID digits valid; *",
            "  expected     False",
            "  actual       True",
            "  sent         ES10c.GetEID, 6 octets; trace line *",
            "  again        rsplab run --case 'ES10c.GetEID#02' --target inprocess",
        ]
    )
    assert results_of(pytester)["cases"][0]["verdict"] == "fail"


def test_refusal_of_the_eid_at_the_start_is_inconclusive(suite, pytester):
    assert suite(PASS, mood="refuses", simulated=True).ret == 1
    assert results_of(pytester)["cases"][0]["verdict"] == "inconclusive"


def test_refusal_outside_initial_conditions_is_a_fail(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_refused(card, step):
    with step("S_LPAd -> eUICC: GetEID"):
        expect.equal(1, 2)
"""
    )
    result = suite(text)
    assert result.ret == 1
    assert [case["verdict"] for case in results_of(pytester)["cases"]] == ["fail"]
    result.stdout.fnmatch_lines(["*1 failed*"])


def test_refusal_in_initial_conditions_is_inconclusive(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_refused(card, step):
    with step("Initial conditions: something"):
        expect.equal(1, 2)

@testcase("ES10c.GetEID#03")
def test_raised(card):
    raise Inconclusive("no such Profile")
"""
    )
    result = suite(text)
    assert result.ret == 1
    assert [case["verdict"] for case in results_of(pytester)["cases"]] == ["inconclusive"] * 2
    result.stdout.fnmatch_lines(["*2 inconclusive*"])


def test_lost_target_makes_the_rest_inconclusive(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_lost(card):
    raise TargetLost("reader gone")

@testcase("ES10c.GetEID#02")
def test_next(card):
    pass
"""
    )
    ended = suite(text)
    assert ended.ret == NOTHING_RAN
    ended.stdout.fnmatch_lines(["the card is gone: *reader gone; put it back in its reader, and *"])
    results = results_of(pytester)
    assert [case["verdict"] for case in results["cases"]] == ["inconclusive"] * 2
    assert "reader gone" in results["cases"][1]["reason"]
    assert "lost earlier" in results["cases"][1]["reason"]


def test_other_exception_is_an_error_with_its_traceback(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_bug(card):
    {}["no such key"]
"""
    )
    assert suite(text).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "error"
    assert "no such key" in case["traceback"]


def test_probe_records_and_never_fails(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#04")
def test_probe(card):
    expect.sw(card.apdu("00A40004023F00"), 0x6A80, 0x6A88)
"""
    )
    assert suite(text).ret == 0
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "probe"
    assert "6A80" in case["expected"]
    assert "9000" in case["actual"]


def test_probe_fails_for_what_is_settled(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#04")
def test_probe(card):
    with expect.settled():
        expect.sw(card.apdu("00A40004023F00"), 0x6A80)
"""
    )
    assert suite(text).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "fail"
    assert case["verdicts"] == {"ES10c.GetEID#04": "fail"}


def test_known_deviation_does_not_fail_and_one_that_passes_does(suite, pytester):
    pytester.makefile(
        ".toml",
        lab='kind = "inprocess"\n[deviations]\n"ES10c.GetEID#01" = "known to the maker"\n'
        '"ES10c.GetEID#02" = "was repaired"\n',
    )
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_fails(card):
    expect.equal(1, 2)

@testcase("ES10c.GetEID#02")
def test_passes(card):
    pass
"""
    )
    assert suite(text, "--rsp-target", "lab.toml").ret == 1
    cases = {c["ids"][0]: c for c in results_of(pytester)["cases"]}
    assert cases["ES10c.GetEID#01"]["verdict"] == "known deviation"
    assert "known to the maker" in cases["ES10c.GetEID#01"]["reason"]
    assert cases["ES10c.GetEID#02"]["verdict"] == "fail"
    assert "take the line out" in cases["ES10c.GetEID#02"]["actual"]
