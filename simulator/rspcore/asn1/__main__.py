"""Prints the JSON form of an ASN.1 module of this folder: `python -m rspcore.asn1 NAME`."""

import sys

from rspcore.errors import LocalError
from rspcore.schema import MODULES, parse_module

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Prints the parsed form of one module; returns 2 when not exactly one known name was given."""
    if len(arguments) != 1:
        sys.stderr.write(
            f"usage: python -m rspcore.asn1 NAME, one of {', '.join(MODULES.values())}\n"
        )
        return 2
    try:
        sys.stdout.write(parse_module(arguments[0]))
    except (LocalError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
