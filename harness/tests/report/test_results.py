"""The results of a run: verdicts of the requirements, the document, the files."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rspcore.errors import ConfigError
from rspharness.cli.main import main
from rspharness.record.catalogue import Catalogue
from rspharness.record.private_files import write_private
from rspharness.report.latest_link import why_latest_stays
from rspharness.report.requirement_matrix import text
from rspharness.report.results import Results
from rspharness.report.run_folder import RunFolder
from rspharness.report.writing import summary, write_reports

CATALOGUE = Catalogue.load(Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv")


def _case(name, verdict, **more):
    return {
        "ids": [name],
        "nodeid": f"t.py::{name}",
        "title": f"Case <{name}>",
        "location": "t.py:1",
        "level": "profiles",
        "verdict": verdict,
        "verdicts": {name: verdict},
        "reason": "because",
        "expected": "",
        "actual": "",
        "sent": "",
        "explanation": "it \x00 went wrong",
        "traceback": "",
        "again": "pytest",
        "steps": [],
        "notes": ["seen"],
        "duration_s": 0.01,
        "commands": 2,
        "card_ms": 1.0,
        "timings": {"SELECT": [1.0, 2.0]},
        "trace": "# rsplab trace 1\n> 00\n",
        **more,
    }


def _results(*cases, **known):
    ids = [name for case in cases for name in case["ids"]]
    defaults = {
        "facts": {"target": "inprocess", "started": "2025-01-01T00:00:00"},
        "ids": ids,
        "budgets_ms": {},
        "options": {"RAT_PPR1": True},
        "contradictions": [],
        "version": "v2",
    }
    return Results.assemble({**defaults, **known}, cases, CATALOGUE, 1.5)


def test_results_of_a_run_that_did_not_begin_took_no_time():
    assert Results(facts={}).duration_s == 0
    assert _results().duration_s == 1.5


def test_requirement_has_the_worst_verdict_of_its_cases():
    results = _results(
        _case("ES10c.GetEID#01", "pass"),
        _case("ES10c.GetEID#01", "fail"),
        _case("ES10c.GetEID#01", "not applicable"),
    )
    states = {row["id"]: row["state"] for row in results.rows}
    assert states["ES10c.GetEID#01"] == "fail"
    assert states["ES10c.GetEID#02"] == "no case"
    assert states["ISD-R.Select#02"] == "not applicable"  # a row of v3
    assert states["ES10c.GetEID#06"] == "not applicable"  # O_E_LPAe is absent
    assert not results.green


@pytest.mark.parametrize(
    ("verdict", "green"),
    [
        ("pass", True),
        ("probe", True),
        ("not applicable", True),
        ("known deviation", True),
        ("fail", False),
        ("inconclusive", False),
        ("blocked", False),
        ("error", False),
    ],
)
def test_run_is_green_without_fail_inconclusive_and_error(verdict, green):
    assert _results(_case("ES10c.GetEID#01", verdict)).green is green


def test_document_is_read_back_unchanged():
    results = _results(_case("ES10c.GetEID#01", "pass"))
    for case in results.cases:
        case["trace"] = "traces/x.txt"
    again = Results.from_json(results.to_json())
    assert again.to_json() == results.to_json()


def _blocked(name, row="ISD-R.Select#20"):
    cause = {"row": row, "finding": "a reset leaves channels open", "remedy": "close them"}
    return _case(name, "blocked", blocked_by=cause)


def test_reports_open_with_the_causes_and_not_with_each_victim(tmp_path):
    cases = [_blocked(f"ES10c.GetEID#0{number}") for number in range(1, 5)]
    cases += [_case(f"ES10b.GetRAT#0{number}", "inconclusive") for number in (1, 2)]
    results = _results(*cases)
    assert list(summary(results))[:3] == [
        "1 cause blocks 4 cases:",
        "  ISD-R.Select#20 (4 blocked): a reset leaves channels open; how to go on: close them",
        "2 cases INCONCLUSIVE: because (ES10b.GetRAT#01, ES10b.GetRAT#02)",
    ]
    folder = _written(tmp_path, *cases)
    (cause,) = json.loads((folder / "results.json").read_text("utf-8"))["causes"]
    assert (cause["row"], len(cause["cases"])) == ("ISD-R.Select#20", 4)
    page = (folder / "index.html").read_text("utf-8")
    assert page.index("1 cause blocks 4 cases") < page.index('id="cases"')
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]  # noqa: S314  our own file
    kinds = [one.get("type") for one in suite.iter("error")]
    assert kinds == ["inconclusive", "inconclusive", "blocked", "blocked", "blocked", "blocked"]


def test_what_a_peer_said_reaches_a_terminal_without_its_control_characters():
    said = "8.8\x1b[31m\x00\ud800\u202e"
    results = _results(
        _case("ES10c.GetEID#01", "inconclusive", reason=said),
        findings=[{"row": "ES10c.GetEID#02", "finding": said, "remedy": said}],
        end=said,
    )
    shown = "".join(summary(results))
    assert shown.count(r"8.8\x1b[31m\x00\ud800\u202e") == 4
    assert shown.isprintable()


NOT_GREEN = {
    "cut": ({"end": "interrupted after 1 of 2 cases"}, [("error", "interrupted")]),
    "finding": (
        {"findings": [{"row": "ES10c.GetEID#02", "finding": "digits", "remedy": "", "by": ""}]},
        [("failure", "finding")],
    ),
    "times": ({"budgets_ms": {"SELECT": 1.5}}, [("failure", "over budget")]),
}


@pytest.mark.parametrize(("known", "seen"), NOT_GREEN.values(), ids=NOT_GREEN)
def test_what_keeps_a_run_from_being_green_is_red_in_junit(tmp_path, known, seen):
    folder = _written(tmp_path, _case("ES10c.GetEID#01", "pass"), **known)
    assert json.loads((folder / "results.json").read_text("utf-8"))["green"] is False
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]  # noqa: S314  our own file
    red = [(one.tag, one.get("type")) for case in suite.iter("testcase") for one in case]
    assert [one for one in red if one[0] != "properties"] == seen
    assert (suite.get("tests"), suite.get(f"{seen[0][0]}s")) == ("2", "1")


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"schema": 99}'])
def test_other_document_is_refused(text):
    with pytest.raises(ConfigError, match=r"results\.json"):
        Results.from_json(text)


def test_matrix_counts_by_area():
    results = _results(_case("ES10c.GetEID#01", "pass"), _case("ES10c.GetEID#04", "probe"))
    row = next(row for row in results.coverage() if row.function == "GetEID")
    assert (row.total, row.applicable, row.automated) == (6, 5, 2)
    assert row.percent == 40
    assert dict(row.verdicts) == {"pass": 1, "probe": 1, "no case": 3, "not applicable": 1}
    lines = text(results.coverage(), functions=True).splitlines()
    assert lines[-1].startswith("all areas")
    assert any(line.startswith("  GetEID") and "1 pass, 1 probe" not in line for line in lines) or (
        any("1 pass" in line for line in lines)
    )


def test_budget_is_compared_with_the_90th_percentile():
    over = _results(_case("ES10c.GetEID#01", "pass"), budgets_ms={"SELECT": 1.5})
    assert over.over_budget == ["SELECT"]
    assert not over.green
    assert _results(_case("ES10c.GetEID#01", "pass"), budgets_ms={"SELECT": 2.0}).green


def _written(tmp_path, *cases, **known):
    folder = RunFolder.create(tmp_path, "run")
    results = _results(*(folder.add(case) for case in cases), **known)
    write_reports(results, folder.path)
    return folder.path


def test_run_writes_its_files(tmp_path):
    folder = _written(
        tmp_path, _case("ES10c.GetEID#01", "fail"), _case("ES10c.GetEID#01", "pass", title="x")
    )
    document = json.loads((folder / "results.json").read_text("utf-8"))
    assert document["schema"] == 1
    assert document["summary"] == {"pass": 1, "fail": 1}
    assert document["interrupted"] is False
    names = [case["trace"] for case in document["cases"]]
    assert names == ["traces/ES10c.GetEID-01.txt", "traces/ES10c.GetEID-01-2.txt"]
    assert all((folder / name).exists() for name in names)
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]  # noqa: S314  our own file
    assert suite.get("failures") == "1"
    page = (folder / "index.html").read_text("utf-8")
    assert "Case &lt;ES10c.GetEID#01&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert (tmp_path / "latest").resolve() == folder.resolve()


def test_second_run_of_the_same_name_has_its_own_folder(tmp_path):
    first = _written(tmp_path, _case("ES10c.GetEID#01", "pass"))
    second = _written(tmp_path, _case("ES10c.GetEID#01", "pass"))
    assert first != second
    assert (tmp_path / "latest").resolve() == second.resolve()


def test_run_that_ended_early_is_not_green_and_says_so(tmp_path):
    end = "interrupted after 1 of 2 cases"
    folder = _written(
        tmp_path, _case("ES10c.GetEID#01", "pass"), end=end, notes=["the card is as before"]
    )
    document = json.loads((folder / "results.json").read_text("utf-8"))
    assert (document["green"], document["interrupted"], document["end"]) == (False, True, end)
    assert document["notes"] == ["the card is as before"]
    page = (folder / "index.html").read_text("utf-8")
    assert "not green, interrupted" in page
    assert f"Not a result of the whole run: {end}." in page
    assert "the card is as before" in page
    results = Results.from_json((folder / "results.json").read_text("utf-8"))
    assert list(summary(results))[-2:] == [
        "the card is as before",
        f"INTERRUPTED, not green: {end}",
    ]


def test_reports_are_made_of_what_a_killed_run_left(tmp_path, capsys):
    folder = RunFolder.create(tmp_path, "run")
    case = _case("ES10c.GetEID#01", "pass")
    known = {
        "facts": {"target": "pcsc"},
        "notes": [],
        "ids": case["ids"],
        "catalogue": str(CATALOGUE.path),
        "budgets_ms": {},
        "options": {},
        "contradictions": [],
        "version": "v2",
    }
    folder.describe(
        {
            "started": "2025-01-01T00:00:00+00:00",
            "command": "run",
            "commit": "",
            "chosen": 3,
            "ended": False,
            "end": "",
            "duration_s": 0.0,
            "known": known,
        }
    )
    folder.add(case)
    with (folder.path / "cases.jsonl").open("a") as lines:
        lines.write('{"ids": ["ES10c.Ge')  # killed while it wrote
    assert main(["report", str(folder.path)]) == 0
    assert "the run did not end: 1 of 3 cases are there" in capsys.readouterr().out
    document = json.loads((folder.path / "results.json").read_text("utf-8"))
    assert document["interrupted"] is True
    assert len(document["cases"]) == 1
    assert document["facts"]["target"] == "pcsc"


@pytest.mark.parametrize("text", [None, "no", '{"schema": 99}'])
def test_folder_of_no_run_is_refused(tmp_path, text, capsys):
    if text is not None:
        (tmp_path / "run.json").write_text(text)
        (tmp_path / "cases.jsonl").write_text("")
    assert main(["report", str(tmp_path)]) == 3
    assert str(tmp_path) in capsys.readouterr().err


def test_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="--report"):
        RunFolder.create(tmp_path / "file", "run")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_latest_that_is_no_link_is_left_and_named(tmp_path, kind):
    latest = tmp_path / "latest"
    if kind == "folder":
        latest.mkdir()
    kept = latest / "thesis.txt" if kind == "folder" else latest
    kept.write_text("years of work")
    folder = _written(tmp_path, _case("ES10c.GetEID#01", "pass"))
    assert kept.read_text() == "years of work"
    assert (folder / "results.json").exists()
    assert why_latest_stays(folder) == f"{latest} is a {kind}, not a link, and was left as it is"
    latest.rename(tmp_path / "mine")
    second = _written(tmp_path, _case("ES10c.GetEID#01", "pass"))
    assert why_latest_stays(second) == ""
    assert latest.resolve() == second.resolve()


def test_link_that_points_nowhere_is_replaced(tmp_path):
    (tmp_path / "latest").symlink_to("gone")
    folder = _written(tmp_path, _case("ES10c.GetEID#01", "pass"))
    assert (tmp_path / "latest").resolve() == folder.resolve()


def test_report_is_its_owner_s_alone(tmp_path):
    folder = _written(tmp_path / "new", _case("ES10c.GetEID#01", "pass"))
    assert folder.stat().st_mode & 0o777 == 0o700
    (trace,) = (folder / "traces").iterdir()
    assert trace.stat().st_mode & 0o777 == 0o600
    trace.chmod(0o644)
    write_private(trace, "again\n")
    assert trace.stat().st_mode & 0o777 == 0o600
    assert trace.read_text() == "again\n"


def test_times_that_are_not_right_are_a_class_of_their_own_in_each_report(tmp_path):
    baseline = {"SELECT": [1.0] * 9}
    case = _case("ES10c.GetEID#01", "pass", timings={"SELECT": [9.0] * 9})
    folder = _written(tmp_path, case, budgets_ms={"SELECT": 5.0}, baseline=baseline)
    document = json.loads((folder / "results.json").read_text("utf-8"))
    assert [one["kind"] for one in document["slow"]] == ["over budget", "shifted"]
    assert (document["green"], document["over_budget"]) == (False, ["SELECT"])
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]  # noqa: S314  our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "2", "0")
    slow = [one for one in suite.iter("testcase") if one.get("classname") == "times"]
    assert [one.find("failure").get("type") for one in slow] == ["over budget", "shifted"]
    assert slow[0].find("failure").get("message") == "over budget: p90 9 ms, budget 5 ms"
    page = (folder / "index.html").read_text("utf-8")
    assert page.index("2 times not right") < page.index('id="requirements"')
    assert "over budget: SELECT, p90 9 ms, budget 5 ms" in list(
        summary(Results.from_json((folder / "results.json").read_text("utf-8")))
    )
