"""What an installation brings into every run of pytest, and the options of the suites there."""

import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PASS, PLUGIN, results_of

ROOT = Path(__file__).parents[3]


def test_environment_and_ini_stand_in_for_options(suite, pytester, monkeypatch):
    pytester.makeini("[pytest]\nrsp_case =\n  *GetEID#02\n  *GetEID#0[25]\nrsp_level = read-only\n")
    text = PASS + PASS.replace("#02", "#03").replace("test_eid", "test_other")
    assert suite(text).ret == 0
    assert [case["ids"] for case in results_of(pytester)["cases"]] == [["ES10c.GetEID#02"]]
    assert results_of(pytester)["facts"]["level"] == "read-only"
    monkeypatch.setenv("RSPLAB_CASE", "*#03\n*#02")
    monkeypatch.setenv("RSPLAB_LEVEL", "profiles")
    assert suite(text).ret == 0
    assert len(results_of(pytester)["cases"]) == 2
    assert results_of(pytester)["facts"]["level"] == "profiles"
    assert suite(text, "--rsp-level=destructive", "--rsp-case=*#03").ret == 0
    assert [case["ids"] for case in results_of(pytester)["cases"]] == [["ES10c.GetEID#03"]]
    assert results_of(pytester)["facts"]["level"] == "destructive"


def test_value_that_is_not_known_names_where_it_came_from(suite, monkeypatch):
    monkeypatch.setenv("RSPLAB_LEVEL", "all")
    result = suite(PASS)
    assert result.ret == 4
    (line,) = [line for line in result.errlines if "level" in line]
    assert line.removeprefix("ERROR: ") == (
        "level: expected read-only or profiles or destructive or irreversible, got 'all' "
        "(from --rsp-level, RSPLAB_LEVEL or rsp_level)"
    )


def test_every_option_of_the_suites_has_the_prefix(pytester):
    plain = pytester.runpytest_subprocess("-p", "no:rspharness", "--help").outlines
    with_suites = pytester.runpytest_subprocess(*PLUGIN, "--help").outlines
    options = [re.match(r"  (--[a-z-]+)", line) for line in with_suites if line not in plain]
    named = [option[1] for option in options if option]
    assert len(named) >= 36
    assert [name for name in named if not name.startswith("--rsp-")] == []


def test_installed_plugin_brings_four_fixtures_and_nothing_else(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_plain(request):
            loaded = {name for name in sys.modules if name.startswith(("rspharness", "rspcore"))}
            light = ("", ".plugin", ".plugin.installed", ".record", ".record.testcase")
            assert loaded == {"rspharness" + part for part in light}
            plugin = sys.modules["rspharness.plugin.installed"]
            assert request.config.pluginmanager.get_hookcallers(plugin) == []
        """
    )
    installed = ("-p", "no:rspharness", "-p", "rspharness.plugin.installed")
    result = pytester.runpytest_subprocess(*installed, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert not (pytester.path / "reports").exists()
    shown = {
        words: pytester.runpytest_subprocess(*words, "--fixtures", "-q").outlines
        for words in (installed, installed[:2])
    }
    new = {line.split()[0] for line in shown[installed] if line[:1].isalpha()}
    new -= {line.split()[0] for line in shown[installed[:2]] if line[:1].isalpha()}
    fixtures = {"simulated_card", "card_in_reader", "smdpp", "smds"}
    assert {name for name in new if name.isidentifier()} == fixtures


def test_entry_point_names_the_installed_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"rspharness": "rspharness.plugin.installed"}
