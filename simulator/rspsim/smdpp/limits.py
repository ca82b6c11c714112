"""How much the server keeps of what clients send, and how a body that is too long is kept."""

from hashlib import sha256
from typing import Final

from rspcore.frozen import dataclass

__all__ = ["USUAL_LIMITS", "KeptLimits", "LeftOut", "shortened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLimits:
    """Bounds of the history, the receipts and the sessions; the oldest goes when one is reached.

    Attributes:
        whole_octets: Longest body or notification that is kept whole.
        first_octets: How much is kept of a longer one.
        exchanges: Most exchanges in the history.
        history_octets: Most octets of the history.
        receipts: Most notifications.
        receipt_octets: Most octets of notifications.
        sessions: Most RSP sessions.
        session_octets: Most octets of RSP sessions.
    """

    whole_octets: int = 256 << 10
    first_octets: int = 4 << 10
    exchanges: int = 1000
    history_octets: int = 32 << 20
    receipts: int = 10_000
    receipt_octets: int = 16 << 20
    sessions: int = 10_000
    session_octets: int = 64 << 20


USUAL_LIMITS: Final = KeptLimits()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is known of octets that are not kept whole.

    Attributes:
        length: How many they were.
        sha256: Their digest.
    """

    length: int
    sha256: bytes


def shortened(octets: bytes, limits: KeptLimits) -> tuple[bytes, LeftOut | None]:
    """Returns octets as they are kept, and what is known of all of them if some are not."""
    if len(octets) <= limits.whole_octets:
        return octets, None
    return octets[: limits.first_octets], LeftOut(len(octets), sha256(octets).digest())
