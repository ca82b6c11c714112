"""`rsplab profile`: makes unprotected profile packages from the words that orders take, too."""

import argparse
from pathlib import Path

from rspsim.cli.setting_options import LateParser, add_settings, late_commands

__all__ = ["add_parser"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `profile` with its sub-commands to the program."""
    commands = late_commands(
        subparsers,
        "profile",
        "make profile packages",
        "Profile packages with test keys; not for real subscriptions.",
    )
    make = commands.add_parser(
        "make",
        help="write a package and its metadata",
        description="Write an unprotected profile package (DER). Each option that is not given is "
        "as in the Profile of the catalogue that --profile names.",
    )
    make.fill = lambda: _add_options(make)
    make.set_defaults(func=_make)


def _add_options(make: LateParser) -> None:
    make.add_argument("file", type=Path, metavar="FILE", help="file of the package")
    make.add_argument(
        "--metadata", type=Path, metavar="FILE", help="write the metadata (BF25) there, too"
    )
    add_settings(make.add_argument_group("content"), "profile")


def _make(options: argparse.Namespace) -> int:
    from rspsim.cli.profile_file import write_profile  # noqa: PLC0415  only when it runs

    return write_profile(options)
