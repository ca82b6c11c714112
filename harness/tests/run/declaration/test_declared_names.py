"""Misspelt names in a target file and of --case are refused with what comes near."""

import re

import pytest

from rspcore.errors import ConfigError
from rspharness.card.declared_values import KNOWN_VALUES
from rspharness.record.catalogue import Catalogue
from rspharness.run.declaration.declared_names import require_known_cases, require_known_names
from rspharness.run.run import Run, RunOptions
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings


@pytest.fixture(scope="module")
def rows(request):
    return Catalogue.load(request.config.rootpath / "fixtures" / "requirements" / "euicc.csv")


@pytest.mark.parametrize(
    ("table", "name", "value", "near"),
    [
        ("options", "PROVISONNING", True, "PROVISIONING"),
        ("values", "root_ds_adress", "x", "root_ds_address"),
        ("deviations", "ES10c.SetNickname#9", "words", "ES10c.SetNickname#09"),
        ("budgets_ms", "STORE DATA GetEID", 1, "STORE DATA GetEuiccData"),
        ("times_ms", "STORE DATA EnablProfile", 1, "STORE DATA EnableProfile"),
        ("budgets_ms", "procedure upload", 1, "procedure download"),
    ],
)
def test_misspelt_name_is_refused_with_its_near_match(rows, table, name, value, near):
    settings = TargetSettings.from_values({"kind": "pcsc", table: {name: value}})
    with pytest.raises(ConfigError, match=rf"dev\.toml: \[{table}\] '{name}' is not known.*{near}"):
        require_known_names(settings, rows, "dev.toml")


def test_target_files_of_the_project_name_only_what_is_known(rows, request):
    folder = request.config.rootpath / "fixtures" / "targets"
    files = sorted(folder.rglob("*.toml"))
    assert len(files) > 15
    for file in files:
        require_known_names(TargetSettings.load(file), rows, str(file))


def test_names_in_comments_of_the_template_are_known(rows, request):
    text = (request.config.rootpath / "fixtures" / "targets" / "reader.toml").read_text("utf-8")
    values = re.findall(r"^# (\w+) = \"", text.partition("[values]")[2], re.MULTILINE)
    assert len(values) > 9
    assert set(values) <= KNOWN_VALUES


def test_every_value_a_simulated_card_declares_is_known():
    target = Run(RunOptions()).target
    assert isinstance(target, InProcessTarget)
    assert set(target.settings.values) <= KNOWN_VALUES


def test_every_value_the_suites_ask_for_is_known(request):
    asked = set()
    for file in (request.config.rootpath / "suites").rglob("test_*.py"):
        text = file.read_text("utf-8")
        asked |= set(re.findall(r'declared(?:\.get\(|\[)"(\w+)"', text))
        asked |= set(re.findall(r'agrees\(declared, "(\w+)"', text))
    assert len(asked) > 15
    assert asked <= KNOWN_VALUES


def test_pattern_that_matches_no_case_is_refused():
    ids = ["ES10c.GetEID#01", "ES10c.GetEID#02"]
    require_known_cases(["ES10c.GetEID#*", "*#02"], ids)
    with pytest.raises(ConfigError, match=r"'ES10c.GetEid#01' matches no case.*ES10c.GetEID#01"):
        require_known_cases(["*", "ES10c.GetEid#01"], ids)
