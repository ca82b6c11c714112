"""A program made of areas: parses the words, runs the area, turns errors into an exit code.

Only the area that was named is imported, so an area may import anything inside its function; the
list of areas, `--help` alone, imports none. No option of an area is known here.

Exit codes: 0 success; 1 a case failed or was inconclusive, or a peer or its octets were wrong; 2
wrong use of the command line; 3 the environment lacks something, and the message names the remedy;
130 interrupted.
"""

import argparse
import errno
import gc
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from rspcore.errors import ConfigError, LocalError, RspError, StoreError

TYPE_CHECKING = False  # as `typing` has it, which is a seventh of the time of `--help`
if TYPE_CHECKING:
    from typing import Any, NoReturn, Protocol, TypeAlias

    class Area(Protocol):
        """A part of the command line: a module that adds its own parser."""

        def add_parser(self, subparsers: "Subparsers", /) -> object:
            """Adds the sub-command with its options to the program."""

    Subparsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  has no public name
else:
    Area = object

__all__ = [
    "EXIT_ENVIRONMENT",
    "EXIT_FAILED",
    "EXIT_USAGE",
    "Area",
    "Named",
    "Parser",
    "Program",
    "exit_code",
]

_YOUNG = 10_000
"""Objects after which the collector looks at the young ones: what a command imports when it begins,
and what a run reads, stays, and looking at it every 700 took a twentieth of a start."""

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130  # 128 and SIGINT, as shells count

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more; it is no fault of the program."""

_EXIT_CODES: tuple[tuple[type[RspError], int], ...] = (
    (LocalError, EXIT_USAGE),
    (ConfigError, EXIT_ENVIRONMENT),
    (StoreError, EXIT_ENVIRONMENT),
    (RspError, EXIT_FAILED),
)


class Named:
    """An area that is imported when it is named.

    Attributes:
        summary: What the list of areas says of it; the same as the help of its parser.
    """

    __slots__ = ("_imported", "summary")

    def __init__(self, imported: Callable[[], Area], summary: str) -> None:
        self._imported = imported
        self.summary = summary

    def __call__(self) -> Area:
        """Imports the area."""
        return self._imported()


class Program:
    """One program; no dataclass, because to import those takes as long as to show the help.

    Attributes:
        name: Its name.
        description: What it is, for its help.
        areas: Functions that import an area, by its name.
    """

    __slots__ = ("areas", "description", "name")

    def __init__(self, name: str, description: str, areas: Mapping[str, Named]) -> None:
        self.name = name
        self.description = description
        self.areas = areas

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Runs the program and returns its exit code.

        Args:
            arguments: What follows the program's name; the process's own arguments by default.
        """
        given = list(sys.argv[1:] if arguments is None else arguments)
        if given in (["-h"], ["--help"]):
            self.listing().print_help()
            return 0
        gc.disable()  # what is imported stays to the end: it need not be looked at again and again
        try:
            parser = self.parser(next((word for word in given if word in self.areas), None))
            options = parser.parse_args(given)
        finally:
            gc.freeze()
            gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
            gc.enable()
        _open_streams()
        try:
            return _carried_out(options)
        except RspError as problem:
            if options.debug:
                raise
            print(f"{self.name}: {problem}", file=sys.stderr)
            return exit_code(problem)
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            # The reader of our output left, as `head` does; keep the interpreter from writing more.
            _discard_output()
            return EXIT_FAILED
        except OSError as error:
            if options.debug or error.errno not in _DISK:
                raise
            where = f"{error.filename}: " if error.filename else ""
            print(f"{self.name}: {where}{error.strerror}; the output is not whole", file=sys.stderr)
            _flush_or_discard()
            return EXIT_ENVIRONMENT

    def parser(self, area: str | None = None) -> argparse.ArgumentParser:
        """Builds the parser of one area, or of all areas if none is named.

        Args:
            area: Name of an area; the others are then not imported.
        """
        parser, subparsers = self._plain_parser()
        for imported in [self.areas[area]] if area else self.areas.values():
            imported().add_parser(subparsers)
        return parser

    def listing(self) -> argparse.ArgumentParser:
        """Builds a parser that shows the same help as that of all areas, and imports none."""
        blank = Parser(add_help=False)
        parser, subparsers = self._plain_parser(lambda **_: blank)
        for name, area in self.areas.items():
            subparsers.add_parser(name, help=area.summary)
        return parser

    def _plain_parser(
        self,
        below: "Any" = None,
    ) -> "tuple[argparse.ArgumentParser, Subparsers]":
        """Builds the parser above those of the areas.

        Args:
            below: Makes the parser of an area; the same class when None.
        """
        below = below or Parser
        parser = Parser(prog=self.name, description=self.description)
        parser.add_argument(
            "--version", action=_ShowVersion, nargs=0, help="show the version and exit"
        )
        parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
        subparsers = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=below
        )
        return parser, subparsers


def _carried_out(options: argparse.Namespace) -> int:
    """Carries out what was named, to the last octet of its output."""
    function: Callable[[argparse.Namespace], int] = options.func
    code = function(options)
    sys.stdout.flush()
    return code


def _open_streams() -> None:
    """Opens the null device in place of a standard stream that was closed by who called.

    What the locale of the others cannot show, and a path that is no UTF-8, is spelt by escapes.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  to the end; a light import
            setattr(sys, name, nowhere)


def _flush_or_discard() -> None:
    """Writes what is still to be written to standard output, or keeps the interpreter from it."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Sends what is still to be written to standard output nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Makes what writes the help, as wide as the terminal; `shutil` would take longer."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() else 0
    if not width and sys.__stdout__ is not None:
        try:
            width = os.get_terminal_size(sys.__stdout__.fileno()).columns
        except (OSError, ValueError):  # no terminal, or closed
            width = 0
    return argparse.HelpFormatter(prog, width=(width or 80) - 2)


class Parser(argparse.ArgumentParser):
    """A parser that names what comes near a word it does not know."""

    def __init__(self, *words: "Any", **named: "Any") -> None:
        """Takes what its base class takes; the usual formatter asks `shutil` for the width."""
        named.setdefault("formatter_class", _formatter)
        super().__init__(*words, **named)

    def error(self, message: str) -> "NoReturn":
        """Prints the usage and the message, with what comes near, and ends with 2."""
        super().error(message + _near(message, list(self.words())))

    def words(self) -> Iterator[str]:
        """Yields the commands and options of this parser and of those below it."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  has no public name
                for name, below in action.choices.items():
                    yield name
                    yield from below.words()


def _near(message: str, known: Sequence[str]) -> str:
    """Returns what comes near the first word a message of argparse quotes, or nothing."""
    found = re.search(r"unrecognized arguments: (--[\w-]+)|invalid choice: '([^']+)'", message)
    if not found:
        return ""
    from difflib import get_close_matches  # noqa: PLC0415  for mistakes alone

    near = get_close_matches(found[1] or found[2], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


class _ShowVersion(argparse.Action):
    """Prints the installed version; reading it takes longer than the rest of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: "Any") -> None:
        from importlib.metadata import version  # noqa: PLC0415  see the class

        print(f"{parser.prog} {version('rsplab')}")
        parser.exit()


def exit_code(problem: RspError) -> int:
    """Returns the exit code of an error by its class."""
    return next(code for kind, code in _EXIT_CODES if isinstance(problem, kind))
