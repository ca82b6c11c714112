"""Runs that end early, or have no place for their report, by pytest inside pytest."""

import sys
from pathlib import Path

import pytest

from rspharness.cli.main import main
from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, results_of

pytestmark = pytest.mark.once


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
