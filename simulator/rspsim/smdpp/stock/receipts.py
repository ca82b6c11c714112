"""Notifications the server has received, and the verdict on each.

The answer to HandleNotification never depends on the notification: it is always 204, because the
LPA then deletes the notification and would send it again and again otherwise. The verdict of the
server is kept here, for tests and for people.

Source: SGP.22 v2, 3.5 and 5.6.4.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rspcore.ids import Eid, Iccid

__all__ = ["Receipt", "ReceiptBook", "Verdict"]


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
        octets: The notification as received.
        signed: The part of it that the card signed, empty when not readable.
        verdict: What the server made of it.
        event: Name of the event, or the outcome of an installation.
        seq_number: seqNumber, None when not readable.
        eid: EID of the card, None when not known.
        iccid: ICCID of the profile, None when not given.
        order: Number of the order it belongs to, or None.
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


_GENUINE = frozenset((Verdict.ACCEPTED, Verdict.NO_EFFECT))


class ReceiptBook:
    """The notifications received, oldest first."""

    def __init__(self) -> None:
        self._receipts: list[Receipt] = []
        self._seen: set[tuple[Eid, bytes]] = set()

    def add(self, receipt: Receipt) -> None:
        """Adds a notification; another one with the same signed part is then a duplicate."""
        self._receipts.append(receipt)
        if receipt.verdict in _GENUINE and receipt.eid is not None:
            self._seen.add((receipt.eid, receipt.signed))

    def all(self) -> tuple[Receipt, ...]:
        """Returns all of them, oldest first."""
        return tuple(self._receipts)

    def seen(self, eid: Eid, signed: bytes) -> bool:
        """Returns whether the same notification came from this card before.

        The number alone would be enough for a real card, which never uses one twice; a simulated
        card that starts again from its first state does.
        """
        return (eid, signed) in self._seen
