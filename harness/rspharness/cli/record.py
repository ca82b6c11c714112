"""`rsplab record`: a run of the suites whose every exchange goes into a file, to be replayed."""

import argparse
from pathlib import Path

from rspcore.errors import LocalError
from rspharness.cli.command_options import EPILOG, add_options
from rspharness.cli.run import run

__all__ = ["add_parser", "record"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `record` to the program."""
    parser = subparsers.add_parser(
        "record",
        help="record a card, so that it can be replayed without it",
        description="Run cases on a card, those that only read unless --level names another, and "
        "write everything that passes into a new file. `rsplab run --target replay:FILE` answers "
        "from it, without the card, and comes to the same verdicts. The file holds what the card "
        "says of itself, whole.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="new file; a name that ends in .gz is compressed"
    )
    add_options(parser)
    parser.set_defaults(func=record)


def record(options: argparse.Namespace) -> int:
    """Records a card; returns the exit code of the run.

    Raises:
        ConfigError: as a run, or the file is there already.
        LocalError: --record beside FILE, or wrong use, as for a run.
    """
    if options.record is not None:
        raise LocalError("name the file once: rsplab record FILE")
    options.record = options.file
    options.level = options.level or "read-only"
    code = run(options)
    print(f"recording: {options.file}; rsplab run --target replay:{options.file}")
    return code
