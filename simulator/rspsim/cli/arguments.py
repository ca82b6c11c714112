"""Types of command-line arguments; argparse reports what is not of the type as wrong use."""

import argparse

from rspcore.errors import DecodeError
from rspcore.ids import Eid

__all__ = ["add_identifier_rules", "eid_argument"]


def eid_argument(text: str) -> Eid:
    """Returns the EID of 32 digits.

    Raises:
        ArgumentTypeError: not 32 decimal digits.
    """
    try:
        return Eid.from_digits(text)
    except DecodeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_identifier_rules(group: "argparse._ActionsContainer") -> None:
    """Adds the options that lift rules about identifiers, of SM-DP+ and SM-DS alike."""
    group.add_argument(
        "--lenient-ids",
        action="store_true",
        help="take MatchingIDs and EventIDs of any visible characters but $, as in some "
        "laboratories (default: 0-9, A-Z and -, SGP.22 4.1)",
    )
    group.add_argument(
        "--any-requester",
        action="store_true",
        help="take a functionRequesterIdentifier that is no OID (default: refused, SGP.22 6.5.1)",
    )
