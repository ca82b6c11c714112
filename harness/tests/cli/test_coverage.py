"""`rsplab coverage` on results written here."""

from pathlib import Path

import pytest

from rspharness.cli.main import main
from rspharness.report.results import Results

ROW = {
    "area": "ES10b",
    "function": "GetEUICCChallenge",
    "spec_ref": "5.7.7",
    "title": "a challenge of 16 octets",
}


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    rows = [
        {
            **ROW,
            "id": "ES10b.X#01",
            "versions": "v3",
            "state": "pass",
            "automated": True,
            "applicable": True,
        },
        {
            **ROW,
            "id": "ES10b.X#02",
            "versions": "v3",
            "state": "no case",
            "automated": False,
            "applicable": True,
        },
        {
            **ROW,
            "id": "ES10b.X#03",
            "versions": "both",
            "state": "no case",
            "automated": False,
            "applicable": False,
        },
    ]
    (tmp_path / "results.json").write_text(Results(facts={}, rows=rows).to_json())
    return tmp_path


def test_matrix_counts_requirements_with_a_case(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coverage", str(run_folder)]) == 0
    total, version = capsys.readouterr().out.splitlines()[-2:]
    assert total.split()[2:6] == ["3", "2", "1", "50%"]
    assert version == "only v3: 1 of 2 rows have a case"


def test_open_lists_applicable_requirements_without_a_case(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coverage", "--open", str(run_folder / "results.json")]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ES10b.X#02"]


def test_no_run_is_an_error_that_names_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coverage", str(tmp_path)]) == 3
    assert "`rsplab run` writes one" in capsys.readouterr().err
