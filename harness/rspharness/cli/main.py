"""The program `rsplab`: runs the areas, turns errors into one line and an exit code.

Only the area that was named is imported, so an area may import anything inside its function;
`rsplab --help` imports only the parsers of the areas. No option of an area is known here.

Exit codes: 0 success; 1 a case failed or was inconclusive, or a peer or its octets were
wrong; 2 wrong use of the command line; 3 the environment lacks something, and the message names the
remedy.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from rspcore.errors import ConfigError, LocalError, RspError, StoreError

__all__ = [
    "AREAS",
    "EXIT_ENVIRONMENT",
    "EXIT_FAILED",
    "EXIT_USAGE",
    "build_parser",
    "exit_code",
    "main",
]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130  # 128 and SIGINT, as shells count


class Area(Protocol):
    """A part of the command line: a module that adds its own parser."""

    def add_parser(
        self, subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]", /
    ) -> object:
        """Adds the sub-command with its options to the program."""


def _run() -> Area:
    from rspharness.cli import run  # noqa: PLC0415  only when it is named

    return run


def _lpa() -> Area:
    from rspharness.cli import lpa  # noqa: PLC0415  only when it is named

    return lpa


def _coverage() -> Area:
    from rspharness.cli import coverage  # noqa: PLC0415  only when it is named

    return coverage


def _card() -> Area:
    from rspharness.cli import card  # noqa: PLC0415  only when it is named

    return card


def _ota() -> Area:
    from rspharness.cli import ota  # noqa: PLC0415  only when it is named

    return ota


def _smdpp() -> Area:
    from rspsim.cli import smdpp  # noqa: PLC0415  only when it is named

    return smdpp


def _doctor() -> Area:
    from rspsim.cli import doctor  # noqa: PLC0415  only when it is named

    return doctor


AREAS: Final[Mapping[str, Callable[[], Area]]] = {
    "run": _run,
    "lpa": _lpa,
    "coverage": _coverage,
    "card": _card,
    "ota": _ota,
    "smdpp": _smdpp,
    "doctor": _doctor,
}
"""Areas by name; an area is imported when it is named."""

_EXIT_CODES: tuple[tuple[type[RspError], int], ...] = (
    (LocalError, EXIT_USAGE),
    (ConfigError, EXIT_ENVIRONMENT),
    (StoreError, EXIT_ENVIRONMENT),
    (RspError, EXIT_FAILED),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code.

    Args:
        arguments: What follows the program's name; the process's own arguments by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser(next((word for word in given if word in AREAS), None))
    options = parser.parse_args(given)
    function = cast("Callable[[argparse.Namespace], int]", options.func)
    try:
        return function(options)
    except RspError as problem:
        if options.debug:
            raise
        print(f"rsplab: {problem}", file=sys.stderr)
        return exit_code(problem)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has ended, as `head` does; the interpreter must not write again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED


def build_parser(area: str | None = None) -> argparse.ArgumentParser:
    """Builds the parser of one area, or of all areas if none is named.

    Args:
        area: A key of AREAS; the others are then not imported.
    """
    parser = argparse.ArgumentParser(
        prog="rsplab",
        description="Software eUICC, mock SM-DP+ and conformance suites for SGP.22. Testing only.",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and exit")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for imported in [AREAS[area]] if area else AREAS.values():
        imported().add_parser(subparsers)
    return parser


class _ShowVersion(argparse.Action):
    """Prints the installed version, read only here because it takes longer than a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # noqa: PLC0415  see the class

        print(f"{parser.prog} {version('rsplab')}")
        parser.exit()


def exit_code(problem: RspError) -> int:
    """Returns the exit code of an error by its class."""
    return next(code for kind, code in _EXIT_CODES if isinstance(problem, kind))
