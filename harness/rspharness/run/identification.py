"""Which card it is: its EID is read and compared before anything else is sent to it."""

import json
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError, DecodeError, LocalError, RemoteError
from rspcore.ids import Eid
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.card.plain_sim import is_plain_sim
from rspharness.record.verdicts import Cause, ExpectationError, TargetLost
from rspharness.run.preflight import EID_ROW
from rspharness.targets.target import KnownCard, Target

NO_ISDR: Final = Cause(
    "ISD-R.Select#01",
    "the card announces no eUICC functions and has no ISD-R",
    "a SIM that is no eUICC is judged by --level read-only --case 'UICC.*' alone",
)

__all__ = ["NoCardError", "WrongCardError", "identify", "named_eid"]


class NoCardError(ConfigError):
    """Reports that the run cannot begin: its target or the card in it is not there."""


class WrongCardError(NoCardError):
    """Reports that the card is not the requested one. Only the reading of its EID was sent."""


def named_eid(text: str) -> Eid | None:
    """Returns the EID that a command line names, by its digits or by a run of the card.

    The lines that a run prints to be used again name its folder, because they show no EID.

    Args:
        text: 32 digits, or the folder of an earlier run of the card; empty for none.

    Raises:
        DecodeError: neither an EID nor a folder.
        LocalError: the folder is of no run, or of one that knows no EID.
    """
    if not text:
        return None
    described = Path(text) / "run.json"
    if not Path(text).is_dir():
        return Eid.from_digits(text)
    try:
        facts = json.loads(described.read_text("utf-8"))["known"]["facts"]
        return Eid.from_digits(facts["eid"])
    except (OSError, ValueError, KeyError, TypeError, DecodeError) as error:
        raise LocalError(
            f"--eid {text}: expected an EID of 32 digits, or the folder of a run that knows the "
            "EID of its card, such as reports/latest"
        ) from error


def identify(card: Card, target: Target, asked: Eid | None, before: str = "") -> Eid | Cause:
    """Reads the EID with only the commands that this needs, and compares it.

    It has to be the one asked for, or of the state file of a kept card; or the one read before when
    the card was lost and came back.

    Args:
        card: The card, not reset yet.
        target: Where the card is.
        asked: EID of --eid, None without it.
        before: EID that the run began with, empty before.

    Returns:
        The EID; of a card in a reader that gives none, the cause why only reading cases run on it:
        it may be any card.

    Raises:
        WrongCardError: The card has another EID.
        TargetLost: The card that came back gives no EID.
        RemoteError: A simulated card refuses.
        DecodeError: A simulated card answers something else.
        ExpectationError: A simulated card answers with another status word.
    """
    by = "--eid"
    if isinstance(target, KnownCard):
        asked, by = target.eid, "the state file"
    card.terminal_profile = None
    card.reset()
    if is_plain_sim(card) and asked is None and not before:
        return NO_ISDR
    try:
        eid = card.eid()
    except (RemoteError, DecodeError, ExpectationError) as error:
        if target.simulated:
            raise
        if before:
            raise TargetLost(f"the EID of the card that came back: {error}") from error
        row = error.row if isinstance(error, UnobservedError) else EID_ROW
        remedy = f"mend {row.partition('#')[0]}; until then only cases that read run"
        return Cause(row, f"the EID was not read: {error}", remedy)
    if asked is not None and eid != asked:
        card.close()
        raise WrongCardError(
            f"{target.name}: EID {eid} found, {by} asked for {asked}; nothing but the "
            "reading of its EID was sent to the card, and the channel is closed again"
        )
    if before and before != str(eid):
        raise WrongCardError(
            f"{target.name}: the card that came back has EID {eid}, the run began with "
            f"{before}; nothing else was sent to the card"
        )
    return eid
