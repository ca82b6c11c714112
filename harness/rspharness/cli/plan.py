"""`rsplab plan`: what a run would do on a card, and why not."""

import argparse

from rspharness.cli.command_options import add_options
from rspharness.cli.run import run

__all__ = ["add_parser", "plan"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `plan` to the program."""
    parser = subparsers.add_parser(
        "plan",
        help="show what a run would do on a card, why not, and for how long",
        description="Show each case with its level, whether it would run on this card, why not, "
        "and how long it took in the latest run. The card is asked what it is; only reading "
        "commands are sent. The options are those of `rsplab run`.",
        epilog="Exit code: 0 the plan is shown; 2 wrong use; 3 no card, or one with another EID.",
    )
    add_options(parser)
    parser.set_defaults(func=plan)


def plan(options: argparse.Namespace) -> int:
    """Shows the plan of a run.

    Raises:
        ConfigError: as a run.
        LocalError: as a run.
    """
    options.plan = True
    return run(options)
