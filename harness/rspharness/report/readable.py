"""Expected and actual as people of the field read them: hexadecimal, differences marked."""

import ast
import re
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup

from rspcore.errors import DecodeError
from rspcore.ids import Iccid

__all__ = ["marked", "readable"]

_LITERAL: Final = re.compile(r"""b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*\"""")
_ICCID_OCTETS: Final = 10
_COUNTED: Final = 4
"""Octets from which on their number is shown."""
_LONGEST: Final = 2000
"""Characters of a text that is searched for differences."""
_SAME: Final = Markup("{}")
_DIFFERS: Final = Markup("<mark>{}</mark>")
_WORDS: Final = re.compile(r"[0-9A-F]{2}(?=(?:[0-9A-F]{2})*\b)|\w+|\W")


def readable(text: str) -> str:
    r"""Returns a text with octets in hexadecimal instead of as Python writes them.

    >>> readable(r"got b'\x98\x92\x09\x01\x21\x43\x65\x87\x09\xf5'")
    'got 989209012143658709F5 (ICCID 8929901012345678905)'
    >>> readable("expected b'abcde'")
    'expected 6162636465 (5 octets)'
    """
    return _LITERAL.sub(_octets, text)


def _octets(found: re.Match[str]) -> str:
    try:
        octets: bytes = ast.literal_eval(found[0])
    except (ValueError, SyntaxError):
        return found[0]
    shown = octets.hex().upper() or "no octets"
    if len(octets) == _ICCID_OCTETS and octets[0] >> 4 == 9 and octets[0] & 0xF == 8:
        try:
            return f"{shown} (ICCID {Iccid(octets)})"
        except DecodeError:
            return shown
    return f"{shown} ({len(octets)} octets)" if len(octets) > _COUNTED else shown


def marked(expected: str, actual: str) -> tuple[Markup, Markup]:
    """Returns both texts with `<mark>` around what differs; long or empty ones without."""
    if not expected or not actual or max(len(expected), len(actual)) > _LONGEST:
        return _SAME.format(expected), _SAME.format(actual)
    left, right = _WORDS.findall(expected), _WORDS.findall(actual)
    sides: tuple[list[str], list[str]] = ([], [])
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        for side, words in ((sides[0], left[a:b]), (sides[1], right[c:d])):
            part = "".join(words)
            if part:
                frame = _SAME if kind == "equal" else _DIFFERS
                side.append(frame.format(part))
    return Markup("").join(sides[0]), Markup("").join(sides[1])
