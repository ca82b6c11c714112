"""The secrets that a run knows, and where one of them stands in what the card answered.

A key of a Profile, of a session or of the card itself belongs in no answer: not raw, not with the
halves of each octet exchanged as in an IMSI, not in hexadecimal digits, not in base64. A secret
that is short or follows a pattern could stand there by chance: it is left out, and said to be.

Source: SGP.22 v2, 2.4.2 and 2.6; ETSI TS 102 225 for the keys over the air.
"""

from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

__all__ = ["KnownSecrets", "is_telling"]

_SHORTEST: Final = 8
_FEWEST_VALUES: Final = 5
_SESSION_KEYS: Final = (" S-ENC", " S-MAC", "initial MAC chaining value")
"""Ends of the names of what protects a BoundProfilePackage (SGP.22 v2, 2.6.4)."""


def is_telling(secret: bytes) -> bool:
    """Returns whether a secret is long and irregular enough to be recognised.

    >>> is_telling(bytes.fromhex("4C1A6E70D3B85F29"))
    True
    >>> is_telling(bytes(range(16))), is_telling(b"0000"), is_telling(bytes(16))
    (False, False, False)
    """
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    return len(secret) >= _SHORTEST and len(set(secret)) >= _FEWEST_VALUES and len(steps) > 2


def _encodings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields a secret as it stands in an answer, in each encoding, with its name."""
    yield "raw", secret
    yield "with exchanged digits", bytes(one << 4 & 0xF0 | one >> 4 for one in secret)
    yield "reversed", secret[::-1]
    yield "in hexadecimal digits", secret.hex().encode()
    yield "in hexadecimal digits", secret.hex().upper().encode()
    for place in range(3):  # where it begins in a group of three octets
        coded = b64encode(bytes(place) + secret).rstrip(b"=")
        yield "in base64", coded[(0, 2, 3)[place] : -1]


class KnownSecrets:
    """The secrets that a case knows.

    Attributes:
        left_out: Kinds of secrets that are too short or too regular to be looked for.
    """

    def __init__(self) -> None:
        """Knows none."""
        self.left_out: set[str] = set()
        self._patterns: dict[bytes, str] = {}
        self._kinds: dict[tuple[str, bytes], None] = {}

    def add(self, kind: str, secret: bytes) -> None:
        """Adds a secret.

        Args:
            kind: What it is, for the report: "Ki", "private key of the eUICC".
            secret: Its octets, any number.
        """
        if (kind, secret) in self._kinds:
            return
        self._kinds[kind, secret] = None
        if not is_telling(secret):
            self.left_out.add(kind)
            return
        for name, octets in _encodings(secret):
            self._patterns.setdefault(octets, f"{kind} {name}")

    @property
    def session_keys(self) -> tuple[tuple[str, bytes], ...]:
        """Returns the keys that protect BoundProfilePackages, each with its name, oldest first."""
        return tuple((kind, key) for kind, key in self._kinds if kind.endswith(_SESSION_KEYS))

    def within(self, answered: bytes) -> tuple[str, ...]:
        """Returns what of them stands in the data that a card answered, in words, each once."""
        found = (words for octets, words in self._patterns.items() if octets in answered)
        return tuple(dict.fromkeys(found))
