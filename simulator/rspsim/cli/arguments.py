"""Types of command-line arguments; argparse reports what is not of the type as wrong use."""

import argparse

from rspcore.errors import DecodeError
from rspcore.ids import Eid

__all__ = ["eid_argument"]


def eid_argument(text: str) -> Eid:
    """Returns the EID of 32 digits.

    Raises:
        ArgumentTypeError: not 32 decimal digits.
    """
    try:
        return Eid.from_digits(text)
    except DecodeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
