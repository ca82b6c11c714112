"""`rsplab card`: keep a simulated card in a virtual reader, list its faults, look into its file.

Only the parsers are here; what a sub-command needs is imported when it is asked for.
"""

import argparse
from pathlib import Path

from rspsim.cli.arguments import eid_argument

__all__ = ["add_parser"]

_DEFAULT_PORT = 0x8C7B


def add_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Add `card` with its sub-commands to the program; returns them, to add others beside."""
    parser = subparsers.add_parser(
        "card",
        help="keep a simulated card in a virtual PC/SC reader",
        description="The simulated eUICC as a card in a virtual PC/SC reader. Test keys only.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands)
    faults = commands.add_parser("faults", help="list the faults a card can be given")
    faults.set_defaults(func=_faults)
    presets = commands.add_parser("presets", help="list the kinds of cards there are")
    presets.set_defaults(func=_presets)
    options = commands.add_parser("options", help="list the options a card can be given")
    options.set_defaults(func=_options)
    info = commands.add_parser("info", help="show what a state file holds; keys stay inside")
    info.add_argument("state", type=Path, metavar="FILE", help="state file of a card at rest")
    info.set_defaults(func=_info)
    return commands


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = commands.add_parser(
        "serve",
        help="put a card into a virtual reader until stopped",
        description="Put a card into a virtual reader. Root's pcscd is started when none runs. "
        "Ends at Ctrl-C or SIGTERM.",
    )
    reader = serve.add_argument_group("reader")
    reader.add_argument(
        "--port",
        type=int,
        default=_DEFAULT_PORT,
        help="port of the slot (default: 35963; the second slot has 35964)",
    )
    reader.add_argument("--host", default="127.0.0.1", help="machine of the reader")
    reader.add_argument(
        "--wait", action="store_true", help="wait for pcscd; never start one and never give up"
    )
    card = serve.add_argument_group("card")
    card.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep the card in this file over restarts; a new file gets a new card",
    )
    card.add_argument(
        "--pki", type=Path, metavar="DIR", help="keys and certificates (default: made here)"
    )
    card.add_argument("--eid", type=eid_argument, help="EID of a new card, 32 digits")
    card.add_argument("--personality", metavar="NAME", help="SGP.22 version, for example v2.5")
    card.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set an option of the card (see `rsplab card options`); may be repeated",
    )
    card.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="give the card a fault (see `rsplab card faults`); may be repeated",
    )
    card.add_argument(
        "--preset",
        metavar="NAME",
        help="make it a card of this kind (see `rsplab card presets`); the other options come on "
        "top",
    )
    card.add_argument("--seed", help="take randomness from this text, to repeat a session")
    card.add_argument(
        "--log",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write each APDU to a file, or to standard output",
    )
    serve.set_defaults(func=_serve)


def _serve(options: argparse.Namespace) -> int:
    from rspsim.cli.card_serve import serve  # noqa: PLC0415  only when asked for

    return serve(options)


def _faults(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_faults  # noqa: PLC0415  only when asked for

    return print_faults()


def _presets(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_presets  # noqa: PLC0415  only when asked for

    return print_presets()


def _options(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_options  # noqa: PLC0415  only when asked for

    return print_options()


def _info(options: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_info  # noqa: PLC0415  only when asked for

    return print_info(options.state)
