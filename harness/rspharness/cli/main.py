"""The program `rsplab`: its areas, each a module with a parser of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rspsim.cli.program import Area, Program

if TYPE_CHECKING:
    import argparse

__all__ = ["AREAS", "PROGRAM", "build_parser", "main"]


def _run() -> Area:
    from rspharness.cli import run  # noqa: PLC0415  only when it is named

    return run


def _lpa() -> Area:
    from rspharness.cli import lpa  # noqa: PLC0415  only when it is named

    return lpa


def _coverage() -> Area:
    from rspharness.cli import coverage  # noqa: PLC0415  only when it is named

    return coverage


def _decode() -> Area:
    from rspharness.cli import decode  # noqa: PLC0415  only when it is named

    return decode


def _record() -> Area:
    from rspharness.cli import record  # noqa: PLC0415  only when it is named

    return record


def _report() -> Area:
    from rspharness.cli import report  # noqa: PLC0415  only when it is named

    return report


def _recover() -> Area:
    from rspharness.cli import recover  # noqa: PLC0415  only when it is named

    return recover


def _card() -> Area:
    from rspharness.cli import card  # noqa: PLC0415  only when it is named

    return card


def _ota() -> Area:
    from rspharness.cli import ota  # noqa: PLC0415  only when it is named

    return ota


def _profile() -> Area:
    from rspsim.cli import profile  # noqa: PLC0415  only when it is named

    return profile


def _smdpp() -> Area:
    from rspsim.cli import smdpp  # noqa: PLC0415  only when it is named

    return smdpp


def _smds() -> Area:
    from rspsim.cli import smds  # noqa: PLC0415  only when it is named

    return smds


def _doctor() -> Area:
    from rspsim.cli import doctor  # noqa: PLC0415  only when it is named

    return doctor


AREAS: Final[Mapping[str, Callable[[], Area]]] = {
    "run": _run,
    "lpa": _lpa,
    "record": _record,
    "report": _report,
    "decode": _decode,
    "recover": _recover,
    "coverage": _coverage,
    "card": _card,
    "ota": _ota,
    "profile": _profile,
    "smdpp": _smdpp,
    "smds": _smds,
    "doctor": _doctor,
}
"""Areas by name; an area is imported when it is named."""

PROGRAM: Final = Program(
    "rsplab",
    "Software eUICC, mock SM-DP+ and conformance suites for SGP.22. Testing only.",
    AREAS,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code.

    Args:
        arguments: What follows the program's name; the process's own arguments by default.
    """
    return PROGRAM.main(arguments)


def build_parser(area: str | None = None) -> "argparse.ArgumentParser":
    """Builds the parser of one area, or of all areas if none is named."""
    return PROGRAM.parser(area)
