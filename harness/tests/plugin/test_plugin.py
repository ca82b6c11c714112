"""Which cases run and which conditions hold, by pytest inside pytest on the fake card."""

import sys
from pathlib import Path

import pytest

from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, PLUGIN, results_of

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "fixtures" / "requirements" / "euicc.csv"


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
