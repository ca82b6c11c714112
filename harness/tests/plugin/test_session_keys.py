"""Session keys of BoundProfilePackages stand in a file beside the trace where the run asks."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, results_of

pytestmark = pytest.mark.once

ENC, MAC, OTHER = "4C1A6E70D3B85F29A0771B5C3E9482F6", "11D20938AA", "9C3FE2710B"
CHAINING = "E13A55D0B7"
_LOADS = f"""
@testcase("ES10c.GetEID#02", level="read-only")
def test_loads(card):
    card.secrets.add("session key S-ENC", bytes.fromhex("{ENC}"))
    card.secrets.add("Ki", bytes.fromhex("{OTHER}"))
    card.secrets.add("session key S-MAC", bytes.fromhex("{MAC}"))
    card.secrets.add("initial MAC chaining value", bytes.fromhex("{CHAINING}"))

@testcase("ES10c.GetEID#03", level="read-only")
def test_loads_nothing(card):
    card.eid()
"""


def files(pytester):
    return {file.name: file for file in pytester.path.rglob("*.keys")}


def test_keys_are_written_beside_the_trace_on_request(suite, pytester):
    assert suite(HEAD + _LOADS, "--rsp-session-keys").ret == 0
    ((name, file),) = [one for one in files(pytester).items() if "latest" not in str(one[1])]
    assert name == "ES10c.GetEID-02.keys"
    keys = f"session key S-ENC {ENC}\nsession key S-MAC {MAC}\n"
    assert file.read_text() == f"{keys}initial MAC chaining value {CHAINING}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert (file.parent / "ES10c.GetEID-02.txt").is_file()
    assert all("session_keys" not in case for case in results_of(pytester)["cases"])
    folder = file.parents[1]
    others = [one for one in folder.rglob("*") if one.is_file() and one != file]
    assert [one.name for one in others if ENC in one.read_text("utf-8")] == []


def test_no_run_writes_them_without_being_asked(suite, pytester):
    assert suite(HEAD + _LOADS).ret == 0
    assert files(pytester) == {}
