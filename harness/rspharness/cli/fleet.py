"""`rsplab fleet`: many simulated cards and LPAs against one SM-DP+, as users of Locust."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from rspcore.errors import ConfigError, LocalError

__all__ = ["add_parser", "fleet"]

_SHARES = "confirmation, wrong-code, postpone, reject, lose, resend, late, disorder, delete"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `fleet` to the program."""
    parser = subparsers.add_parser(
        "fleet",
        help="drive an SM-DP+ with many simulated eUICCs and count what became of the orders",
        description="Drive an SM-DP+ with many simulated eUICCs and their LPAs, as users of "
        "Locust, and count at the end which orders are lost, doubled or stuck.",
        epilog="Exit code: 0 all orders are done, nothing is lost, doubled or stuck; 1 something "
        "is; 2 wrong use; 3 the environment lacks something, or the server cannot be asked; 130 "
        "interrupted before anything was done. Arguments after -- are those of Locust: "
        "-- --headless -u 40 -r 10 --processes 2 --csv out; without --headless its web page is on "
        "port 8089. Needs the extra rsplab[fleet].",
    )
    _add_server(parser)
    _add_cards(parser)
    _add_course(parser)
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("reports/fleet"),
        metavar="DIR",
        help="folder for fleet.json (default: reports/fleet)",
    )
    parser.add_argument("locust", nargs="*", metavar="-- ...", help="options of Locust")
    parser.set_defaults(func=fleet)


def _add_server(parser: argparse.ArgumentParser) -> None:
    server = parser.add_argument_group("the server and its orders")
    which = server.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--admin",
        metavar="URL",
        help="management port of `rsplab smdpp serve`: makes the orders there, and counts them",
    )
    which.add_argument(
        "--codes",
        type=Path,
        metavar="FILE",
        help="activation codes of any server, one a line, a Confirmation Code behind it",
    )
    server.add_argument("--admin-token", default="", metavar="TOKEN", help="token of that port")
    server.add_argument(
        "--orders",
        type=int,
        default=0,
        metavar="N",
        help="--admin: new orders to make, as phones ask for them; those of this fleet that are "
        "not over come first (default: 0)",
    )
    server.add_argument(
        "--size", type=int, default=0, metavar="OCTETS", help="--admin: size of their packages"
    )
    server.add_argument(
        "--ca", default="", metavar="PATH", help="CI certificates to trust (default: of the PKI)"
    )
    server.add_argument(
        "--connect-to",
        action="append",
        default=[],
        metavar="[NAME=]HOST:PORT",
        help="connect to this address instead of that of the server; repeatable",
    )
    server.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="for one exchange (default: 60)"
    )


def _add_cards(parser: argparse.ArgumentParser) -> None:
    cards = parser.add_argument_group("the cards")
    cards.add_argument(
        "--cards", type=int, default=100, metavar="N", help="how many there are (default: 100)"
    )
    cards.add_argument(
        "--store",
        type=Path,
        default=Path("fleet.db"),
        metavar="FILE",
        help="file that keeps them between runs; made when they are first needed (default: "
        "fleet.db). Workers on other hosts have files of their own, and their own cards in them",
    )
    cards.add_argument(
        "--pki", default="", metavar="DIR", help="keys and certificates (default: generated ones)"
    )
    cards.add_argument(
        "--keep",
        type=int,
        default=8,
        metavar="N",
        help="Profiles that stay on a card; the oldest is deleted when there are more (default: 8)",
    )
    cards.add_argument(
        "--block-size", type=int, default=255, metavar="N", help="octets per STORE DATA, 6 to 255"
    )


def _add_course(parser: argparse.ArgumentParser) -> None:
    course = parser.add_argument_group("the course of a download")
    course.add_argument(
        "--share",
        action="append",
        default=[],
        metavar="NAME=PERCENT",
        help=f"in which share of the downloads something happens, such as lose=5%%: {_SHARES}; "
        "repeatable",
    )
    course.add_argument(
        "--visit",
        type=int,
        default=4,
        metavar="N",
        help="orders that a phone has before late Notifications leave its card (default: 4)",
    )
    course.add_argument(
        "--pace",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds from the beginning of one download of a phone to the next (default: 0)",
    )
    course.add_argument(
        "--retries", type=int, default=4, metavar="N", help="tries after a lost connection"
    )
    course.add_argument(
        "--seed", default="1", metavar="TEXT", help="what cards and courses are drawn from"
    )


def fleet(options: argparse.Namespace) -> int:
    """Becomes Locust with the phones of the fleet; does not return when that succeeds.

    Raises:
        LocalError: an option is of no use.
        ConfigError: Locust is not installed, or a file cannot be used.
    """
    if find_spec("locust") is None:
        raise ConfigError("Locust is not installed; `pip install 'rsplab[fleet]'` adds it")
    from rspharness.fleet.fleet_settings import VARIABLE, FleetSettings  # noqa: PLC0415  only when used

    for name, least in (("cards", 1), ("visit", 1), ("keep", 1), ("orders", 0), ("retries", 0)):
        if getattr(options, name) < least:
            raise LocalError(f"--{name} {getattr(options, name)}: expected {least} or more")
    settings = FleetSettings(
        admin=options.admin or "",
        token=options.admin_token,
        codes="" if options.codes is None else str(options.codes),
        orders=options.orders,
        size=options.size,
        cards=options.cards,
        store=str(options.store),
        keep=options.keep,
        visit=options.visit,
        pace=options.pace,
        retries=options.retries,
        block_size=options.block_size,
        shares=tuple(options.share),
        seed=options.seed,
        pki=options.pki,
        ca=options.ca,
        connect_to=tuple(options.connect_to),
        timeout=options.timeout,
        report=str(options.report),
    )
    settings.check()  # what cannot be used is said before anything is started
    file = Path(__file__).parents[1] / "fleet" / "locust_file.py"
    os.environ[VARIABLE] = settings.written
    sys.stdout.flush()
    words = [sys.executable, "-m", "locust", "-f", str(file), *options.locust]
    os.execv(sys.executable, words)  # noqa: S606  the same Python, with Locust
