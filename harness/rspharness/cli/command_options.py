"""The options of the command line that choose a card, and those of a run and what is like one."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rspharness.run.connection import CardChoice

__all__ = [
    "EPILOG",
    "add_card_choice",
    "add_isdr_aid",
    "add_options",
    "card_choice",
    "card_options",
]

_TARGETS = ("inprocess", "vpcd", "pcsc")


def add_isdr_aid(card: "argparse._ActionsContainer") -> None:
    """Adds the option that names the ISD-R of a card, to the options that choose a card."""
    card.add_argument(
        "--isdr-aid",
        default="",
        metavar="AID",
        help="AID of the card's ISD-R (default: the standard one, or where the card does not know "
        "that, the first it knows of those seen in the field)",
    )


def add_card_choice(card: "argparse._ActionsContainer") -> None:
    """Adds the options by which every command but `run` chooses a card."""
    card.add_argument(
        "--target",
        type=_target,
        default="pcsc",
        metavar="NAME|FILE",
        help="pcsc: a card in a reader (default); at:PORT: a card behind a modem, such as "
        "at:/dev/ttyUSB2; vpcd: the simulated card of `rsplab card serve` in a virtual reader; "
        "inprocess: a new simulated card that exists only for this command; a target file of one "
        "of these kinds, for its reader and limits; replay-search:FILE: what a recording has",
    )
    card.add_argument(
        "--reader",
        default="",
        metavar="NAME",
        help="beginning of the reader's name (default: that of the target file, or the only reader "
        "with a card)",
    )
    card.add_argument(
        "--eid",
        help="EID that the card must have, or the folder of a run of it; required to change a card "
        "in a real reader; a new simulated card gets this EID",
    )
    add_isdr_aid(card)


def _target(text: str) -> str:
    """Returns the name of a target that a command without suites can use, or a target file.

    Raises:
        argparse.ArgumentTypeError: it is another one.
    """
    if text in _TARGETS or text.endswith(".toml") or text.startswith("at:"):
        return text
    from rspharness.record.near_match import near  # noqa: PLC0415  few name another target
    from rspharness.record.recording import is_replay  # noqa: PLC0415  likewise

    if is_replay(text):
        return text
    near_it = near(text, _TARGETS)
    known = ", ".join(_TARGETS)
    raise argparse.ArgumentTypeError(
        f"{text!r}: expected {known}, at:PORT, the path of a .toml file, replay:FILE or "
        f"replay-search:FILE{near_it}"
    )


def card_options() -> argparse.ArgumentParser:
    """Returns a parent parser with the options that choose a card."""
    options = argparse.ArgumentParser(add_help=False)
    add_card_choice(options.add_argument_group("the card"))
    output = options.add_argument_group("the output")
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--trace", type=Path, metavar="FILE", help="write the APDUs to a file")
    return options


def card_choice(options: argparse.Namespace) -> "CardChoice":
    """Returns the card those options choose.

    Raises:
        LocalError: --eid is no EID, or --isdr-aid no AID.
    """
    from rspcore.errors import DecodeError, LocalError  # noqa: PLC0415  only when used
    from rspharness.lpa.isdr_channel import ChannelOptions  # noqa: PLC0415
    from rspharness.run.connection import CardChoice  # noqa: PLC0415
    from rspharness.run.identification import named_eid  # noqa: PLC0415
    from rspharness.targets.isdr_aids import parse_aid  # noqa: PLC0415

    try:
        eid = named_eid(options.eid or "")
    except DecodeError as error:
        raise LocalError(f"--eid: {error}") from error
    return CardChoice(
        target=options.target,
        reader=options.reader,
        eid=eid,
        trace=options.trace,
        options=ChannelOptions(isdr_aid=parse_aid(options.isdr_aid)),
    )


_RENAMED: Final = {"--mutants": "--kills", "--mutant-matrix": "--matrix"}
"""Old spelling of an option to the new one."""


class _RenamedOption(argparse.Action):
    """Refuses the old name of an option and reports the new one."""

    def __init__(self, option_strings: list[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        """Reports the new name, as a wrong use of the command line."""
        old = str(rest[-1])
        parser.error(f"{old} is called {_RENAMED[old]} now")


EPILOG: Final = (
    "Exit code: 0 every applicable case passes; 1 a case failed, was blocked or was "
    "inconclusive; 2 wrong use; 3 the environment lacks something, the card is not there, has "
    "another EID or was lost, or no case applied; 130 interrupted. Arguments after -- are "
    "passed to pytest; an installed plugin of pytest is used only when it is named there, as "
    "in -- -p pytest_cov. Options that are not given come from the environment: RSPLAB_TARGET, "
    "RSPLAB_LEVEL ..."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a run to a parser."""
    card = parser.add_argument_group("the card")
    card.add_argument(
        "--target",
        metavar="NAME",
        help="vpcd: the simulated card behind the PC/SC daemon (default where that is installed); "
        "inprocess: the same card without PC/SC; kept: one simulated card for all cases, kept in "
        "a file and treated like a real one; pcsc: a card in a reader; at:PORT: a card behind a "
        "modem; replay:FILE: what a recording has, each command in its order; replay-search:FILE: "
        "the same, a command looked for; or a target file",
    )
    card.add_argument(
        "--also",
        action="append",
        metavar="FILE",
        help="target file of another simulated card, or a folder of them, for the cases that do "
        "not apply to the first one; repeatable",
    )
    card.add_argument(
        "--reader",
        metavar="NAME",
        help="beginning of the reader's name (default: the only reader with a card)",
    )
    card.add_argument(
        "--with-card",
        action="append",
        metavar="EID@READER",
        help="pcsc: a further card in another reader, for cases that need more than one; with -n "
        "each worker takes one of the cards; repeatable",
    )
    card.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="kept: file that keeps the card; a new file gets a new card",
    )
    card.add_argument(
        "--eid",
        help="EID of the card, or the folder of an earlier run of it; a run on a card with another "
        "EID stops before the first case",
    )
    add_isdr_aid(card)
    card.add_argument(
        "--pki",
        type=Path,
        metavar="DIR",
        help="folder of keys and certificates (default: generated ones)",
    )
    card.add_argument(
        "--personality",
        metavar="NAME",
        help="simulated card: its SGP.22 version, such as v2.5, or plain-sim",
    )
    card.add_argument(
        "--card-fault",
        metavar="NAME",
        help="simulated card: name of one card fault; inprocess: also of a hostile card, which is "
        "one card for the whole run (`rsplab card faults` lists both)",
    )
    card.add_argument(
        "--server-fault",
        metavar="NAME",
        help="users' stories: name of a fault of their SM-DP+ (`rsplab smdpp faults` lists them)",
    )
    add_server(parser.add_argument_group("a server under test, in place of a card"))
    cases = parser.add_argument_group("the cases")
    cases.add_argument(
        "--case",
        action="append",
        metavar="ID",
        help="run only this case; * is a wildcard; repeatable",
    )
    cases.add_argument(
        "--level",
        choices=("read-only", "profiles", "destructive", "irreversible"),
        help="level of cases to run; the first three include those before them, irreversible "
        "runs alone (default: all on a simulated card, read-only on a card that is kept)",
    )
    cases.add_argument(
        "--erase-foreign",
        action="store_true",
        help="level destructive: delete Profiles that are not of the suites too; without it the "
        "cases that erase everything do not apply to a card with such Profiles",
    )
    cases.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="run the I-th of N parts of the cases, each case in one; rsplab merge puts the "
        "reports together",
    )
    cases.add_argument(
        "--list",
        action="store_true",
        help="show the cases with level and title, and run nothing; no card is reached",
    )
    cases.add_argument(
        "--kills",
        action="store_true",
        help="test the cases: run each on the faulty cards whose faults it has to find",
    )
    cases.add_argument(
        "--matrix",
        action="store_true",
        help="test the cases: run each on every faulty card that can change its result, and "
        "compare the changes with the expected effects of the faults",
    )
    for old in _RENAMED:
        cases.add_argument(old, action=_RenamedOption)
    cases.add_argument(
        "--curve", help="curve where a case chooses none: nistP256 (default) or brainpoolP256r1"
    )
    cases.add_argument(
        "--seed", help="seed of all random values of the host and of a simulated card (default: 1)"
    )
    cases.add_argument(
        "--shuffle",
        metavar="SEED",
        help="run the cases in an order drawn from this seed (default: the order of the files)",
    )
    cases.add_argument(
        "--suites",
        type=Path,
        metavar="DIR",
        help="folder of the suites (default: suites/ here, in the checkout or in the wheel)",
    )
    cases.add_argument(
        "-n", dest="workers", type=_workers, default=1, metavar="N", help="run cases in N processes"
    )
    cases.add_argument(
        "--change-limit",
        metavar="N",
        help="how many changing commands a card in a reader may have had over all runs; a further "
        "one is not sent (default: no limit)",
    )
    _add_results(parser)
    parser.add_argument("pytest", nargs="*", help=argparse.SUPPRESS)


def _add_results(parser: argparse.ArgumentParser) -> None:
    """Adds what a run writes, and where."""
    results = parser.add_argument_group("the results")
    results.add_argument(
        "--report", type=Path, metavar="DIR", help="folder for reports (default: reports/)"
    )
    results.add_argument(
        "--keep",
        type=_workers,
        metavar="N",
        help="keep the latest N runs in the folder for reports, and remove older ones at the end",
    )
    results.add_argument(
        "--baseline",
        type=Path,
        metavar="RUN",
        help="folder of an earlier run: a command that has become slower, or slow in some of its "
        "answers, makes the run red",
    )
    results.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="new file for a recording of everything that passes; --target replay:FILE answers "
        "from it (.gz compresses it)",
    )
    results.add_argument(
        "--allure", type=Path, metavar="DIR", help="folder for Allure results as well"
    )
    results.add_argument(
        "--no-redact",
        action="store_true",
        help="show EID, ICCIDs and IMSIs of a card that is kept in the console, HTML, JUnit and "
        "Allure; without it they are masked there. PINs, PUKs, keys and OTA data always are",
    )
    results.add_argument(
        "--session-keys",
        action="store_true",
        help="write the keys of each BoundProfilePackage of the suites, S-ENC and S-MAC, into a "
        "file beside the trace of its case; they are keys of tests, and of no use for another "
        "session",
    )


def _shard(text: str) -> str:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a part of so many, such as 1/4")
    return text


def _workers(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number, 1 or more")
    return int(text)


def add_server(server: "argparse._ArgumentGroup") -> None:
    """Adds the options that name a server under test, and how it is ordered at."""
    server.add_argument(
        "--smdpp",
        metavar="URL",
        help="SM-DP+ under test, https://HOST:PORT; own: that of rsplab, started for the run, "
        "with options of `rsplab smdpp serve` after a colon. "
        '--target FILE with kind = "server" declares its options',
    )
    server.add_argument(
        "--provision",
        metavar="WAY",
        help="how an order comes to be there: es2plus or es2plus:TYPE (ordered by ES2+, with "
        "--es2plus and --es2plus-client), management:http://HOST:PORT#TOKEN (of `rsplab smdpp "
        "serve`), directory:DIR (packages named by their MatchingID), script:COMMAND; without "
        "it only cases that need no order run",
    )
    server.add_argument("--es2plus", metavar="URL", help="ES2+ of that server, https://HOST:PORT")
    server.add_argument(
        "--es2plus-client",
        metavar="DIR",
        help="folder with client.pem and client.key, certificate and key of an operator",
    )
    server.add_argument(
        "--es2plus-other",
        metavar="DIR",
        help="the same of a second operator, for what one operator may not do with the orders of "
        "another (default: issued by the CI in --pki, where its key is there)",
    )
    server.add_argument(
        "--smds",
        metavar="URL",
        help="SM-DS under test, https://HOST:PORT; own: that of rsplab, with options of `rsplab "
        "smds serve` after a colon. Events are registered by ES12, with certificates of the CI in "
        "--pki",
    )
    server.add_argument(
        "--es12-client",
        metavar="DIR",
        help="folder with client.pem and client.key of an SM-DP+ that the SM-DS takes events of, "
        "where --pki has no key of the CI",
    )
