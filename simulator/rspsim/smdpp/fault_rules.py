"""What a parameter of a server fault may be; asked before the fault is switched on.

A rule takes a value of the right type and returns what was expected instead, or an empty text.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = [
    "Parameter",
    "Rule",
    "between",
    "header_name",
    "hexadecimal",
    "latin1_line",
    "of_length",
    "one_of",
]

Parameter: TypeAlias = str | int | bool
Rule: TypeAlias = Callable[[Parameter], str]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def between(first: int, last: int) -> Rule:
    """Returns the rule of a number from the first to the last."""

    def rule(value: Parameter) -> str:
        good = isinstance(value, int) and first <= value <= last
        return "" if good else f"{first:,} to {last:,}"

    return rule


def one_of(*known: str) -> Rule:
    """Returns the rule of a text that is one of those known."""
    return lambda value: "" if value in known else f"one of {', '.join(known)}"


def of_length(least: int, most: int) -> Rule:
    """Returns the rule of a text of so many characters."""

    def rule(value: Parameter) -> str:
        text = str(value)
        good = least <= len(text) <= most and not _SURROGATE.search(text)
        return "" if good else f"a text of {least} to {most} characters"

    return rule


def hexadecimal(least: int, most: int) -> Rule:
    """Returns the rule of so many octets, in hexadecimal digits."""

    def rule(value: Parameter) -> str:
        expected = f"{least} to {most:,} octets" if least != most else f"{least} octets"
        try:
            octets = bytes.fromhex(str(value))
        except ValueError:
            return f"{expected}, hexadecimal"
        return "" if least <= len(octets) <= most else f"{expected}, hexadecimal"

    return rule


def header_name(value: Parameter) -> str:
    """Allows a name of a header field (RFC 9110, 5.1)."""
    return "" if _TOKEN.match(str(value)) else "a name of a header field (RFC 9110, 5.1)"


def latin1_line(value: Parameter) -> str:
    """Allows one line of visible characters and blanks in ISO 8859-1, or an empty text."""
    good = all(" " <= one <= "~" or "\xa0" <= one <= "\xff" for one in str(value))
    return "" if good else "one line of visible characters in ISO 8859-1"
