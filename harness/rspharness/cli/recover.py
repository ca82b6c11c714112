"""`rsplab recover`: puts a card back to what it was before a run that did not end."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rspcore.errors import ConfigError, DecodeError, LocalError
from rspharness.cli.command_options import add_isdr_aid

if TYPE_CHECKING:
    from rspharness.run.run import Run

__all__ = ["add_parser", "recover"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `recover` to the program."""
    parser = subparsers.add_parser(
        "recover",
        help="put a card back to what it was before a run that did not end",
        description="Work off the journal that a run kept of its card: delete the Profiles of the "
        "suites and their Notifications, restore the default SM-DP+ address and the Enabled "
        "Profile, read the card again, and say what is restored and what is left.",
        epilog="Exit code: 0 all is as before; 1 something is left; 3 the card is another, or "
        "there is no card. The journals are in RSPLAB_JOURNALS, or rsplab/cards in XDG_STATE_HOME.",
    )
    parser.add_argument(
        "--target",
        default="pcsc",
        metavar="NAME",
        help="where the card is: pcsc (default), at:PORT, kept, or a target file",
    )
    parser.add_argument("--reader", default="", metavar="NAME", help="beginning of its name")
    parser.add_argument("--state", type=Path, metavar="FILE", help="kept: file that keeps the card")
    parser.add_argument("--eid", help="EID the card must have, or the folder of a run of it")
    add_isdr_aid(parser)
    parser.add_argument("--pki", type=Path, metavar="DIR", help="folder of keys and certificates")
    parser.set_defaults(func=recover)


def recover(options: argparse.Namespace) -> int:
    """Puts the card back and prints one line; returns the exit code.

    Raises:
        ConfigError: The card is another, or there is none.
        LocalError: --eid is no EID, or --state names no card.
    """
    from rspharness.record.testcase import Level  # noqa: PLC0415  only when used
    from rspharness.record.verdicts import Inconclusive  # noqa: PLC0415  likewise
    from rspharness.run.identification import named_eid  # noqa: PLC0415  likewise
    from rspharness.run.run import Run, RunOptions  # noqa: PLC0415  likewise
    from rspharness.targets.isdr_aids import parse_aid  # noqa: PLC0415  likewise

    try:
        eid = named_eid(options.eid or "")
    except DecodeError as error:
        raise LocalError(f"--eid: {error}") from error
    if (options.target == "kept") is (options.state is None):
        raise LocalError("--target kept and --state FILE go together")
    if options.state is not None and not options.state.is_file():
        raise LocalError(f"--state {options.state}: no such file, so no run changed its card")
    run = Run(
        RunOptions(
            target=options.target,
            reader=options.reader,
            eid=eid,
            isdr_aid=parse_aid(options.isdr_aid),
            level=str(Level.PROFILES),
            pki=options.pki,
            state=options.state,
        )
    )
    try:
        if run.target.simulated:
            raise LocalError(
                f"{run.target.name}: each run has a new card; nothing is to be put back"
            )
        done = run.recover()
    except Inconclusive as problem:
        raise ConfigError(f"the journal stays as it is: {problem}") from problem
    finally:
        run.close()
    found = run.facts["eid"]
    if done is None:
        _require_no_other(run, named=eid is not None)
        print(f"{found}: no journal, so no run left this card changed")
        return 0
    print(f"{found}: {done}")
    return 0 if done.complete else 1


def _require_no_other(run: "Run", *, named: bool) -> None:
    """Requires that no other card is waited for, unless this one was named."""
    from rspharness.run.journal import journalled_eids, state_folder  # noqa: PLC0415  when used

    waiting = journalled_eids(state_folder())
    if waiting and not named:
        raise ConfigError(
            f"the card in {run.target.name} has EID {run.facts['eid']}, and the journals in "
            f"{state_folder()} are of {', '.join(waiting)}; put in one of those"
        )
