"""What every command of `rsplab lpa` does with the card, and how it shows an outcome."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from rspcore.errors import DecodeError, LocalError
from rspcore.messages.v3.lsi_configuration import MepMode
from rspharness.cli.command_options import card_choice
from rspharness.lpa.activation_code import check_server_address
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.newer.port_management import agree
from rspharness.run.connection import connected

__all__ = ["NOTIFICATION_COLUMNS", "open_card", "server_address", "show"]

NOTIFICATION_COLUMNS: Final = (
    "seqNumber",
    "event",
    "iccid",
    "notificationAddress",
    "result",
    "delivered",
    "error",
    "unknown",
    "unread",
)
_CONTROL: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves or hides text in a terminal and is left as it is by JSON."""


@contextmanager
def open_card(options: argparse.Namespace, *, changing: bool) -> Iterator[IsdrChannel]:
    """Opens the channel to the card that the options name, on the eSIM Ports of --mep.

    Raises:
        RemoteError: the card does not have the mode.
    """
    choice = card_choice(options)
    channel = replace(choice.options, block_size=options.block_size)
    choice = replace(choice, pki=options.pki, options=channel)
    with connected(choice, changing=changing) as card:
        if options.mep is not None:
            agree(card, MepMode[options.mep])
        yield card


def show(options: argparse.Namespace, view: Mapping[str, object], lines: Sequence[str]) -> int:
    """Prints a successful outcome in the form asked for, and returns 0."""
    if options.json:
        text = json.dumps(view, ensure_ascii=False, indent=2)
        print(_CONTROL.sub(lambda one: f"\\u{ord(one[0]):04x}", text))
    else:
        print(*lines, sep="\n")
    return 0


def server_address(text: str) -> str:
    """Returns the address of a server as it is given.

    Raises:
        LocalError: it is none.
    """
    try:
        check_server_address(text)
    except DecodeError as error:
        raise LocalError(str(error)) from error
    return text
