"""`rsplab run` as users start it: their plugins, settings and warnings never change a verdict."""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from one_case import make_checkout, run

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspharness.cli import run as command
from rspharness.cli.main import main
from rspharness.run.again import run_again
from rspharness.run.run import RunOptions

pytestmark = pytest.mark.once

_PLUGIN = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    raise RuntimeError("a plugin that nobody named")
"""


@pytest.fixture
def checkout(tmp_path):
    """Returns a folder with suites of one case and the catalogue."""
    return make_checkout(tmp_path)


@pytest.fixture
def site(tmp_path):
    """Returns a folder for the search path with an installed plugin that fails every test."""
    folder = tmp_path / "site"
    (folder / "foreign-1.dist-info").mkdir(parents=True)
    (folder / "foreign.py").write_text(_PLUGIN)
    (folder / "foreign-1.dist-info/METADATA").write_text("Name: foreign\nVersion: 1\n")
    points = "[pytest11]\nforeign = foreign\n"
    (folder / "foreign-1.dist-info/entry_points.txt").write_text(points)
    return folder


def verdict(folder):
    (case,) = json.loads((folder / "latest/results.json").read_text("utf-8"))["cases"]
    return case["verdict"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_plugins_settings_and_warnings_of_the_user_change_nothing(checkout, site, workers):
    settings = {
        "PYTHONPATH": os.pathsep.join((str(site), *sys.path)),
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTEST_PLUGINS": "foreign",
        "PYTHONWARNINGS": "error::DeprecationWarning",
    }
    done = run(checkout, "--target", "inprocess", *workers, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdict(checkout / "reports") == "pass"
    assert "a library of the card is old" in done.stdout
    assert not (checkout / ".pytest_cache").exists()


def test_plugin_that_is_named_is_used(checkout, site):
    path = os.pathsep.join((str(site), *sys.path))
    words = ("--target", "inprocess", "--", "-p", "foreign")
    assert run(checkout, *words, PYTHONPATH=path).returncode == 1
    assert verdict(checkout / "reports") == "error"


def test_options_come_from_the_environment(checkout):
    target = checkout / "old.toml"
    target.write_text('kind = "inprocess"\n[deviations]\n"ES10c.GetEID#02" = "none"\n')
    settings = {"RSPLAB_TARGET": str(target), "RSPLAB_REPORT": str(checkout / "elsewhere")}
    assert run(checkout, **settings).returncode == 1
    assert verdict(checkout / "elsewhere") == "fail"
    assert not (checkout / "reports").exists()


def test_line_of_a_red_verdict_run_as_printed_shows_it_again(checkout):
    words = (
        "--target",
        "inprocess",
        "--card-fault",
        "information.eid.other-check-digit",
        "--seed",
        "7 a",
    )
    assert run(checkout, *words, "--shuffle", "3", "--level", "read-only").returncode == 1
    first = json.loads((checkout / "reports/latest/results.json").read_text("utf-8"))
    (case,) = first["cases"]
    assert case["verdict"] == "fail"
    program, subcommand, *again = shlex.split(case["again"])
    assert (program, subcommand) == ("rsplab", "run")
    assert run(checkout, *again, "--report", str(checkout / "again")).returncode == 1
    second = json.loads((checkout / "again/latest/results.json").read_text("utf-8"))
    (repeated,) = second["cases"]
    assert repeated["again"] == case["again"]
    assert (repeated["verdict"], repeated["reason"]) == ("fail", case["reason"])
    assert second["facts"]["seed"] == "7 a"


def test_line_of_a_run_has_every_option_that_differs():
    every = RunOptions(
        target="kept",
        reader="Virtual PCD 00",
        state=Path("a card.db"),
        eid=Eid.from_digits("89049032000000000000000000000029"),
        level="destructive",
        pki=Path("own-ci"),
        personality="v2.5",
        curve=Curve.BRAINPOOL_P256R1,
        change_limit=5000,
        erase_foreign=True,
    )
    assert run_again(every, "ES6.UpdateMetadata#01") == (
        "rsplab run --case 'ES6.UpdateMetadata#01' --target kept --reader 'Virtual PCD 00' "
        "--state 'a card.db' --eid 89049032000000000000000000000029 --level destructive "
        "--pki own-ci --personality v2.5 --curve brainpoolP256r1 --change-limit 5000 "
        "--erase-foreign"
    )


def test_place_that_cannot_be_written_is_named_before_the_run(checkout, capsys):
    (checkout / "file").write_text("")
    words = [
        "run",
        "--suites",
        str(checkout / "suites"),
        "--report",
        str(checkout / "file/reports"),
    ]
    assert main(words) == 3
    assert "file/reports: Not a directory; name another folder with --report" in (
        capsys.readouterr().err
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="Permission denied; name another folder with --report"):
        command.require_writable(tmp_path / "reports")


def test_environment_is_as_before_after_a_run(monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    before = dict(os.environ)
    with command.own_plugins():
        assert "PYTEST_ADDOPTS" not in os.environ
        assert os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"
    assert dict(os.environ) == before


def test_suites_of_a_wheel_are_found_last_and_report_into_the_current_folder(tmp_path, monkeypatch):
    packaged, elsewhere = tmp_path / "packaged", tmp_path / "elsewhere"
    for folder in (packaged / "suites", elsewhere):
        folder.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("RSPLAB_REPORT", raising=False)
    monkeypatch.setattr(command, "CHECKOUT", tmp_path / "no-checkout")
    monkeypatch.setattr(command, "PACKAGED", packaged)
    with pytest.raises(ConfigError, match=r"no suites in .*elsewhere.*no-checkout.*packaged"):
        command.find_suites(None)
    (packaged / "suites/conftest.py").write_text('pytest_plugins = ["rspharness.plugin.hooks"]')
    suites = command.find_suites(None)
    assert suites == packaged / "suites"
    options = argparse.Namespace(report=None)
    assert command.report_folder(options, suites) == elsewhere / "reports"
    (elsewhere / "suites").mkdir()
    (elsewhere / "suites/conftest.py").write_text("import mine")  # of somebody else
    assert command.find_suites(None) == suites
    (elsewhere / "suites/conftest.py").write_text('pytest_plugins = ["rspharness.plugin.hooks"]')
    assert command.find_suites(None) == elsewhere / "suites"
