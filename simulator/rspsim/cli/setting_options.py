"""Options made of the table of settings, and a parser that gets them when it is used.

The table imports most of the server, which no other command and no list of commands has to wait
for.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rspcore.errors import DecodeError
from rspsim.cli.program import Parser

if TYPE_CHECKING:
    from rspsim.smdpp.setting_kinds import Kind

__all__ = ["LateParser", "add_settings", "chosen", "late_commands"]

_PREFIX: Final = "setting_"
"""Before the names of settings among the attributes of the options."""
_ALSO: Final = {"strict_headers": ("--any-header",)}
"""Further spellings of an option."""


class LateParser(Parser):
    """A parser whose options are added when it parses, or shows them."""

    fill: Callable[[], None] | None = None

    def _filled(self) -> None:
        if self.fill is not None:
            fill, self.fill = self.fill, None
            fill()

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  it is overloaded
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """Parses, as every parser does."""
        self._filled()
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        """Returns the help, as every parser does."""
        self._filled()
        return super().format_help()


def late_commands(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    description: str,
) -> "argparse._SubParsersAction[LateParser]":
    """Adds an area to the program, and returns what gets its sub-commands.

    Args:
        subparsers: The areas of the program.
        name: Name of the area.
        summary: What the list of areas says of it.
        description: What its own help says.
    """
    parser = subparsers.add_parser(name, help=summary, description=description)
    return parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=LateParser
    )


def add_settings(group: "argparse._ActionsContainer", *areas: str, but: Sequence[str] = ()) -> None:
    """Adds an option for each setting of some areas; one that is not given leaves no attribute.

    Args:
        group: What gets the options.
        *areas: Names of areas of `rspsim.smdpp.settings`.
        but: Names of settings that get none.
    """
    from rspsim.smdpp.setting_kinds import FLAG  # noqa: PLC0415  see the module
    from rspsim.smdpp.settings import Area, settings_of  # noqa: PLC0415  see the module

    for one in settings_of(*map(Area, areas)):
        if one.name in but:
            continue
        flags = (one.flag, *_ALSO.get(one.name, ()))
        summary = one.summary.replace("%", "%%")
        if one.kind is FLAG:
            group.add_argument(
                *flags,
                dest=_PREFIX + one.name,
                action="store_const",
                const=not one.default_is_true,
                default=argparse.SUPPRESS,
                help=f"do not: {summary}" if one.default_is_true else summary,
            )
            continue
        group.add_argument(
            *flags,
            dest=_PREFIX + one.name,
            type=_file if one.name == "icon" else _reader(one.kind),
            default=argparse.SUPPRESS,
            metavar="FILE" if one.name == "icon" else one.kind.metavar,
            help=summary,
        )


def chosen(options: argparse.Namespace, *areas: str) -> dict[str, Any]:
    """Returns the values of the settings that were given, by name."""
    from rspsim.smdpp.settings import Area, settings_of  # noqa: PLC0415  see the module

    given = vars(options)
    names = (one.name for one in settings_of(*map(Area, areas)))
    return {name: given[_PREFIX + name] for name in names if _PREFIX + name in given}


def _reader(kind: "Kind") -> Callable[[str], Any]:
    def read_text(text: str) -> Any:
        try:
            return kind.read(kind.of_text(text))
        except DecodeError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read_text


def _file(text: str) -> bytes:
    try:
        return Path(text).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from error
