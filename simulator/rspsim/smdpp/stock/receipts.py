"""Notifications the server has received, and the verdict on each.

The answer to HandleNotification never depends on the notification: it is always 204, because the
LPA then deletes the notification and would send it again and again otherwise. The verdict of the
server is kept here, for tests and for people.

Source: SGP.22 v2, 3.5 and 5.6.4.
"""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid, Iccid
from rspsim.smdpp.limits import USUAL_LIMITS, KeptLimits, LeftOut, shortened

__all__ = [
    "MemoryReceipts",
    "MemorySeen",
    "Receipt",
    "ReceiptBook",
    "ReceiptRepository",
    "SeenNotifications",
    "Verdict",
]


class Verdict(StrEnum):
    """What the server made of a notification; only the first has an effect on an order."""

    ACCEPTED = "accepted"
    NO_EFFECT = "accepted, but the state of the order does not ask for it"
    DUPLICATE = "received before"
    UNREADABLE = "not a notification"
    UNKNOWN_TRANSACTION = "unknown transaction"
    FOREIGN_OID = "smdpOid of another server"
    BAD_CERTIFICATE = "certificates do not verify"
    BAD_SIGNATURE = "signature does not verify"
    OTHER_PROFILE = "ICCID of another profile"
    UNKNOWN_INSTALLATION = "no such profile on this card as far as this server knows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One notification.

    Attributes:
        at: Time of arrival.
        kind: "ProfileInstallationResult", "OtherSignedNotification" or "unreadable".
        octets: The notification as received; the first part of one that is too long to keep.
        signed: The part of it that the card signed, empty when not readable or too long to keep.
        verdict: What the server made of it.
        event: Name of the event, or the outcome of an installation.
        seq_number: seqNumber, None when not readable.
        eid: EID of the card, None when not known.
        iccid: ICCID of the profile, None when not given.
        order: Number of the order it belongs to, or None.
        left_out: What is known of the whole notification, when it is not kept whole.
    """

    at: datetime
    kind: str
    octets: bytes
    signed: bytes = b""
    verdict: Verdict
    event: str = ""
    seq_number: int | None = None
    eid: Eid | None = None
    iccid: Iccid | None = None
    order: int | None = None
    left_out: LeftOut | None = None


_GENUINE: Final = frozenset((Verdict.ACCEPTED, Verdict.NO_EFFECT))
_FIXED_OCTETS: Final = 1000
"""About what a receipt takes without its octets."""
_SEEN_AT_MOST: Final = 100_000


class SeenNotifications(Protocol):
    """Remembers which genuine Notifications came, by card and SHA-256 of the signed part."""

    def has(self, eid: Eid, digest: bytes) -> bool:
        """Returns whether this one came."""

    def put(self, eid: Eid, digest: bytes) -> None:
        """Remembers one."""


class MemorySeen:
    """Remembers in memory the latest 100,000."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Eid, bytes], None] = {}

    def has(self, eid: Eid, digest: bytes) -> bool:
        """Returns whether this one came."""
        return (eid, digest) in self._seen

    def put(self, eid: Eid, digest: bytes) -> None:
        """Remembers one; above the bound the oldest is forgotten."""
        self._seen[eid, digest] = None
        if len(self._seen) > _SEEN_AT_MOST:
            del self._seen[next(iter(self._seen))]


class ReceiptRepository(Protocol):
    """Keeps Notifications, bounded in number and in octets.

    When a bound is reached, those that are not genuine go first, the oldest of them first.
    """

    def add(self, receipt: Receipt, octets: int, *, genuine: bool) -> None:
        """Adds one, with about how many octets it takes."""

    def all(self) -> tuple[Receipt, ...]:
        """Returns all that are kept, oldest first."""

    def clear(self) -> None:
        """Forgets all."""


class MemoryReceipts:
    """Keeps Notifications in memory."""

    def __init__(self, limits: KeptLimits = USUAL_LIMITS) -> None:
        self._limits = limits
        self._genuine: dict[int, Receipt] = {}
        self._others: dict[int, Receipt] = {}
        self._count = 0
        self._octets = 0

    @property
    def octets(self) -> int:
        """Returns about how many octets of memory the receipts take."""
        return self._octets

    def add(self, receipt: Receipt, octets: int, *, genuine: bool) -> None:
        """Adds one, with about how many octets it takes."""
        self._count += 1
        (self._genuine if genuine else self._others)[self._count] = receipt
        self._octets += octets
        while (
            len(self._genuine) + len(self._others) > self._limits.receipts
            or self._octets > self._limits.receipt_octets
        ):
            book = self._others or self._genuine
            self._octets -= _size(book.pop(next(iter(book))))

    def all(self) -> tuple[Receipt, ...]:
        """Returns all that are kept, oldest first."""
        return tuple(one for _, one in sorted((self._genuine | self._others).items()))

    def clear(self) -> None:
        """Forgets all."""
        self._genuine.clear()
        self._others.clear()
        self._octets = 0


class ReceiptBook:
    """The Notifications received, oldest first, and which of them came before.

    Attributes:
        repository: Where they are kept.
    """

    def __init__(
        self,
        limits: KeptLimits = USUAL_LIMITS,
        seen: SeenNotifications | None = None,
        repository: ReceiptRepository | None = None,
    ) -> None:
        self._limits = limits
        self.repository: ReceiptRepository = repository or MemoryReceipts(limits)
        self._seen: SeenNotifications = MemorySeen() if seen is None else seen

    def add(self, receipt: Receipt) -> None:
        """Adds a notification; another one with the same signed part is then a duplicate."""
        genuine = receipt.verdict in _GENUINE
        if genuine and receipt.eid is not None:
            self._seen.put(receipt.eid, sha256(receipt.signed).digest())
        octets, left_out = shortened(receipt.octets, self._limits)
        if left_out is not None:
            receipt = replace(receipt, octets=octets, signed=b"", left_out=left_out)
        self.repository.add(receipt, _size(receipt), genuine=genuine)

    def all(self) -> tuple[Receipt, ...]:
        """Returns all that are kept, oldest first."""
        return self.repository.all()

    def clear(self) -> None:
        """Forgets the receipts; which notifications came before stays known."""
        self.repository.clear()

    def seen(self, eid: Eid, signed: bytes) -> bool:
        """Returns whether the same notification came from this card before.

        The number alone would be enough for a real card, which never uses one twice; a simulated
        card that starts again from its first state does.
        """
        return self._seen.has(eid, sha256(signed).digest())


def _size(receipt: Receipt) -> int:
    return _FIXED_OCTETS + len(receipt.octets) + len(receipt.signed) + len(receipt.event)
