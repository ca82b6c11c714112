"""The plugin, run by pytest inside pytest on the fake card."""

import json
import re
import sys
from pathlib import Path

import pytest

from rspharness.cli.main import main
from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, PLUGIN, results_of

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "fixtures" / "requirements" / "euicc.csv"


def test_passing_case_is_reported_with_steps_and_trace(suite, pytester):
    result = suite(PASS)
    assert result.ret == 0
    results = results_of(pytester)
    (case,) = results["cases"]
    assert case["verdict"] == "pass"
    assert case["title"] == "The EID has check digits that fit."
    assert [step["title"] for step in case["steps"]] == [
        "S_LPAd -> eUICC: GetEID",
        "Expected: check digits",
    ]
    assert case["notes"] == ["EID 89049032123451234512345678901235"]
    assert results["green"] is True
    assert results["facts"]["eid"] == "89049032123451234512345678901235"
    assert results["facts"]["reader"] == "fake reader"
    assert "STORE DATA GetEuiccData" in results["timings"]
    trace = (pytester.path / "reports/latest" / case["trace"]).read_text("utf-8")
    assert "# step 1: S_LPAd -> eUICC: GetEID" in trace
    assert "> 81 E2 91 00 06 BF 3E 03 5C 01 5A 00" in trace
    html = (pytester.path / "reports/latest/index.html").read_text("utf-8")
    assert "ES10c.GetEID#02" in html
    junit = (pytester.path / "reports/latest/junit.xml").read_text("utf-8")
    assert 'name="ES10c.GetEID#02 The EID has check digits that fit."' in junit


def test_failing_case_reports_requirement_expected_and_actual(suite, pytester):
    result = suite(PASS.replace("check_digits_fit, True", "check_digits_fit, False"))
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "ES10c.GetEID#02  FAIL at step 2: Expected: check digits",
            "  requirement  SGP.22 5.7.20, GetEID: EID digits valid; *",
            "  expected     False",
            "  actual       True",
            "  sent         ES10c.GetEID, 6 octets; trace line *",
            "  again        rsplab run --case 'ES10c.GetEID#02' --target inprocess",
        ]
    )
    assert results_of(pytester)["cases"][0]["verdict"] == "fail"


def test_refusal_of_the_eid_at_the_start_is_inconclusive(suite, pytester):
    assert suite(PASS, mood="refuses", simulated=True).ret == 1
    assert results_of(pytester)["cases"][0]["verdict"] == "inconclusive"


def test_refusal_outside_initial_conditions_is_a_fail(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_refused(card, step):
    with step("S_LPAd -> eUICC: GetEID"):
        expect.equal(1, 2)
"""
    )
    result = suite(text)
    assert result.ret == 1
    assert [case["verdict"] for case in results_of(pytester)["cases"]] == ["fail"]
    result.stdout.fnmatch_lines(["*1 failed*"])


def test_octets_of_a_case_follow_its_requirements_and_parameters(pytester):
    pytester.makepyfile(
        """
        import pytest
        from rspcore.ids import Eid
        from rspharness import testcase

        @testcase("ES10b.GetEUICCChallenge#01")
        @pytest.mark.parametrize("number", [1, 2])
        def test_one(case_state, number, request):
            assert case_state.seed == f"ES10b.GetEUICCChallenge#01 {number}"
        """
    )
    result = pytester.runpytest_subprocess(
        *PLUGIN, f"--rsp-requirements={CATALOGUE}", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(passed=2)


def test_unknown_card_fault_is_wrong_use_with_the_near_names(suite):
    result = suite(PASS, "--rsp-card-fault=es10b.challenge.constnt")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*did you mean es10b.challenge.constant*"])


def test_refusal_in_initial_conditions_is_inconclusive(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_refused(card, step):
    with step("Initial conditions: something"):
        expect.equal(1, 2)

@testcase("ES10c.GetEID#03")
def test_raised(card):
    raise Inconclusive("no such Profile")
"""
    )
    result = suite(text)
    assert result.ret == 1
    assert [case["verdict"] for case in results_of(pytester)["cases"]] == ["inconclusive"] * 2
    result.stdout.fnmatch_lines(["*2 inconclusive*"])


def test_lost_target_makes_the_rest_inconclusive(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_lost(card):
    raise TargetLost("reader gone")

@testcase("ES10c.GetEID#02")
def test_next(card):
    pass
"""
    )
    ended = suite(text)
    assert ended.ret == NOTHING_RAN
    ended.stdout.fnmatch_lines(["the card is gone: *reader gone; put it back in its reader, and *"])
    results = results_of(pytester)
    assert [case["verdict"] for case in results["cases"]] == ["inconclusive"] * 2
    assert "reader gone" in results["cases"][1]["reason"]
    assert "lost earlier" in results["cases"][1]["reason"]


def test_other_exception_is_an_error_with_its_traceback(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_bug(card):
    {}["no such key"]
"""
    )
    assert suite(text).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "error"
    assert "no such key" in case["traceback"]


def test_probe_records_and_never_fails(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#04")
def test_probe(card):
    expect.sw(card.apdu("00A40004023F00"), 0x6A80, 0x6A88)
"""
    )
    assert suite(text).ret == 0
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "probe"
    assert "6A80" in case["expected"]
    assert "9000" in case["actual"]


def test_probe_fails_for_what_is_settled(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#04")
def test_probe(card):
    with expect.settled():
        expect.sw(card.apdu("00A40004023F00"), 0x6A80)
"""
    )
    assert suite(text).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "fail"
    assert case["verdicts"] == {"ES10c.GetEID#04": "fail"}


def test_condition_that_does_not_hold_is_not_applicable(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#06")
def test_lpae(card):
    raise RuntimeError

@testcase("ISD-R.Select#02")
def test_v3(card):
    raise RuntimeError
"""
    )
    assert suite(text).ret == NOTHING_RAN
    reasons = {c["ids"][0]: c["reason"] for c in results_of(pytester)["cases"]}
    assert reasons == {
        "ES10c.GetEID#06": "option O_E_LPAe absent",
        "ISD-R.Select#02": "row of v3, the target is v2",
    }


def test_case_that_does_not_apply_runs_on_another_card(suite, pytester):
    folder = pytester.mkdir("others")
    for name, option in (("scws", "LPAE_SCWS"), ("lpae", "O_E_LPAe")):
        (folder / f"{name}.toml").write_text(f'kind = "inprocess"\n[options]\n{option} = true\n')
    text = (
        PASS
        + """
@testcase("ES10c.GetEID#06")
def test_lpae(card, options):
    expect.equal(options["O_E_LPAe"], True)

@testcase("ISD-R.Select#02")
def test_v3(card):
    raise RuntimeError
"""
    )
    assert suite(text, "--rsp-also", "others").ret == 0
    results = results_of(pytester)
    seen = {c["ids"][0]: (c["verdict"], c["target"]) for c in results["cases"]}
    assert seen == {
        "ES10c.GetEID#02": ("pass", "inprocess"),
        "ES10c.GetEID#06": ("pass", "others/lpae.toml"),
        "ISD-R.Select#02": ("not applicable", "inprocess"),
    }
    assert results["facts"]["also"] == "others/lpae.toml others/scws.toml"
    assert [r["applicable"] for r in results["requirements"] if r["id"] == "ES10c.GetEID#06"] == [
        True
    ]
    again = {c["ids"][0]: c["again"] for c in results["cases"]}
    assert again["ES10c.GetEID#06"].endswith("--target others/lpae.toml")


def test_also_accepts_only_simulated_cards(suite, pytester):
    pytester.makefile(".toml", reader='kind = "pcsc"\n', lpae='kind = "inprocess"\n')
    result = suite(PASS, "--rsp-also", "reader.toml")
    assert result.ret == 4
    result.stderr.fnmatch_lines(['*--also reader.toml: expected a card of kind "inprocess"*'])
    result = suite(PASS, "--rsp-target", "pcsc", "--rsp-also", "lpae.toml", simulated=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--also adds simulated cards*"])


def test_known_deviation_does_not_fail_and_one_that_passes_does(suite, pytester):
    pytester.makefile(
        ".toml",
        lab='kind = "inprocess"\n[deviations]\n"ES10c.GetEID#01" = "known to the maker"\n'
        '"ES10c.GetEID#02" = "was repaired"\n',
    )
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_fails(card):
    expect.equal(1, 2)

@testcase("ES10c.GetEID#02")
def test_passes(card):
    pass
"""
    )
    assert suite(text, "--rsp-target", "lab.toml").ret == 1
    cases = {c["ids"][0]: c for c in results_of(pytester)["cases"]}
    assert cases["ES10c.GetEID#01"]["verdict"] == "known deviation"
    assert "known to the maker" in cases["ES10c.GetEID#01"]["reason"]
    assert cases["ES10c.GetEID#02"]["verdict"] == "fail"
    assert "take the line out" in cases["ES10c.GetEID#02"]["actual"]


def test_unknown_and_repeated_ids_fail_the_collection(suite):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#01")
def test_one(card): pass

@testcase("ES10c.GetEID#01", "ES10c.NoSuch#01")
def test_two(card): pass

def test_three(card): pass
"""
    )
    result = suite(text)
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        [
            "*test_two: ES10c.NoSuch#01 is not in the catalogue of requirements",
            "*test_three: uses a card, but has no @testcase id",
            "ES10c.GetEID#01: claimed by *test_one and by *test_two",
        ]
    )


def test_each_gives_every_value_its_own_requirement(suite, pytester):
    text = (
        HEAD
        + """
@testcase.each("number, text", {
    "ES10c.GetEID#01": (1, "a"),
    "ES10c.GetEID#02 ES10c.GetEID#03": (2, "b"),
})
def test_values(card, number, text):
    expect.equal((number, text) in ((1, "a"), (2, "b")), True)
"""
    )
    assert suite(text).ret == 0
    assert [case["ids"] for case in results_of(pytester)["cases"]] == [
        ["ES10c.GetEID#01"],
        ["ES10c.GetEID#02", "ES10c.GetEID#03"],
    ]


def test_case_option_selects_by_pattern(suite, pytester):
    text = PASS + PASS.replace("#02", "#03").replace("test_eid", "test_other")
    suite(text, "--rsp-case", "*#03")
    assert [case["ids"] for case in results_of(pytester)["cases"]] == [["ES10c.GetEID#03"]]
    rows = {row["id"]: row for row in results_of(pytester)["requirements"]}
    assert rows["ES10c.GetEID#02"]["state"] == "not run"
    assert rows["ES10c.GetEID#01"]["state"] == "no case"


def _interrupted(act):
    """Returns a suite of three cases whose second one does this."""
    return (
        PASS
        + f"""
@testcase("ES10c.GetEID#03")
def test_interrupted(card):
    import os, signal, time
    {act}

@testcase("ES10c.GetEID#04")
def test_one_more(card): pass
"""
    )


def test_interrupted_run_is_written_and_is_not_green(suite, pytester):
    text = _interrupted("os.kill(os.getpid(), signal.SIGINT)")
    result = suite(text, subprocess=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["INTERRUPTED, not green: interrupted after 1 of 3 cases"])
    results = results_of(pytester)
    assert (results["green"], results["interrupted"]) == (False, True)
    assert results["summary"] == {"pass": 1}
    html = (pytester.path / "reports/latest/index.html").read_text("utf-8")
    assert "not green, interrupted" in html


def test_run_that_ends_in_its_first_case_is_written(suite, pytester, capsys):
    first = _interrupted("os.kill(os.getpid(), signal.SIGINT)").replace(PASS, HEAD)
    result = suite(first, subprocess=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["INTERRUPTED, not green: interrupted after 0 of 2 cases"])
    assert (results_of(pytester)["green"], results_of(pytester)["summary"]) == (False, {})

    suite(first.replace("SIGINT", "SIGKILL"), subprocess=True)
    folder = pytester.path / "reports" / "latest"
    assert not (folder / "results.json").exists()
    assert main(["report", str(folder)]) == 0
    assert "the run did not end: 0 of 2 cases are there" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["add", "describe", "write_reports"])
def test_reports_that_cannot_be_written_end_the_run_in_plain_words(suite, pytester, place):
    where = "writing" if place == "write_reports" else "run_folder.RunFolder"
    pytester.makepyfile(
        full=f"""
import errno, os
from rspharness.report import run_folder, writing

def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

{where}.{place} = full
"""
    )
    result = suite(PASS, "-p", "full", subprocess=True)
    assert result.ret == NOTHING_RAN
    said = "reports cannot be written to *: No space left on device; make room there, or name*"
    result.stdout.fnmatch_lines([f"*{said}"])
    assert "INTERNALERROR" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_killed_run_can_be_reported(suite, pytester, workers, capsys):
    which = "os.getppid()" if workers else "os.getpid()"
    text = _interrupted(f"time.sleep(0.5); os.kill({which}, signal.SIGKILL); os._exit(1)")
    suite(text, *workers, subprocess=True, workers=bool(workers))
    folder = pytester.path / "reports" / "latest"
    assert not (folder / "results.json").exists()
    assert main(["report", str(folder)]) == 0
    assert "the run did not end: 1 of 3 cases are there" in capsys.readouterr().out
    results = results_of(pytester)
    assert (results["green"], results["interrupted"]) == (False, True)
    (case,) = results["cases"]
    assert "GetEID" in (folder / case["trace"]).read_text("utf-8")
    assert results["facts"]["eid"] == "89049032123451234512345678901235"
    rows = {row["id"]: row["state"] for row in results["requirements"]}
    assert rows["ES10c.GetEID#04"] == "not run"


def test_plugin_that_fails_at_the_end_does_not_take_the_report(suite, pytester):
    pytester.makepyfile(
        bad="""
def pytest_sessionfinish():
    import warnings
    warnings.warn("a library's")
"""
    )
    suite(PASS, "-p", "bad", "-W", "error", subprocess=True)
    assert results_of(pytester)["summary"] == {"pass": 1}


def test_report_folder_that_cannot_be_made_ends_the_run(suite, pytester):
    pytester.makefile(".txt", file="")
    result = suite(PASS, "--rsp-report", "file.txt/x")
    assert result.ret == NOTHING_RAN
    result.stdout.fnmatch_lines(["*reports cannot be written to*name another folder by --report*"])


def test_run_without_folder_for_the_journal_changes_nothing(suite, pytester, monkeypatch):
    monkeypatch.setenv("RSPLAB_JOURNALS", "/dev/null/x")
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_changes(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    options = ("--rsp-target", "pcsc", "--rsp-level", "profiles", "--rsp-eid")
    suite(text, *options, "89049032123451234512345678901235", simulated=False)
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "inconclusive"
    assert "RSPLAB_JOURNALS" in case["reason"]


@pytest.mark.parametrize(("limit", "code"), [("many", 4), ("0", 1)])
def test_limit_of_changing_commands(suite, pytester, limit, code):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02")
def test_changes(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    options = (
        "--rsp-target",
        "pcsc",
        "--rsp-level",
        "profiles",
        "--rsp-change-limit",
        limit,
        "--rsp-eid",
    )
    result = suite(text, *options, "89049032123451234512345678901235", simulated=False)
    assert result.ret == code
    if code == 1:
        assert "the limit is 0" in results_of(pytester)["cases"][0]["reason"]


def test_wrong_eid_stops_the_run_before_anything_else_is_sent(suite):
    result = suite(
        PASS,
        "--rsp-target",
        "pcsc",
        "--rsp-eid",
        "89049032000000000000000000000110"[:32],
        "-s",
        simulated=False,
    )
    assert result.ret == NOTHING_RAN
    asked = "EID 89049032123451234512345678901235 found, --eid asked for"
    result.stdout.fnmatch_lines([f"*! stopped: *{asked}*"])
    result.stdout.no_fnmatch_line("*_pytest*")
    (line,) = [line for line in result.outlines if "commands:" in line]
    sent = line.partition("commands: ")[2]
    # SELECT that tells an eUICC from another UICC; TERMINAL CAPABILITY, MANAGE CHANNEL, SELECT,
    # GetEID, MANAGE CHANNEL close and nothing more.
    assert sent.count("'") == 2 * 6
    assert "'00708001'" in sent
    assert "bf3e035c015a" in sent


def test_real_card_runs_only_reading_cases_by_default(suite, pytester):
    text = (
        PASS
        + """
@testcase("ES10c.GetEID#05")
def test_changes(card):
    raise RuntimeError
"""
    )
    assert suite(text, "--rsp-target", "pcsc", simulated=False).ret == 0
    cases = {c["ids"][0]: c for c in results_of(pytester)["cases"]}
    assert cases["ES10c.GetEID#02"]["verdict"] == "pass"
    assert cases["ES10c.GetEID#05"]["verdict"] == "not applicable"
    assert "level profiles" in cases["ES10c.GetEID#05"]["reason"]


def test_lasting_changes_on_a_real_card_need_the_eid(suite):
    result = suite(PASS, "--rsp-target", "pcsc", "--rsp-level", "profiles", simulated=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--level profiles on a card in a reader needs --eid*"])


def test_reading_case_cannot_change_a_real_card(suite, pytester):
    text = (
        HEAD
        + """
@testcase("ES10c.GetEID#02", level="read-only")
def test_misdeclared(card):
    card.store(bytes.fromhex("BF3F028000"))
"""
    )
    assert suite(text, "--rsp-target", "pcsc", simulated=False).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "error"
    assert "was not sent" in case["reason"]


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
