"""Parts of a run as one, old runs removed, and the table of requirements."""

import csv
import errno
import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_results import CATALOGUE, _case

from rspcore.errors import ConfigError
from rspharness.cli.main import main
from rspharness.mutation.matrix_file import read, write
from rspharness.report.merging import merged
from rspharness.report.old_runs import prune
from rspharness.report.run_folder import RunFolder
from rspharness.run.collection import shard
from rspsim.faults.registry import card_faults


def _part(root, *cases, end="", **facts):
    folder = RunFolder.create(root, "run")
    known = {
        "facts": {"target": "card", "eid": "89", **facts},
        "notes": ["seen"],
        "findings": [],
        "ids": [case["ids"][0] for case in cases],
        "catalogue": str(CATALOGUE.path),
        "budgets_ms": {},
        "options": {"CATBUSY": True},
        "contradictions": [],
        "unknown": {},
        "version": "v2",
    }
    description = {"started": "2026-01-01T00:00:00+00:00", "command": "x", "commit": ""}
    ended = {"ended": True, "end": end, "chosen": len(cases), "duration_s": 2.0}
    folder.describe({**description, **ended, "known": known})
    for case in cases:
        folder.add(case)
    return folder.path


def test_parts_of_a_run_are_one_report(tmp_path, capsys):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "pass"), eid="")
    other = _part(tmp_path / "b", _case("ES10c.GetEID#02", "fail"))
    assert main(["merge", str(one), str(other), "--to", str(tmp_path / "all")]) == 1
    document = json.loads((tmp_path / "all" / "results.json").read_text("utf-8"))
    assert document["summary"] == {"pass": 1, "fail": 1}
    assert (document["facts"]["eid"], document["facts"]["merged"]) == ("89", "run, run")
    assert document["duration_s"] == 4.0
    assert (tmp_path / "all" / "traces" / "ES10c.GetEID-02.txt").is_file()
    assert main(["merge", str(one), "--to", str(tmp_path / "alone")]) == 0
    assert main(["merge", str(one), "--to", str(tmp_path / "alone")]) == 3
    assert "name a new folder by --to" in capsys.readouterr().err


def _shard(path, shard, **facts):
    described = json.loads((path / "run.json").read_text("utf-8"))
    described["shard"] = shard
    described["known"]["facts"].update(facts)
    (path / "run.json").write_text(json.dumps(described), "utf-8")
    return str(path)


def _merged_ends(tmp_path, *parts):
    code = main(["merge", *parts, "--to", str(tmp_path / "all")])
    return code, json.loads((tmp_path / "all" / "results.json").read_text("utf-8"))["end"]


def test_merged_run_whose_part_is_missing_is_not_green(tmp_path):
    paths = [_part(tmp_path / str(n), _case(f"ES10c.GetEID#0{n}", "pass")) for n in (1, 2, 3)]
    parts = [_shard(path, f"{n}/3") for n, path in enumerate(paths, 1)]
    assert _merged_ends(tmp_path, *parts[:2]) == (1, "not merged: 3/3 of --shard")
    assert _merged_ends(tmp_path / "rest", str(tmp_path / "all"), parts[2]) == (0, "")
    assert _merged_ends(tmp_path / "whole", *parts) == (0, "")
    _shard(paths[2], "1/2")  # of another division
    assert _merged_ends(tmp_path / "odd", *parts) == (1, "not merged: 2/2 of --shard")
    _shard(paths[2], "")  # a case that was run again is no part of a division
    assert _merged_ends(tmp_path / "again", *parts) == (1, "not merged: 3/3 of --shard")


def test_run_on_a_faulty_card_is_no_part_of_one_on_a_sound_card(tmp_path, capsys):
    one, other = (_part(tmp_path / name, _case("ES10c.GetEID#01", "pass")) for name in "ab")
    _shard(one, "", atr="3B 00")
    fault = _shard(other, "", atr="3B 00", card_fault="es10c.x")
    assert main(["merge", str(one), fault, "--to", str(tmp_path / "all")]) == 3
    assert "card_fault es10c.x" in capsys.readouterr().err
    assert main(["merge", fault, str(one), "--to", str(tmp_path / "all")]) == 3
    assert "card_fault none" in capsys.readouterr().err
    _shard(one, "", atr="")  # nothing applied there, so its card was never reached
    assert main(["merge", str(one), fault, "--to", str(tmp_path / "all")]) == 0


def test_folder_of_a_merged_run_that_cannot_be_written_does_not_stay(tmp_path, monkeypatch):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "pass"))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(RunFolder, "describe", full)
    assert main(["merge", str(one), "--to", str(tmp_path / "all")]) == 3
    assert not (tmp_path / "all").exists()


def test_session_keys_come_along_with_their_traces(tmp_path):
    one = _part(
        tmp_path / "a", {**_case("ES8+.StoreMetadata#01", "pass"), "session_keys": "K 01\n"}
    )
    other = _part(tmp_path / "b", _case("ES10c.GetEID#02", "pass"))
    assert main(["merge", str(one), str(other), "--to", str(tmp_path / "all")]) == 0
    (keys,) = (tmp_path / "all" / "traces").glob("*.keys")
    assert (keys.name, keys.read_text("utf-8")) == ("ES8+.StoreMetadata-01.keys", "K 01\n")
    assert keys.stat().st_mode & 0o077 == 0
    assert "session_keys" not in (tmp_path / "all" / "results.json").read_text("utf-8")


def test_parts_of_a_fault_matrix_are_one_matrix(tmp_path):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "pass"))
    other = _part(tmp_path / "b", _case("ES10c.GetEID#02", "pass"))
    first, *_ = card_faults()
    write(one / "fault_matrix.json", {first.name: ["ES10c.GetEID#01"]})
    main(["merge", str(one), str(other), "--to", str(tmp_path / "without")])
    assert not (tmp_path / "without" / "fault_matrix.json").exists()
    write(other / "fault_matrix.json", {first.name: ["ES10c.GetEID#02"]})
    main(["merge", str(one), str(other), "--to", str(tmp_path / "all")])
    matrix = read(tmp_path / "all" / "fault_matrix.json")
    assert matrix[first.name] == ["ES10c.GetEID#01", "ES10c.GetEID#02"]
    assert matrix.keys() == {fault.name for fault in card_faults()}


def test_case_that_ran_again_is_that_of_the_last_part(tmp_path):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "inconclusive"), end="pulled")
    other = _part(tmp_path / "b", _case("ES10c.GetEID#01", "pass"))
    results = merged([one, other], tmp_path / "all")
    assert results.counts == {"pass": 1}
    assert results.end == "run: pulled"
    assert not results.green


def test_runs_of_different_cards_are_not_one(tmp_path):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "pass"))
    other = _part(tmp_path / "b", _case("ES10c.GetEID#02", "pass"), eid="90")
    with pytest.raises(ConfigError, match=r"eid 90, .* has 89; only runs of one card"):
        merged([one, other], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_table_of_requirements_has_every_row_with_its_verdict(tmp_path):
    one = _part(tmp_path / "a", _case("ES10c.GetEID#01", "fail"))
    merged([one], tmp_path / "all")
    text = (tmp_path / "all" / "requirements.csv").read_text("utf-8")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert len(rows) > 1000
    assert (rows["ES10c.GetEID#01"]["state"], rows["ES10c.GetEID#01"]["reason"]) == (
        "fail",
        "because",
    )
    assert rows["ES10c.GetEID#02"]["cases"] == ""


def test_oldest_runs_are_removed_and_nothing_else(tmp_path):
    names = [f"20260101-00000{number}-card" for number in range(5)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    (tmp_path / "mine").mkdir()
    (tmp_path / "20250101-000000-notes").mkdir()  # no run.json in it
    (tmp_path / "latest").symlink_to(names[4])
    assert [folder.name for folder in prune(tmp_path, 2)] == names[:3]
    left = sorted(folder.name for folder in tmp_path.iterdir())
    assert left == ["20250101-000000-notes", *names[3:], "latest", "mine"]
    assert prune(tmp_path, 2) == []


def test_every_case_is_in_one_part_and_new_ones_move_no_other():
    items = [SimpleNamespace(nodeid=f"suites/test_{number}.py::test_it") for number in range(200)]
    parts = [shard(items, f"{number}/4")[0] for number in range(1, 5)]
    assert sorted(one.nodeid for part in parts for one in part) == sorted(i.nodeid for i in items)
    assert all(30 < len(part) < 70 for part in parts)
    assert shard(items[:100], "1/4")[0] == [one for one in parts[0] if one in items[:100]]
    assert shard(items, "") == (items, [])
    with pytest.raises(pytest.UsageError, match="expected a part of so many"):
        shard(items, "5/4")
