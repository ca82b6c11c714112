"""`rsplab fingerprint`: what identifies the firmware of a card."""

import argparse
import json
from importlib.metadata import version

from rspharness.cli.command_options import card_choice, card_options

__all__ = ["add_parser", "fingerprint"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `fingerprint` to the program."""
    parser = subparsers.add_parser(
        "fingerprint",
        parents=[card_options()],
        help="show what identifies the firmware of a card, in seconds",
        description="Read what a card says of itself, and how it refuses what no card knows; "
        "nothing is sent that could change it. Cards with the same digest answered alike; `rsplab "
        "compare` shows what two fingerprints of --json differ in.",
        epilog="Exit code: 0 the fingerprint is shown; 1 the card does not answer; 2 wrong use; 3 "
        "no reader, no card, or one with another EID.",
    )
    parser.set_defaults(func=fingerprint)


def fingerprint(options: argparse.Namespace) -> int:
    """Prints the fingerprint of a card.

    Raises:
        RspError: no card, another one, or it does not answer.
    """
    from rspharness.comparison.fingerprint import lines, taken  # noqa: PLC0415  only when used
    from rspharness.run.connection import reached  # noqa: PLC0415  likewise

    with reached(card_choice(options)) as (link, facts):
        made = taken(link, {**facts, "rsplab": version("rsplab")})
    if options.json:
        print(json.dumps(made.as_dict(), indent=1))
    else:
        for line in lines(made):
            print(line)
    return 0
