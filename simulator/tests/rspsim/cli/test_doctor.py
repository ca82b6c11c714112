"""`rsplab doctor`: what is printed, and the exit code."""

import argparse
import json

import pytest

from rspsim.cli import doctor
from rspsim.transports import diagnosis
from rspsim.transports.diagnosis import Finding, Health

WELL = Finding("Python", Health.WELL, "3.11.7")
LACK = Finding("pcscd", Health.LACK, "not installed", "as root: apt-get install pcscd")


def run(monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...], *words: str) -> int:
    """Runs the command with these findings."""
    monkeypatch.setattr(diagnosis, "diagnose", lambda: findings)
    parser = argparse.ArgumentParser()
    doctor.add_parser(parser.add_subparsers())
    options = parser.parse_args(["doctor", *words])
    code = options.func(options)
    assert isinstance(code, int)
    return code


def test_machine_without_problems_gives_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, (WELL,)) == 0
    assert capsys.readouterr().out == "ok    Python:           3.11.7\n\nnothing is missing\n"


def test_problem_gives_3_and_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, (WELL, LACK)) == 3
    out = capsys.readouterr().out
    assert "lack  pcscd:            not installed\n" in out
    assert "-> as root: apt-get install pcscd\n" in out
    assert "missing: pcscd." in out


@pytest.mark.parametrize(("findings", "code"), [((WELL,), 0), ((WELL, LACK), 3)])
def test_json_contains_the_same_findings(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: tuple[Finding, ...],
    code: int,
) -> None:
    assert run(monkeypatch, findings, "--json") == code
    printed = json.loads(capsys.readouterr().out)
    assert [one["subject"] for one in printed] == [one.subject for one in findings]
    assert printed[-1]["health"] == findings[-1].health.value
    assert printed[-1]["remedy"] == findings[-1].remedy
