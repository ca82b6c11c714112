"""What the verdicts of all cases make of a run and of its rows."""

import json
from pathlib import Path

import pytest

from rspharness.record.catalogue import Catalogue
from rspharness.report.results import Results

CATALOGUE = Catalogue.load(Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv")
FIRST, SECOND = "ES10c.GetEID#01", "ES10c.GetEID#02"


def _case(name, verdict, *more_ids, nodeid=""):
    return {
        "ids": [name, *more_ids],
        "nodeid": nodeid or f"t.py::{name}",
        "verdict": verdict,
        "verdicts": dict.fromkeys((name, *more_ids), verdict),
        "blocked_by": None,
    }


def _results(*cases, duration_s=1.23456, **known):
    defaults = {
        "facts": {},
        "ids": [name for case in cases for name in case["ids"]],
        "budgets_ms": {},
        "options": {"RAT_PPR1": True},
        "contradictions": [],
        "version": "v2",
    }
    return Results.assemble({**defaults, **known}, cases, CATALOGUE, duration_s)


BROKEN = {"broken": "the card left its reader"}
FINDING = {"row": SECOND, "finding": "other digits", "remedy": ""}


@pytest.mark.parametrize(
    ("verdicts", "known", "lost"),
    [
        (["pass", "inconclusive"], {}, True),
        (["inconclusive"], {}, True),
        (["pass"], {}, False),
        (["inconclusive", "fail"], {}, False),
        (["inconclusive", "error"], {}, False),
        (["blocked"], {}, False),
        (["inconclusive"], {"findings": [FINDING]}, False),
    ],
)
def test_card_is_lost_where_nothing_else_is_wrong(verdicts, known, lost):
    cases = [_case(FIRST, one, nodeid=f"t.py::{place}") for place, one in enumerate(verdicts)]
    results = _results(*cases, facts=BROKEN, **known)
    assert results.lost == (BROKEN["broken"] if lost else "")


def test_card_is_not_lost_where_times_are_not_right_or_nobody_says_so():
    cases = [{**_case(FIRST, "inconclusive"), "timings": {"SELECT": [9.0]}}]
    results = _results(*cases, facts=BROKEN, budgets_ms={"SELECT": 1.0})
    assert (results.lost, results.over_budget, results.green) == ("", ["SELECT"], False)
    assert _results(_case(FIRST, "inconclusive")).lost == ""


@pytest.mark.parametrize(
    ("verdicts", "ran"),
    [(["not applicable"], False), (["not applicable", "pass"], True), (["fail"], True)],
)
def test_run_in_which_nothing_applied_did_not_run(verdicts, ran):
    cases = [_case(FIRST, one, nodeid=f"t.py::{place}") for place, one in enumerate(verdicts)]
    assert _results(*cases).ran is ran


def test_run_with_every_green_verdict_is_green_until_it_ends_early():
    verdicts = ("pass", "not applicable", "probe", "known deviation")
    cases = [_case(FIRST, one, nodeid=f"t.py::{place}") for place, one in enumerate(verdicts)]
    assert _results(*cases).green
    assert not _results(*cases, end="interrupted").green
    assert not _results(*cases, findings=[FINDING]).green


def test_cases_are_in_the_order_of_the_catalogue_by_their_first_row():
    rows = [row.id for row in CATALOGUE]
    last, first, middle = rows[9], rows[0], rows[5]
    cases = [_case(last, "pass", first), _case(middle, "pass", last), _case(first, "pass")]
    assert [case["ids"][0] for case in _results(*cases).cases] == [first, middle, last]
    unknown = [_case(rows[0], "pass", nodeid="b"), _case("Own.Case#01", "pass", nodeid="a")]
    assert [one["ids"][0] for one in _results(*unknown).cases] == ["Own.Case#01", rows[0]]
    unknown = [_case(rows[0], "pass", nodeid="a"), _case("Own.Case#01", "pass", nodeid="b")]
    assert [one["ids"][0] for one in _results(*unknown).cases] == [rows[0], "Own.Case#01"]


def test_document_has_a_line_for_each_case_in_letters_of_every_script():
    text = _results(_case(FIRST, "pass"), _case(SECOND, "pass"), notes=["käse"]).to_json()
    assert "käse" in text
    assert sum(line.startswith('{"ids"') for line in text.splitlines()) == 2
    assert '"slow": []' in text
    assert json.loads(text)["duration_s"] == 1.235


def _row(results, name):
    return next(row for row in results.rows if row["id"] == name)


def test_row_has_its_condition_and_why_it_is_not_of_this_version():
    results = _results(_case(FIRST, "pass"), _case(SECOND, "not applicable"))
    assert _row(results, FIRST)["condition"] == ""
    assert _row(results, "ES10c.GetEID#06")["condition"] == "O_E_LPAe"
    assert (_row(results, FIRST)["why_not"], _row(results, FIRST)["applicable"]) == ("", True)
    assert _row(results, "ISD-R.Select#02")["why_not"] == "row of v3"
    assert _row(results, "ISD-R.Select#02")["applicable"] is False


def test_row_that_ran_is_applicable_whatever_its_condition_says():
    name = "ES10c.GetEID#06"
    assert _row(_results(_case(name, "pass")), name)["applicable"] is True
    assert _row(_results(_case(name, "not applicable")), name)["applicable"] is False
    assert _row(_results(options={}), name)["applicable"] is True
    unknown = {"O_E_LPAe": "neither declared nor read"}
    assert _row(_results(unknown=unknown), name)["applicable"] is True


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (["not applicable"], "not applicable"),
        (["pass", "not applicable"], "pass"),
        (["blocked", "probe"], "blocked"),
        (["inconclusive", "blocked"], "inconclusive"),
        (["inconclusive", "error"], "error"),
        (["fail", "error"], "fail"),
    ],
)
def test_row_shows_its_worst_verdict(verdicts, worst):
    for order in (verdicts, verdicts[::-1]):
        cases = [_case(FIRST, one, nodeid=f"t.py::{place}") for place, one in enumerate(order)]
        assert _row(_results(*cases), FIRST)["state"] == worst
