"""The least that a thing can cost on this machine, measured in the same run as the thing itself.

Each floor is a function that does only what cannot be left out: for one command, what reads it, one
look-up and an answer of the same length; for a download, the operations of the cryptographic
library, on keys that are loaded. A floor may only get faster: who makes one slower makes every
ratio better without making anything faster.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from rspcore.apdu import CommandApdu
from rspcore.crypto.curves import Curve

__all__ = ["ALL_SIDES", "CARD", "NOTHING", "Operations", "command", "crypto", "transaction"]

NOTHING: Final = "pass"
"""What a Python process runs whose start is the floor of every program."""


@dataclass(frozen=True, slots=True)
class Operations:
    """How often a download of 12,000 octets needs each operation.

    Attributes:
        verifications: Signatures verified, those of certificates included.
        signatures: Signatures made.
        agreements: One-time key pairs made and points agreed with, one of each.
        segments: Segments deciphered and MACed, of up to 1,008 octets.
    """

    verifications: int
    signatures: int
    agreements: int
    segments: int


CARD: Final = Operations(verifications=5, signatures=3, agreements=1, segments=14)
"""CERT.DPauth, serverSignature1, CERT.DPpb, smdpSignature2, smdpSign; euiccSignature1 and 2, the
result."""
ALL_SIDES: Final = Operations(verifications=10, signatures=6, agreements=2, segments=28)
"""The server does the same as the card, the other way round."""

_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFY = ec.ECDSA(hashes.SHA256())
_KEY, _ZERO = bytes(range(16)), bytes(16)
ROW_SIZE: Final = 540
"""Characters of the row that a new nickname rewrites: that of its Profile."""
_MESSAGE, _SEGMENT = bytes(400), bytes(1_008)


def command(octets: bytes, answer: bytes) -> Callable[[], bytes]:
    """Returns the floor of one command: it is read, its handler looked up, its answer joined."""
    parsed = CommandApdu.parse(octets)
    data, sw = answer[:-2], answer[-2:]
    table = {parsed.ins: data}

    def floor() -> bytes:
        return table[CommandApdu.parse(octets).ins] + sw

    return floor


def crypto(curve: Curve, operations: Operations) -> Callable[[], None]:
    """Returns the floor of a download: its operations, without a line around them."""
    private = ec.derive_private_key(7, curve.backend)
    public = private.public_key()
    signature = private.sign(_MESSAGE, _SIGN)

    def floor() -> None:
        for _ in range(operations.verifications):
            public.verify(signature, _MESSAGE, _VERIFY)
        for _ in range(operations.signatures):
            private.sign(_MESSAGE, _SIGN)
        for _ in range(operations.agreements):
            ec.derive_private_key(11, curve.backend).exchange(ec.ECDH(), public)
            hashlib.sha256(_MESSAGE).digest()
        for _ in range(operations.segments):
            mac = CMAC(algorithms.AES(_KEY))
            mac.update(_SEGMENT)
            mac.finalize()
            icv = Cipher(algorithms.AES(_KEY), modes.CBC(_ZERO)).encryptor().update(_ZERO)
            Cipher(algorithms.AES(_KEY), modes.CBC(icv)).decryptor().update(_SEGMENT)

    return floor


@contextmanager
def transaction(path: Path) -> Iterator[Callable[[], None]]:
    """Yields the floor of a commit: one row of the same size in one transaction, as durable."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, json TEXT, crc INTEGER)")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("PRAGMA synchronous=FULL")
        text = "x" * ROW_SIZE

        def floor() -> None:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", (1, text, 0))
            database.execute("COMMIT")

        yield floor
