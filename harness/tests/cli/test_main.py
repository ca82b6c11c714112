"""The command line's entry: what it imports, its exit codes, what an error prints."""

import argparse
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rspcore.errors import ConfigError, CryptoError, DecodeError, LocalError, StoreError
from rspharness.cli import main as front
from rspsim import __main__ as simulator
from rspsim.cli.program import Named, Program


def run_with(monkeypatch: pytest.MonkeyPatch, function: Callable[[], int], *words: str) -> int:
    def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        subparsers.add_parser("run").set_defaults(func=lambda _options: function())

    area = argparse.Namespace(add_parser=add_parser)
    program = Program("rsplab", "", {"run": Named(lambda: area, "")})
    return program.main([*words, "run"])


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (LocalError("wrong use"), 2),
        (ConfigError("no reader; start pcscd"), 3),
        (StoreError("disk full; the state of before stays"), 3),
        (DecodeError("BF36 at offset 0"), 1),
        (CryptoError("not a point"), 1),
    ],
)
def test_error_prints_one_line_and_ends_with_the_code_of_its_class(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: Exception,
    code: int,
) -> None:
    def fail() -> int:
        raise problem

    assert run_with(monkeypatch, fail) == code
    assert capsys.readouterr().err == f"rsplab: {problem}\n"


def test_debug_shows_the_error_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise ConfigError("no reader")

    with pytest.raises(ConfigError):
        run_with(monkeypatch, fail, "--debug")


def test_bug_is_not_reported_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run_with(monkeypatch, fail)


def test_wrong_use_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        front.main(["no-such-command"])
    assert "usage: rsplab" in capsys.readouterr().err


def test_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        front.main(["--version"])
    assert capsys.readouterr().out.startswith("rsplab 0.")


@pytest.mark.parametrize("program", [front.PROGRAM, simulator.PROGRAM])
def test_list_of_commands_is_the_help_of_all_parsers(program: Program) -> None:
    assert program.listing().format_help() == program.parser().format_help()


def test_list_of_commands_imports_none_of_them() -> None:
    script = (
        "import sys; from rspharness.cli.main import main; main(['--help']);"
        "print([name for name in sys.modules if name.startswith(('rspharness.cli.', 'rspsim.'))],"
        " 'dataclasses' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    names = ["rspsim.cli", "rspsim.cli.program", "rspharness.cli.main"]
    assert done.stdout.splitlines()[-1] == f"{names} False"
    assert "run the conformance suites" in done.stdout


def test_help_imports_no_area_beyond_its_parser_and_is_quick() -> None:
    heavy = ("pytest", "cryptography", "asn1tools", "smartcard", "urllib3", "h11", "jinja2")
    script = (
        "import sys; from rspharness.cli.main import build_parser; build_parser().format_help();"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    spent: list[float] = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.stdout.strip() == "[]"
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # Work done, not time passed, and the best of three: other processes share the machine.
    spent_s = min(spent)
    assert spent_s < 0.15, f"{spent_s * 1000:.0f} ms"


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", [("decode", "BF3E035C015A"), ("card", "presets")])
def test_output_that_cannot_be_written_is_one_line_and_no_traceback(words: tuple[str, ...]) -> None:
    with FULL.open("w", encoding="utf-8") as full:
        code = f"import sys; from rspharness.cli.main import main; sys.exit(main({list(words)!r}))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "rsplab: No space left on device; the output is not whole\n"


def test_closed_standard_streams_change_no_exit_code() -> None:
    code = "import sys; from rspharness.cli.main import main; sys.exit(main(['decode', 'BF3E00']))"
    shell = ["sh", "-c", f'{shlex.quote(sys.executable)} -c "$0" >&- 2>&-', code]
    assert subprocess.run(shell, check=False).returncode == 0
