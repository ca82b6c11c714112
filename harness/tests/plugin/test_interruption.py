"""Ctrl-C and SIGTERM at odd moments of a run: the card is put back, and nothing is green."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from rspharness.plugin import interruption
from rspharness.run.run import Run

sys.path.insert(0, str(Path(__file__).parent))
from test_kept_card import one_card  # noqa: F401  beside the tests

pytestmark = pytest.mark.once

_CASES = """
import os
import signal
from rspharness import testcase

@testcase("ES10c.DeleteProfile#06")
def test_sends_a_signal(card, server):
    server.install(card, "PROFILE_OPERATIONAL1.1")
    {act}

@testcase("ES10c.DeleteProfile#10")
def test_comes_after(card):
    assert card.profiles() == ()
"""
_TERM = "os.kill(os.getpid(), signal.SIGTERM)"
_LEVEL = ("--rsp-level", "profiles", "-s")


def _results(pytester):
    return json.loads((pytester.path / "reports/latest/results.json").read_text("utf-8"))


def _state(results):
    return results["green"], results["interrupted"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signal_ends_a_run_as_ctrl_c_does(one_card, pytester, name):  # noqa: F811  the fixture
    with interruption.caught():
        result = one_card(_CASES.format(act=_TERM.replace("SIGTERM", name)), *_LEVEL)
    assert result.ret == 2
    results = _results(pytester)
    assert _state(results) == (False, True)
    assert results["end"] == "interrupted after 0 of 2 cases"
    result.stdout.fnmatch_lines(["*left: ()*"])


def test_second_one_before_pytest_took_note_of_the_first_is_not_green(one_card, pytester):  # noqa: F811  the fixture
    hook = "def pytest_keyboard_interrupt(excinfo):\n    os.kill(os.getpid(), signal.SIGINT)\n"
    pytester.makepyfile(again="import os\nimport signal\n" + hook)
    pytester.syspathinsert()
    with interruption.caught(), pytest.raises(KeyboardInterrupt):
        one_card(_CASES.format(act=_TERM), *_LEVEL, "-p", "again")
    results = _results(pytester)
    assert _state(results) == (False, True)
    assert results["end"] == "interrupted after 0 of 2 cases"


@pytest.mark.parametrize("times", [1, 2])
def test_signal_while_the_card_is_put_back(one_card, pytester, monkeypatch, capfd, times):  # noqa: F811  the fixture
    put_back, left = Run.put_back, []

    def disturbed(run):
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        put_back(run)

    monkeypatch.setattr(Run, "put_back", disturbed)
    monkeypatch.setattr(Run, "leave", lambda run: left.append(run))  # noqa: PLW0108  a method
    with interruption.caught():
        one_card(_CASES.format(act="pass"), *_LEVEL)
    assert len(left) == times - 1
    assert "the card is being put back; once more leaves it as it is" in capfd.readouterr().err
    results = _results(pytester)
    assert _state(results) == (False, True)
    assert results["end"] == "interrupted after 2 of 2 cases"


def test_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruption.caught():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)
