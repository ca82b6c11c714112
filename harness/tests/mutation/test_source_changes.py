"""The tool that changes sources: its targets are there, and a change reaches who imports it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "harness" / "mutation"
sys.path.insert(0, str(TOOL))
from changed_module import module_name  # noqa: E402  beside the program, in no package

pytestmark = pytest.mark.once


def _table(name):
    return tomllib.loads((TOOL / name).read_text(encoding="utf-8"))


def test_modules_and_tests_of_the_targets_exist():
    for name, one in _table("targets.toml").items():
        for path in (*one["modules"], *one["tests"]):
            assert (ROOT / path).exists(), f"{name}: {path}"
        assert 0 < one["share"] <= 1


def test_sound_text_of_each_change_by_hand_stands_once():
    for name, one in _table("by_hand.toml").items():
        text = (ROOT / one["file"]).read_text(encoding="utf-8")
        assert text.count(one["sound"]) == 1, name
        assert one["changed"] != one["sound"]
        assert all((ROOT / path).exists() for path in one["tests"]), name


def test_module_is_named_as_it_is_imported():
    path = ROOT / "simulator" / "rspcore" / "crypto" / "bsp.py"
    assert module_name(path.relative_to(ROOT)) == "rspcore.crypto.bsp"


def test_changed_text_is_what_an_import_gets(tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(TOOL)!r})\n"
        "from changed_module import put_in_place\n"
        "path = Path('simulator/rspcore/status.py')\n"
        "put_in_place(path, 'OTHER = 7')\n"
        "from rspcore.status import OTHER\n"
        "print(OTHER)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "7\n"
