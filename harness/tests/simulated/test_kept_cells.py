"""The table of kept cards: what it takes for wrong, in any order of the cases."""

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "harness" / "kept"))
import card_lists  # noqa: E402  beside the programs, in no package
import cell_results  # noqa: E402  likewise
import cells  # noqa: E402  likewise
from cell_runs import Cell, Outcome, compare  # noqa: E402  likewise

pytestmark = pytest.mark.once

LISTED, OTHER = "suites/test_x.py::test_listed", "suites/test_x.py::test_other"
REASON = "the card says so"


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """Returns a function that gives the problems of a cell, by the verdicts of its runs."""
    (tmp_path / "blank.toml").write_text(f'[profiles]\n"{LISTED}" = "{REASON}"\n')
    monkeypatch.setattr(card_lists, "LISTS", tmp_path)

    def judged(order, *runs):
        new = dict.fromkeys((LISTED, OTHER), ("pass", "", "profiles"))
        outcome = Outcome(Cell("blank", "profiles", order))
        outcome.runs = [
            {name: (verdict, REASON, "profiles") for name, verdict in one.items()} for one in runs
        ]
        compare(outcome, new)
        card_lists.hold_against_list(outcome)
        return outcome.problems

    return judged


AS_LISTED = {LISTED: "not applicable", OTHER: "pass"}
ALL_PASS = {LISTED: "pass", OTHER: "pass"}
NONE_APPLIES = {LISTED: "not applicable", OTHER: "not applicable"}


@pytest.mark.parametrize("order", ["files", "shuffled", "twice"])
def test_what_is_listed_does_not_apply_in_any_order(problems, order):
    assert problems(order, AS_LISTED) == []


@pytest.mark.parametrize("order", ["files", "shuffled", "twice"])
def test_case_that_does_not_apply_and_is_not_listed_is_wrong_in_any_order(problems, order):
    (one,) = problems(order, NONE_APPLIES)
    assert one == f"{OTHER} is not applicable and not listed: {REASON}"


@pytest.mark.parametrize(("order", "wrong"), [("files", 1), ("twice", 1), ("shuffled", 0)])
def test_entry_out_of_date_is_judged_in_the_order_of_the_files(problems, order, wrong):
    assert len(problems(order, ALL_PASS)) == wrong


def test_second_run_in_another_order_counts_too(problems):
    assert problems("twice", ALL_PASS, AS_LISTED) == []
    (one,) = problems("twice", AS_LISTED, NONE_APPLIES)
    assert one.startswith(OTHER)


def test_other_verdict_than_on_a_new_card_is_wrong(problems):
    (one,) = problems("shuffled", {LISTED: "not applicable", OTHER: "probe"})
    assert "is probe, pass on a new card" in one


def _outcome(order="files", apart=(), ran=(LISTED, OTHER)):
    return Outcome(
        Cell("blank", "profiles", order),
        counts=Counter({"pass": len(ran)}),
        ran=set(ran),
        apart=dict.fromkeys(apart, REASON),
    )


def test_entry_of_a_case_that_was_not_asked_for_is_no_matter(problems):  # the list is in place
    some = _outcome(ran=[OTHER])
    card_lists.hold_against_list(some, some=True)
    assert some.problems == []
    card_lists.hold_against_list(some)
    assert len(some.problems) == 1


def test_lists_of_some_cases_keep_the_entries_of_the_others(problems):
    card_lists.write_lists([_outcome(apart=[OTHER], ran=[OTHER])], some=True)
    assert set(_listed()) == {LISTED, OTHER}
    card_lists.write_lists([_outcome()], some=True)
    assert not _listed()


def test_lists_are_written_from_the_order_of_the_files(problems):
    card_lists.write_lists([_outcome(apart=[LISTED]), _outcome("shuffled", apart=[OTHER])])
    assert set(_listed()) == {LISTED}


def _listed():
    return tomllib.loads((card_lists.LISTS / "blank.toml").read_text())["profiles"]


def test_cell_that_ran_is_taken_from_the_file(tmp_path, monkeypatch):
    path, ran = tmp_path / "cells.jsonl", _outcome(apart=[OTHER])
    cell_results.Results(path, ()).add(ran)
    cell_results.Results(path, ()).add(Outcome(Cell("blank", "profiles", "twice")))  # no results

    def found(cases=(), order="files", *, directly=False):
        cell = Cell("blank", "profiles", order)
        return cell_results.Results(path, cases).get(cell, directly=directly)

    assert found() == ran
    assert found().line() == ran.line()
    assert found(["UICC.*"]) is None
    assert found(order="twice") is None
    assert found(directly=True) is None
    monkeypatch.setattr(cell_results.sources, "digest", lambda: "other sources")
    assert found() is None


def test_first_of_two_runs_is_the_cell_in_the_order_of_the_files():
    orders = [Cell("blank", "profiles", order) for order in ("files", "shuffled", "twice")]
    assert [one.order for one in cells._to_run(orders)] == ["twice", "shuffled"]
    assert [one.order for one in cells._to_run(orders[:2])] == ["shuffled", "files"]
    other = Cell("nearly-full", "profiles", "files")
    assert cells._to_run([*orders, other])[-1] == other


def test_longest_cells_begin_first():
    every = [Cell("blank", level, "files") for level in ("read-only", "profiles", "destructive")]
    assert cells._to_run(every) == every[::-1]


@pytest.mark.parametrize("program", ["kept/alone", "kept/cells", "kept/kills", "hostile/table"])
def test_program_starts(program):
    command = [sys.executable, str(ROOT / "harness" / f"{program}.py"), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
