"""What waits at a server of version 3 beside orders: RPM packages, and Device Changes under way.

An RPM package waits under its MatchingID for the card with its EID. A Device Change waits under the
identifier that CheckProgress asks for, or as long as its session lasts.

Source: SGP.22 v3.1, 3.7 and 3.11.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rspcore.frozen import dataclass
from rspcore.ids import Eid, Iccid, TransactionId

__all__ = [
    "MemoryOperations",
    "Operation",
    "OperationKind",
    "OperationRepository",
    "OperationState",
]


class OperationKind(StrEnum):
    """What waits."""

    RPM = "rpm"
    DEVICE_CHANGE = "device-change"


class OperationState(StrEnum):
    """How far it has come."""

    WAITING = "waiting"
    OFFERED = "offered"
    DONE = "done"
    ENDED = "ended"
    """Refused, cancelled or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One RPM package, or one Device Change.

    Attributes:
        key: MatchingID of a package; identifier of a Device Change, in hexadecimal digits.
        kind: What it is.
        eid: EID of the card.
        iccid: Profile of a Device Change, None for a package.
        owner: OID of the operator that asked for it, empty for none.
        content: Commands of a package, each whole (30); smdpSignature4 (5F37) of a Device Change.
        made: When it came.
        ready: When a Device Change is ready at the earliest, None for at once.
        state: How far it has come.
        session: Session in which it was offered, or None.
        result: What the card signed about it, empty before.
        tries: Wrong Confirmation Codes so far.
        smds_address: SM-DS that has an event of a package, empty for none.
        asks_operator: Whether a Device Change waits for the answer of the operator.
        code: Confirmation Code that the operator wants, empty for that of the policy.
        message: What the operator says to the user, empty for nothing.
        next_iccid: Profile for the next device in place of the one that moves, or None.
    """

    key: str
    kind: OperationKind
    eid: Eid
    iccid: Iccid | None = None
    owner: str = ""
    content: bytes = b""
    made: datetime
    ready: datetime | None = None
    state: OperationState = OperationState.WAITING
    session: TransactionId | None = None
    result: bytes = b""
    tries: int = 0
    smds_address: str = ""
    asks_operator: bool = False
    code: str = ""
    message: str = ""
    next_iccid: Iccid | None = None

    @property
    def open(self) -> bool:
        """Returns whether it is still to be done."""
        return self.state in (OperationState.WAITING, OperationState.OFFERED)


class OperationRepository(Protocol):
    """Keeps operations by their keys."""

    def all(self) -> tuple[Operation, ...]:
        """Returns every operation, the oldest first."""

    def put(self, operation: Operation) -> None:
        """Keeps an operation, in place of the one under its key."""


class MemoryOperations:
    """Keeps operations in memory."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def all(self) -> tuple[Operation, ...]:
        """Returns every operation, the oldest first."""
        return tuple(self._operations.values())

    def put(self, operation: Operation) -> None:
        """Keeps an operation, in place of the one under its key."""
        self._operations[operation.key] = operation
