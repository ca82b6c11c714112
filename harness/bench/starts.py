"""Starts of the commands in CPU time, in turn with the least that such a process can cost."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import floors

__all__ = ["card", "collection", "help_text", "one_case", "server"]

_ROOT = Path(__file__).resolve().parents[2]
_RSPLAB = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
_EMPTY = "def test_nothing():\n    pass\n"
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:rspharness")


def _process(*words: str, folder: str, until: Callable[[], None] | None = None) -> float:
    """Returns the CPU time of a Python process, in microseconds: all of it, or until then."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        (sys.executable, *words), cwd=folder, env=_environment(), stdout=quiet, stderr=quiet
    )
    if until is not None:
        try:
            until()
        finally:
            process.kill()
    used = _used(process)
    if process.returncode and until is None:
        raise SystemExit(f"{' '.join(words)}: ended with {process.returncode}; run it to see why")
    return used


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    return environment


def _used(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> float:
    """Waits for the end of a process; returns its CPU time, in microseconds."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (used.ru_utime + used.ru_stime) * 1_000_000


def _pairs(
    rounds: int, floor: Sequence[str], thing: Sequence[str], folder: str
) -> Iterator[tuple[float, float]]:
    """Yields pairs; the first of each fills the caches and does not count."""
    for number in range(2 * rounds + 1):
        pair = _process(*floor, folder=folder), _process(*thing, folder=folder)
        if number:
            yield pair


def help_text(rounds: int) -> Iterator[tuple[float, float]]:
    """Measures `rsplab --help` beside a Python that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        thing = ("-c", _RSPLAB, "--help")
        yield from _pairs(2 * rounds, ("-c", floors.NOTHING), thing, folder)


def card(rounds: int) -> Iterator[tuple[float, float]]:
    """Takes the place of the vpcd driver, and ends the card when it has said its ATR."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as driver:
        port = str(driver.getsockname()[1])
        driver.settimeout(60)

        def answers() -> None:
            link, _ = driver.accept()
            with link:
                link.settimeout(60)
                link.sendall(b"\x00\x01\x04")
                link.recv(64)

        words = ("-c", _RSPLAB, "card", "serve", "--wait", "--port", port)
        for number in range(2 * rounds + 1):
            pair = (
                _process("-c", floors.NOTHING, folder=folder),
                _process(*words, folder=folder, until=answers),
            )
            if number:
                yield pair


def server(role: str, rounds: int) -> Iterator[tuple[float, float]]:
    """Measures `rsplab smdpp serve` or `smds serve` until it says that it listens."""
    words = ("-c", _RSPLAB, role, "serve", "--in-memory", "--port", "0")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2 * rounds + 1):
            pair = _process("-c", floors.NOTHING, folder=folder), _until_listening(words, folder)
            if number:
                yield pair


def _until_listening(words: Sequence[str], folder: str) -> float:
    process = subprocess.Popen(
        (sys.executable, *words),
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if process.stdout is None or not any("listening" in line for line in process.stdout):
        raise SystemExit(f"{' '.join(words)}: ended and did not listen; run it to see why")
    process.kill()
    return _used(process)


def one_case(rounds: int) -> Iterator[tuple[float, float]]:
    """Measures `rsplab run --case ONE` beside pytest with one empty test."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text(_EMPTY, encoding="utf-8")
        words = ("run", "--target", "inprocess", "--case", "ES10c.GetEID#01", "--report", "r")
        yield from _pairs(rounds, _PYTEST, ("-c", _RSPLAB, *words), folder)


def collection(rounds: int) -> Iterator[tuple[float, float]]:
    """Measures what pytest takes to collect the suites beside as many empty tests."""
    suites = _ROOT / "suites"
    files = sorted(suites.rglob("test_*.py"))
    words = (*_PYTEST[:-2], "--collect-only")
    with tempfile.TemporaryDirectory() as folder:
        texts = [one.read_text(encoding="utf-8").count("\ndef test_") for one in files]
        for number, count in enumerate(texts):
            text = "".join(f"def test_{one}():\n    pass\n\n\n" for one in range(count))
            Path(folder, f"test_{number}.py").write_text(text, encoding="utf-8")
        yield from _pairs(rounds, words, (*words, str(suites)), folder)
