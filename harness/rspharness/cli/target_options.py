"""The options of the command line that choose a card, and the card they choose."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rspharness.record.near_match import near
from rspharness.record.recording import is_replay

if TYPE_CHECKING:
    from rspharness.run.connection import CardChoice

__all__ = ["add_card_choice", "add_isdr_aid", "card_choice", "card_options"]

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
        help="EID that the card must have; required to change a card in a real reader; a new "
        "simulated card gets this EID",
    )
    add_isdr_aid(card)


def _target(text: str) -> str:
    """Returns the name of a target that a command without suites can use, or a target file.

    Raises:
        argparse.ArgumentTypeError: it is another one.
    """
    if text in _TARGETS or text.endswith(".toml") or text.startswith("at:") or is_replay(text):
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
    from rspcore.ids import Eid  # noqa: PLC0415
    from rspharness.lpa.isdr_channel import ChannelOptions  # noqa: PLC0415
    from rspharness.run.connection import CardChoice  # noqa: PLC0415
    from rspharness.targets.isdr_aids import parse_aid  # noqa: PLC0415

    try:
        eid = None if options.eid is None else Eid.from_digits(options.eid)
    except DecodeError as error:
        raise LocalError(f"--eid: {error}") from error
    return CardChoice(
        target=options.target,
        reader=options.reader,
        eid=eid,
        trace=options.trace,
        options=ChannelOptions(isdr_aid=parse_aid(options.isdr_aid)),
    )
