"""What an ES9+ function receives, and what it returns.

A function only decides: it reads its request, looks at the orders and sessions of the environment,
and returns an `Outcome` with the answer and the values that have to be kept. The server keeps them
before it answers. Drawing random octets is the only side effect of a function.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.messages.es9p import Response, StatusCodeData
from rspcore.messages.json_codec import MissingMemberError
from rspsim.env import Clock, Rng
from rspsim.smdpp.errands import ErrandRepository
from rspsim.smdpp.fault_switch import FaultSwitch
from rspsim.smdpp.history import CheckNote
from rspsim.smdpp.identity import Identity
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.status_codes import FUNCTION_DATA_INVALID, FUNCTION_DATA_MISSING
from rspsim.smdpp.stock.operations import Operation, OperationRepository
from rspsim.smdpp.stock.order_book import OrderBook
from rspsim.smdpp.stock.orders import Order
from rspsim.smdpp.stock.receipts import Receipt, ReceiptBook
from rspsim.smdpp.stock.sessions import Session, SessionBook
from rspsim.smdpp.variation import Variation

__all__ = [
    "Environment",
    "Es9pFunction",
    "Outcome",
    "noted_checks",
    "refuse_unreadable",
    "run_checks",
]

_PASSED: dict[str, CheckNote] = {}
"""The note of each check that was passed, by its name."""
_NOTES: ContextVar[list[CheckNote] | None] = ContextVar("checks", default=None)
_Content = TypeVar("_Content")
_Subject = TypeVar("_Subject")


@dataclass(slots=True, kw_only=True)
class Environment:
    """Everything a function may look at.

    Attributes:
        identity: Addresses, certificates and keys of the server.
        rng: Source of random octets.
        clock: Present time.
        policy: Choices that the specification leaves to the server.
        variation: Choices made differently from answer to answer, to test the client.
        orders: Orders.
        sessions: RSP sessions.
        receipts: Notifications received.
        errands: Calls that have to be made to partners.
        operations: RPM packages and Device Changes.
        faults: Faults that are switched on.
    """

    identity: Identity
    rng: Rng
    clock: Clock
    policy: Policy
    variation: Variation
    orders: OrderBook
    sessions: SessionBook
    receipts: ReceiptBook
    errands: ErrandRepository
    operations: OperationRepository
    faults: FaultSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer of a function and what has to be kept before it is sent.

    Attributes:
        answer: Response message, or the codes of a refusal, or None for 204 without a body.
        sessions: Sessions as they are from now on.
        orders: Orders as they are from now on.
        receipt: Notification received, or None.
        operations: RPM packages and Device Changes as they are from now on.
    """

    answer: Response | StatusCodeData | None
    sessions: tuple[Session, ...] = ()
    orders: tuple[Order, ...] = ()
    receipt: Receipt | None = None
    operations: tuple[Operation, ...] = ()


def refuse_unreadable(environment: Environment, error: DecodeError) -> Outcome:  # noqa: ARG001  a hook
    """Answers a request that cannot be read: 1.6/2.2 for a missing member, else 1.6/2.1."""
    if isinstance(error, MissingMemberError):
        return Outcome(answer=FUNCTION_DATA_MISSING(str(error), identifier=error.member))
    member = getattr(error, "member", None)
    return Outcome(answer=FUNCTION_DATA_INVALID(str(error), identifier=member))


@dataclass(frozen=True, slots=True, kw_only=True)
class Es9pFunction(Generic[_Content]):
    """One ES9+ function.

    Attributes:
        name: Last part of its path.
        read: Reads the JSON object and the data objects in it; raises DecodeError.
        run: Decides.
        unreadable: Decides when `read` raised.
    """

    name: str
    read: Callable[[Mapping[str, object]], _Content]
    run: Callable[[Environment, _Content], Outcome]
    unreadable: Callable[[Environment, DecodeError], Outcome] = refuse_unreadable

    def __call__(self, environment: Environment, body: Mapping[str, object]) -> Outcome:
        """Reads a request and decides."""
        try:
            content = self.read(body)
        except DecodeError as error:
            return self.unreadable(environment, error)
        return self.run(environment, content)


def run_checks(
    checks: tuple[Callable[[_Subject], StatusCodeData | None], ...],
    policy: Policy,
    subject: _Subject,
) -> StatusCodeData | None:
    """Runs the checks in order and returns the first refusal; leaves out skipped checks."""
    noted = _NOTES.get()
    notes = [] if noted is None else noted
    for check in checks:
        name = check.__name__
        if name in policy.skipped_checks:
            notes.append(CheckNote(name, "left out"))
            continue
        refusal = check(subject)
        if refusal is not None:
            notes.append(CheckNote(name, f"refused, {refusal}"))
            return refusal
        notes.append(_PASSED.get(name) or _PASSED.setdefault(name, CheckNote(name, "passed")))
    return None


@contextmanager
def noted_checks() -> Iterator[list[CheckNote]]:
    """Yields a list that takes what comes of each check until the block ends."""
    notes: list[CheckNote] = []
    token = _NOTES.set(notes)
    try:
        yield notes
    finally:
        _NOTES.reset(token)
