"""Budgets, folders, workers and Allure in the reports, by pytest inside pytest."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PASS, results_of

pytestmark = pytest.mark.once


def test_exceeded_budget_fails_the_run(suite, pytester):
    pytester.makefile(
        ".toml", lab='kind = "inprocess"\n[budgets_ms]\n"STORE DATA GetEuiccData" = 0.000001\n'
    )
    result = suite(PASS, "--rsp-target", "lab.toml")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["over budget: STORE DATA GetEuiccData*"])
    assert results_of(pytester)["green"] is False


def test_folder_called_latest_is_left_and_the_terminal_says_so(suite, pytester):
    kept = pytester.mkdir("reports") / "latest" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("years of work")
    result = suite(PASS)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*/reports/latest is a folder, not a link, and was left as it is"])
    assert kept.read_text() == "years of work"
    assert len(list((pytester.path / "reports").glob("*/results.json"))) == 1


def test_workers_write_one_report(suite, pytester):
    text = PASS + PASS.replace("#02", "#03").replace("test_eid", "test_other")
    assert suite(text, "-n", "2", workers=True).ret == 0
    results = results_of(pytester)
    assert [case["ids"][0] for case in results["cases"]] == ["ES10c.GetEID#02", "ES10c.GetEID#03"]
    assert len([p for p in (pytester.path / "reports").iterdir() if not p.is_symlink()]) == 1


def test_allure_results_carry_steps_and_labels(suite, pytester):
    assert suite(PASS, "--alluredir", "allure").ret == 0
    files = sorted((pytester.path / "allure").glob("*-result.json"))
    (result,) = [json.loads(path.read_text("utf-8")) for path in files]
    assert result["status"] == "passed"
    assert [step["name"] for step in result["steps"]] == [
        "S_LPAd -> eUICC: GetEID",
        "Expected: check digits",
    ]
    labels = {(label["name"], label["value"]) for label in result["labels"]}
    assert {("feature", "ES10c"), ("tag", "ES10c.GetEID#02")} <= labels
    assert any(a["name"] == "APDU trace" for a in result["attachments"])
    assert result["name"].startswith("ES10c.GetEID#02: ")
    assert result["parameters"] == [{"name": "card", "value": "'fake'"}]


def test_allure_knows_the_card_and_what_is_not_right(suite, pytester):
    assert suite(PASS, "--alluredir", "allure").ret == 0
    folder = pytester.path / "allure"
    environment = (folder / "environment.properties").read_text("utf-8").splitlines()
    assert {"target=inprocess", "svn=2.5.0"} <= set(environment)
    categories = json.loads((folder / "categories.json").read_text("utf-8"))
    message = "Failed: ES10c.GetEID#02  BLOCKED at step 1: Given\n  reason: another row"
    fitting = [one["name"] for one in categories if re.match(one.get("messageRegex", "$"), message)]
    assert fitting == ["Blocked by another requirement"]
