"""The bad LPAs: what is written down for each, and a mistake for every row of the catalogue."""

import argparse
import csv
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from rspharness.cli import lpa_check
from rspharness.cli.run import add_options
from rspharness.peers.lpa_config import CALLS, OPTIONS, LpaConfig
from rspharness.report.causes import alike, lines

ROOT = Path(__file__).resolve().parents[3]
LPAS = ROOT / "fixtures" / "lpas"
sys.path.insert(0, str(LPAS))

import mistaken  # noqa: E402  beside the tests, in no package

pytestmark = pytest.mark.once

GENERAL = ("silent", "hang", "nothing_done", "failure_at_the_end", "no_word")
"""Mistakes that turn nearly every row red that has to do with them."""
ROWS = {
    row["id"]: row
    for row in csv.DictReader(
        (ROOT / "fixtures" / "requirements" / "lpa.csv").read_text("utf-8").splitlines()
    )
}


def test_rows_that_are_written_down_are_in_the_catalogue():
    expected = tomllib.loads((LPAS / "expected.toml").read_text("utf-8"))
    assert {"rsplab", "version3", "different", "naive", "forgetful", "old"} == expected.keys()
    for name in ("rsplab", "version3", "different"):
        assert not expected[name]
    for rows in expected.values():
        assert rows.keys() <= ROWS.keys()
        assert all(rows.values())


@pytest.mark.parametrize("row", ROWS)
def test_row_has_a_mistake_that_says_what_it_is(row):
    assert mistaken.text_of(row).endswith(".")


def test_each_mistake_is_made_in_a_row():
    cards = (ROOT / "fixtures" / "requirements" / "euicc.csv").read_text("utf-8")
    newer = [row["id"] for row in csv.DictReader(cards.splitlines()) if row["area"] == "LPA"]
    made = {mistaken.mistake_of(row) for row in (*ROWS, *newer)}  # those of version 3 stand there
    *written, (_, rest) = mistaken._MISTAKES  # the last is for rows that are new
    assert made - {rest} == {mistake for _, mistake in written}


def test_general_mistakes_are_of_few_rows_and_narrow_ones_are_narrow():
    made = Counter(mistaken.mistake_of(row).__name__ for row in ROWS)
    assert sum(made[name] for name in GENERAL) <= 15
    assert all(made[name] <= 10 for name in mistaken.N)


@pytest.mark.parametrize("file", sorted(LPAS.glob("*.toml")), ids=lambda file: file.stem)
def test_configurations_can_be_read(file):
    if file.stem != "expected":
        config = LpaConfig.load(file)
        assert set(CALLS) - config.calls.keys() <= {"download_by_name"}  # an LPA of version 3
        assert config.options.keys() == set(OPTIONS)


def test_conditions_are_options_of_lpas():
    asked = {row["condition"] for row in ROWS.values()} - {""}
    assert asked == set(OPTIONS)


def case(name, expected, actual, verdict="fail"):
    return {
        "ids": [name],
        "verdict": verdict,
        "expected": expected,
        "actual": actual,
        "reason": "",
        "blocked_by": None,
    }


def test_failures_of_an_lpa_are_grouped_by_what_they_have_in_common():
    cases = [
        case("LPA.TLS#01", "nothing sent", "1: sent"),
        case("LPA.Card#01", "success", "a crash: exit code 1; x"),
        case("LPA.Card#02", "a failure", "a crash: exit code 1; y"),
        case("LPA.TLS#02", "nothing sent", "2: sent"),
        case("LPA.TLS#03", "nothing sent", "", "pass"),
        case("LPA.Rules#05", "reason 3", "0"),
        case("ES10c.GetEID#01", "nothing sent", "2: sent"),
    ]
    groups = alike(cases)
    assert [(one.count, one.finding) for one in groups] == [
        (2, "not as expected: nothing sent"),
        (2, "a crash"),
    ]
    assert "2 cases FAIL alike: a crash (LPA.Card#01, LPA.Card#02)" in list(lines(cases))


def test_lpa_check_knows_every_option_of_a_run():
    run, own = argparse.ArgumentParser(), argparse.ArgumentParser()
    add_options(run)
    lpa_check.add_parser(own.add_subparsers())
    given = vars(own.parse_args(["lpa-check", "--", "my-lpa"]))
    known = {one.dest for one in run._actions if one.help is not argparse.SUPPRESS}
    assert known - {"help"} <= given.keys()
