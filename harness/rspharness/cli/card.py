"""`rsplab card`: what the simulator offers for its cards, and the files of any card.

`serve`, `faults`, `options` and `info` belong to the simulator; `tree` and `read` browse the card
in a reader or a simulated one.
"""

import argparse

from rspharness.cli.command_options import card_options
from rspsim.cli import simulated_card

__all__ = ["add_parser"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `card` with its sub-commands to the program."""
    commands = simulated_card.add_parser(subparsers)
    shared = card_options()
    tree = commands.add_parser(
        "tree",
        help="list the standard files of the enabled Profile, or of any SIM",
        description="List the standard files a card has, with what they hold where it can be read. "
        "Nothing is written and no code is verified.",
        parents=[shared],
    )
    tree.add_argument("--no-content", action="store_true", help="names and sizes alone: faster")
    tree.set_defaults(func=_run, command="tree")
    read = commands.add_parser(
        "read",
        help="show one file: its control parameters, octets and meaning",
        description="Show one file of the enabled Profile, or of any SIM. A path begins with MF, "
        "USIM, ISIM, CSIM or an AID; files are named by identifier or name.",
        epilog="Examples: rsplab card read MF/EF.DIR; rsplab card read USIM/6F07",
        parents=[shared],
    )
    read.add_argument("path", metavar="PATH", help="for example MF/2FE2 or USIM/EF.IMSI")
    read.set_defaults(func=_run, command="read")


def _run(options: argparse.Namespace) -> int:
    from rspharness.cli import card_files  # noqa: PLC0415  only when used

    return card_files.run(options)
