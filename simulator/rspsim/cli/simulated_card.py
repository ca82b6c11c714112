"""`rsplab card`: serves a simulated card in a virtual reader, lists faults, shows a state file.

Only the parsers are here; what a sub-command needs is imported when it runs.
"""

import argparse
from pathlib import Path

from rspsim.cli.arguments import eid_argument

__all__ = ["add_parser"]

_DEFAULT_PORT = 0x8C7B


def add_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Adds `card` with its sub-commands to the program; returns them, for others to be added."""
    parser = subparsers.add_parser(
        "card",
        help="serve a simulated card in a virtual PC/SC reader",
        description="The simulated eUICC as a card in a virtual PC/SC reader, with test keys only.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands)
    faults = commands.add_parser("faults", help="list the faults a card can be given")
    faults.set_defaults(func=_faults)
    variations = commands.add_parser(
        "variations", help="list what a conforming card may do otherwise, and why it may"
    )
    variations.set_defaults(func=_variations)
    habits = commands.add_parser("habits", help="list the habits a modem can be given")
    habits.set_defaults(func=_habits)
    presets = commands.add_parser("presets", help="list the presets: named kinds of cards")
    presets.set_defaults(func=_presets)
    options = commands.add_parser("options", help="list the options a card can be given")
    options.add_argument(
        "--personality", metavar="NAME", help="show the values of this one (default: the usual one)"
    )
    options.add_argument("--preset", metavar="NAME", help="show the values of this kind of card")
    options.set_defaults(func=_options)
    info = commands.add_parser("info", help="show what a state file contains, without the keys")
    info.add_argument(
        "state", type=Path, metavar="FILE", help="state file of a card that is not being served"
    )
    info.set_defaults(func=_info)
    return commands


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = commands.add_parser(
        "serve",
        help="put a card into a virtual reader, or behind a modem, until stopped",
        description="Put a card into a virtual reader. If no pcscd is running, one is started, "
        "which needs root. With --at the card is behind a modem instead. Ends at Ctrl-C or "
        "SIGTERM.",
    )
    reader = serve.add_argument_group("reader")
    reader.add_argument(
        "--port",
        type=int,
        default=_DEFAULT_PORT,
        help="port of the slot (default: 35963; the second slot has 35964, and so on up to 35978: "
        "a pcscd that has to be started for it gets as many readers)",
    )
    reader.add_argument("--host", default="127.0.0.1", help="host on which the reader runs")
    reader.add_argument(
        "--wait", action="store_true", help="wait for pcscd without a limit, and never start one"
    )
    reader.add_argument(
        "--until-eof",
        action="store_true",
        help="end when standard input ends too, so that the card ends with the program that "
        "started it, however that ends",
    )
    modem = serve.add_argument_group("modem")
    modem.add_argument(
        "--at",
        nargs="?",
        const="",
        metavar="LINK",
        help="put the card behind a modem with AT commands, on a pseudo-terminal whose name is "
        "printed; LINK becomes a symbolic link to it",
    )
    modem.add_argument(
        "--habit",
        action="append",
        default=[],
        metavar="NAME",
        help="give the modem a habit that is seen in the field (see `rsplab card habits`); may be "
        "repeated",
    )
    card = serve.add_argument_group("card")
    card.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="file that keeps the card over restarts; a new file gets a new card",
    )
    card.add_argument(
        "--pki",
        type=Path,
        metavar="DIR",
        help="folder of keys and certificates (default: generated ones)",
    )
    card.add_argument("--eid", type=eid_argument, help="EID of a new card, 32 digits")
    card.add_argument(
        "--personality",
        metavar="NAME",
        help="SGP.22 version, for example v2.5; or plain-sim: "
        "no eUICC, one Profile, classes 00 and A0",
    )
    card.add_argument(
        "--memory", type=int, metavar="OCTETS", help="memory of a new card for Profiles"
    )
    card.add_argument(
        "--rat",
        metavar="NAME",
        help="rules authorisation table of a new card: any-operator (default), empty, ppr1-only, "
        "ppr2-only, split, one-operator, one-gid or wildcard-digits",
    )
    card.add_argument(
        "--default-dp", metavar="FQDN", help="default SM-DP+ address of a new card (default: none)"
    )
    card.add_argument("--root-ds", metavar="FQDN", help="root SM-DS address of a new card")
    _add_claims(serve.add_argument_group("what a new card says of itself"))
    card.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="NAME",
        help="Profile a new card is delivered with, such as PROFILE_OPERATIONAL1; repeatable",
    )
    card.add_argument("--enabled", metavar="NAME", help="the one of them that is Enabled")
    card.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set an option of the card (see `rsplab card options`); may be repeated",
    )
    card.add_argument(
        "--card-fault",
        "--fault",
        dest="fault",
        action="append",
        default=[],
        metavar="NAME",
        help="give the card a fault (see `rsplab card faults`); may be repeated",
    )
    card.add_argument(
        "--variation",
        action="append",
        default=[],
        metavar="NAME",
        help="have the card do something else that is legal (see `rsplab card variations`); may be "
        "repeated",
    )
    card.add_argument(
        "--preset",
        metavar="NAME",
        help="make it a card of this kind (see `rsplab card presets`); the other options are "
        "applied after the preset",
    )
    card.add_argument(
        "--seed", help="seed of all random octets of the card, to repeat a session exactly"
    )
    card.add_argument(
        "--log",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write each APDU to a file, or to standard output",
    )
    serve.set_defaults(func=_serve)


def _add_claims(card: "argparse._ArgumentGroup") -> None:
    """Adds what a new card says of itself otherwise than its personality."""
    card.add_argument(
        "--mep",
        dest="claims_mep",
        nargs="+",
        metavar="MODE",
        help="v3: modes of several enabled Profiles, in the order it names them: A1, A2, B",
    )
    card.add_argument(
        "--esim-ports",
        dest="claims_esim_ports",
        metavar="NUMBER",
        help="v3: how many eSIM Ports may have a Profile, with --mep (default: 2)",
    )
    card.add_argument(
        "--chain",
        dest="claims_chain",
        metavar="VARIANT",
        help="v3: its chain of version 3: Ov3 (default), A, B, C, or none",
    )
    card.add_argument(
        "--lpae",
        dest="claims_lpae",
        nargs="+",
        metavar="INTERFACE",
        help="interfaces of its LPAe: cat, scws, e4e (default: no LPAe)",
    )
    card.add_argument(
        "--without",
        dest="claims_without",
        nargs="+",
        metavar="BIT",
        help="bits of RspCapability (v3: euiccRspCapability) or UICCCapability that it lacks",
    )
    card.add_argument(
        "--more-root-ds",
        action="append",
        default=[],
        metavar="FQDN",
        help="v3: further root SM-DS address; may be repeated",
    )


def _serve(options: argparse.Namespace) -> int:
    from rspsim.cli.card_serve import serve  # noqa: PLC0415  only when it runs

    return serve(options)


def _faults(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_faults  # noqa: PLC0415  only when it runs

    return print_faults()


def _variations(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_variations  # noqa: PLC0415  only when it runs

    return print_variations()


def _habits(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_habits  # noqa: PLC0415  only when it runs

    return print_habits()


def _presets(_: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_presets  # noqa: PLC0415  only when it runs

    return print_presets()


def _options(options: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_options  # noqa: PLC0415  only when it runs

    return print_options(options.personality, options.preset)


def _info(options: argparse.Namespace) -> int:
    from rspsim.cli.card_lists import print_info  # noqa: PLC0415  only when it runs

    return print_info(options.state)
