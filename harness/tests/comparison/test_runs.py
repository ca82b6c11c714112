"""Two folders of runs beside each other."""

import json
import re

import pytest

from rspcore.errors import ConfigError
from rspharness.cli.main import main
from rspharness.comparison.difference import Kind
from rspharness.comparison.runs import compared_runs, read_side
from rspharness.comparison.views import lines
from rspharness.report.run_folder import RunFolder

TRACE = "# case\nATR 3B 00\n> 81 E2 91 00 05 BF 29 02 5A 00\n< BF 29 03 80 01 {} 90 00 ; 5.00 ms\n"


def run(root, *, verdict="pass", code="00", times=(5.0,) * 9, end="", options=None, ids=("A#01",)):
    folder = RunFolder.create(root, "run")
    facts = {"target": "card", "seed": "1", "eid": "89"}
    known = {"facts": facts, "options": options or {"CATBUSY": True}}
    folder.describe({"ended": True, "end": end, "known": known})
    for name in ids:
        record = {"ids": [name], "nodeid": f"test_{name}", "verdict": verdict}
        timings = {"STORE DATA SetNickname": list(times)}
        folder.add({**record, "trace": TRACE.format(code), "timings": timings})
    return folder.path


def shown(one, other):
    return [str(found) for found in compared_runs(one, other).differences]


def test_two_runs_of_one_card_have_no_difference(tmp_path, capsys):
    one, other = run(tmp_path / "a"), run(tmp_path / "b")
    comparison = compared_runs(one, other)
    assert comparison.differences == ()
    assert comparison.compared == {"cases": 1, "answers": 1, "commands with times": 1}
    assert next(lines(comparison)).startswith("no difference; compared: 1 cases, 1 answers")
    assert main(["compare", str(one), str(other)]) == 0


def test_verdicts_values_options_and_times_are_shown_in_this_order(tmp_path, capsys):
    one = run(tmp_path / "a")
    slow = (105.0, 106.0, 104.0, 105.5, 103.0, 105.0, 106.0, 107.0, 105.0)
    changed = {"verdict": "fail", "code": "01", "times": slow, "options": {"CATBUSY": False}}
    other = run(tmp_path / "b", **changed)
    comparison = compared_runs(one, other)
    kinds = [found.kind for found in comparison.differences]
    assert kinds == [Kind.VERDICT, Kind.VALUE, Kind.VALUE, Kind.TIME]
    assert str(comparison.differences[0]) == "verdict A#01: pass -> fail"
    assert str(comparison.differences[1]) == "value option CATBUSY: true -> false"
    assert str(comparison.differences[2]).endswith("setNicknameResult: 0 -> 1")
    assert comparison.differences[3].b.startswith("median 105.00 ms, shift +100.00 ms, delta +1.00")
    assert main(["compare", str(one), str(other)]) == 1
    text = capsys.readouterr().out
    assert text.startswith("4 differences; ")
    assert main(["compare", str(one), str(other), "--no-times", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["differences"]) == 3


def test_difference_of_many_cases_is_shown_once_with_all_of_them(tmp_path):
    ids = ("A#01", "A#02", "A#03", "A#04")
    one, other = run(tmp_path / "a", ids=ids), run(tmp_path / "b", ids=ids, code="7F")
    (found,) = compared_runs(one, other).differences
    assert found.cases == ids
    text = "\n".join(lines(compared_runs(one, other)))
    assert "in A#01, A#02, A#03 and 1 more" in text


def test_what_limits_a_comparison_is_noted(tmp_path):
    one = run(tmp_path / "a", ids=("A#01", "A#02"))
    other = run(tmp_path / "b", end="interrupted", options={"SCP81": True})
    notes = compared_runs(one, other).notes
    assert f"1 cases are in {one} alone" in notes
    assert f"{other} did not come to its end" in notes
    assert f"options unknown in {one} alone: SCP81" in notes


def test_page_names_the_facts_of_both_sides_in_words(tmp_path):
    one, other, page = run(tmp_path / "a"), run(tmp_path / "b"), tmp_path / "page.html"
    main(["compare", str(one), str(other), f"--html={page}"])
    facts = re.findall(r'<th scope="row">([^<]*)', page.read_text("utf-8"))
    assert facts
    assert not [name for name in facts if "_" in name or name in ("svn", "eid", "atr")]


def test_what_cannot_be_compared_is_refused(tmp_path, capsys):
    one = run(tmp_path / "a")
    other = run(tmp_path / "b", ids=("B#01",))
    assert main(["compare", str(one), str(other)]) == 3
    assert "have no case in common" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="neither the folder of a run"):
        read_side(tmp_path)
    card = tmp_path / "card.json"
    card.write_text('{"kind": "fingerprint"}')
    assert main(["compare", str(one), str(card)]) == 2
    assert "name two alike" in capsys.readouterr().err
