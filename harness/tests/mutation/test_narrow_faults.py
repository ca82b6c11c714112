"""Each row that is no probe is named by a narrow fault, or excused with a reason."""

import json
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspharness.cli.main import main
from rspharness.mutation import narrow_faults
from rspharness.record.catalogue import Catalogue

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
CATALOGUE = Catalogue.load(ROOT / "fixtures" / "requirements")
FAULTS = ROOT / "fixtures" / "faults"
FILES = ("expected_effects.json", "broad.json", "without_narrow_fault.toml")


@pytest.fixture(scope="module")
def declared():
    return narrow_faults.load(CATALOGUE, FAULTS, ROOT / "suites")


@pytest.fixture
def copies(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text((FAULTS / name).read_text("utf-8"), encoding="utf-8")
    return tmp_path


def test_each_row_has_a_narrow_fault_or_an_excuse(declared):
    assert declared.without == ()


def test_no_excuse_is_needless(declared):
    assert declared.needless == ()


def test_broad_faults_are_marked(declared):
    assert declared.mismarked == ()


def test_excuses_are_few(declared):
    assert len(declared.excused) < 0.09 * len(declared.rows)


def test_row_without_a_narrow_fault_is_found(copies):
    names = json.loads((copies / "broad.json").read_text("utf-8"))
    effects = json.loads((copies / "expected_effects.json").read_text("utf-8"))
    effects["narrow.package.mf-08"] = {"Profile.MF": " ".join(f"{n:02d}" for n in range(1, 13))}
    (copies / "expected_effects.json").write_text(json.dumps(effects), encoding="utf-8")
    found = narrow_faults.load(CATALOGUE, copies, ROOT / "suites")
    assert "Profile.MF#08" in found.without
    assert found.mismarked == ("narrow.package.mf-08",)
    assert names


def test_excuse_of_a_named_row_is_found(copies):
    with (copies / "without_narrow_fault.toml").open("a", encoding="utf-8") as file:
        file.write('"a reason" = ["Profile.MF#08", "ES10c.GetEID#99"]\n')
    found = narrow_faults.load(CATALOGUE, copies, ROOT / "suites")
    assert found.needless == ("Profile.MF#08", "ES10c.GetEID#99")


@pytest.mark.parametrize(
    ("name", "text"), [("broad.json", "{}"), ("broad.json", "["), (FILES[2], "= nothing")]
)
def test_file_that_cannot_be_read_is_named(copies, name, text):
    (copies / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=name):
        narrow_faults.load(CATALOGUE, copies, ROOT / "suites")


def test_program_prints_the_counts(declared, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["coverage", "--faults"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"{len(declared.probes)} probes; {len(declared.faults)} card faults" in last
    assert last.endswith("neither 0")
