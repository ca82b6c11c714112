"""One mistake of a kept card: its own rows say so, and no other row fails for it.

The rows are those of the function whose clause the card breaks; they were written before the cards
were run. A row of another function that needs the answer is blocked, and names the owning row.
"""

import json
import sys
from pathlib import Path

import pytest

from rspharness.run import opening
from rspharness.run.opening import TargetKind

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "harness" / "tests"))

from case_text import PLUGIN  # noqa: E402  beside the tests, in no package
from odd_cards import (  # noqa: E402  beside the tests, in no package
    NamesNoApplication,
    OddTarget,
    RefusesTagList,
    StoresLongNickname,
    WithoutEid,
    WithoutListNotification,
)

pytestmark = pytest.mark.once

EID = "89049032123451234512345678901235"
SUITES = (
    "es10b/test_list_notification.py",
    "es10b/test_authenticate_server_refusals.py",
    "es10b/test_remove_notification_from_list.py",
    "es10c/test_delete_profile.py",
    "es10c/test_get_profiles_info_objects.py",
    "es10c/test_set_nickname.py",
    "isdr/test_store_data_refusals.py",
)


@pytest.fixture
def verdicts(pytester, monkeypatch):
    """Returns the function that runs part of the suites on a card, and gives the cases."""

    def run(odd, *options, name="inprocess", suites=SUITES):
        kind = TargetKind(name, lambda options: OddTarget(options, odd), "")
        monkeypatch.setattr(opening, "TARGETS", (kind,))
        plugins = (*PLUGIN, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist")
        places = [str(ROOT / "suites" / one) for one in suites]
        configuration = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT))
        reports = pytester.path / "reports"
        pytester.runpytest_inprocess(
            *places,
            *configuration,
            *plugins,
            f"--rsp-target={name}",
            f"--rsp-report={reports}",
            "-q",
            *options,
        )
        return json.loads((reports / "latest/results.json").read_text("utf-8"))["cases"]

    return run


def _rows(cases, *verdicts):
    return {name for case in cases for name, one in case["verdicts"].items() if one in verdicts}


def _functions(rows):
    return {row.partition("#")[0] for row in rows}


def test_refused_tag_list_fails_only_rows_of_get_profiles_info(verdicts):
    cases = verdicts(RefusesTagList)
    assert _functions(_rows(cases, "fail")) == {"ES10c.GetProfilesInfo"}
    asked_alone = {f"ES10c.GetProfilesInfo#{number}" for number in range(10, 23)}
    assert asked_alone <= _rows(cases, "fail")
    assert _rows(cases, "error") == set()
    for case in cases:
        if case["verdict"] == "blocked":
            assert case["blocked_by"]["row"] == "ES10c.GetProfilesInfo#32"
    assert _rows(cases, "inconclusive") == set()
    passed = _rows(cases, "pass")
    assert {"ES10b.AuthenticateServer#32", "Transport.StoreData#14"} <= passed
    assert "ES10c.DeleteProfile#01" in passed
    assert len(passed) > 60


def test_missing_list_notification_fails_only_its_own_rows(verdicts):
    cases = verdicts(WithoutListNotification)
    assert _functions(_rows(cases, "fail")) == {"ES10b.ListNotification"}
    assert _rows(cases, "error") == set()
    for case in cases:
        if case["verdict"] == "blocked":
            assert case["blocked_by"]["row"] == "ES10b.ListNotification#01"
    assert _rows(cases, "blocked")
    assert _rows(cases, "inconclusive") == set()
    refusals = [case for case in cases if "ES10b.AuthenticateServer#32" in case["ids"]]
    assert {case["verdict"] for case in refusals} == {"pass"}
    assert [note for note in refusals[0]["notes"] if "Notifications" in note] == [
        "Notifications observed as a refusal: SW 6D00 (ins not supported), no data"
    ]


def test_long_nickname_poisons_no_other_row(verdicts):
    cases = verdicts(StoresLongNickname)
    assert _rows(cases, "error", "inconclusive") == set()
    (stored,) = [case for case in cases if "ES10c.SetNickname#08" in case["ids"]]
    assert _rows(cases, "fail") == {"ES10c.SetNickname#08"}  # that it is not stored is settled
    assert "profiles as before" in stored["expected"]


READING_EID = ("es10c/test_get_eid.py", "es10b/test_get_euicc_challenge.py")


@pytest.mark.parametrize("level", ["read-only", "profiles"])
def test_card_whose_eid_is_not_read_is_only_read(verdicts, state_folder, level):
    options = [f"--rsp-level={level}"]
    options += ["--rsp-eid=" + EID] if level != "read-only" else []
    cases = verdicts(
        WithoutEid, *options, name="pcsc", suites=(*READING_EID, "es10c/test_set_nickname.py")
    )
    assert _functions(_rows(cases, "fail")) == {"ES10c.GetEID"}
    assert "ES10c.GetEID#01" in _rows(cases, "fail")
    assert _rows(cases, "error", "inconclusive") == set()
    assert "ES10b.GetEUICCChallenge#01" in _rows(cases, "pass")
    changing = [case for case in cases if case["level"] != "read-only"]
    assert changing
    for case in changing:
        if level == "read-only":
            assert case["verdict"] == "not applicable"
        elif case["verdict"] != "not applicable":
            assert case["blocked_by"]["row"] == "ES10c.GetEID#01"
    assert bool(_rows(cases, "blocked")) is (level != "read-only")
    assert list(state_folder.glob("**/*")) == []


def test_empty_aid_in_ef_dir_is_a_fail_and_no_command_of_ours_is_malformed(verdicts):
    cases = verdicts(NamesNoApplication, suites=("uicc/test_select_file.py",))
    assert _rows(cases, "error") == set()
    assert _rows(cases, "inconclusive", "fail") == set()
    assert "UICC.Fcp#05" in _rows(cases, "blocked")
    for case in cases:
        if case["verdict"] != "pass":
            assert "AID of a USIM in EF.DIR, got 61 02 4F 00" in case["reason"]
            assert case["blocked_by"]["row"] == "procedure.FileStructure#05"
