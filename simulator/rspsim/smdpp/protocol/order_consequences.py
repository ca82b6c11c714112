"""What follows from a change of an order: an event to delete, an operator to tell.

Every change of an order goes through its repository, so this stands around it: whoever changes an
order, the errands that follow are kept with it.

Source: SGP.22 v2, 3.6.3 and 5.3.5.
"""

from collections.abc import Callable
from datetime import UTC

from rspcore.ids import Iccid
from rspcore.messages.es9p import ExecutionStatus, FunctionExecutionStatus, StatusCodeData
from rspsim.smdpp.errands import Errand
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.stock.operations import Operation, OperationRepository
from rspsim.smdpp.stock.order_repository import OrderPage, OrderRepository
from rspsim.smdpp.stock.orders import DELIVERABLE, Order, ProgressInfo

__all__ = ["OperationsWithConsequences", "OrdersWithConsequences"]


class OrdersWithConsequences:
    """Keeps orders in another repository, and what follows from each change as errands."""

    def __init__(self, inner: OrderRepository, environment: Callable[[], Environment]) -> None:
        self._inner = inner
        self._environment = environment

    def all(self) -> tuple[Order, ...]:
        """Returns every order, oldest first."""
        return self._inner.all()

    def get(self, number: int) -> Order | None:
        """Returns the order with this number, or None."""
        return self._inner.get(number)

    def of_iccid(self, iccid: Iccid) -> tuple[Order, ...]:
        """Returns the orders of a Profile, oldest first."""
        return self._inner.of_iccid(iccid)

    def named(self, matching_id: str) -> tuple[Order, ...]:
        """Returns the orders with a MatchingID, oldest first."""
        return self._inner.named(matching_id)

    def available(self) -> tuple[Order, ...]:
        """Returns the orders to be, which are Available, oldest first."""
        return self._inner.available()

    def newest(self) -> int:
        """Returns the highest number of an order, 0 without one."""
        return self._inner.newest()

    def count(self) -> int:
        """Returns how many orders there are."""
        return self._inner.count()

    def page(self, asked: OrderPage) -> tuple[Order, ...]:
        """Returns some of the orders, oldest first."""
        return self._inner.page(asked)

    def put(self, order: Order) -> None:
        """Sets the current value of an order, and keeps the errands that follow from it."""
        before = self._inner.get(order.number)
        self._inner.put(order)
        environment = self._environment()
        if before is not None and before.smds_address and before.eid is not None:
            waited, waits = before.state in DELIVERABLE, order.state in DELIVERABLE
            if waited and not waits:
                from rspsim.smdpp.protocol.es12.events import deletion, once_more  # noqa: PLC0415  few orders have an event

                gone = deletion(environment, before.smds_address, before.eid, before.matching_id)
                environment.errands.put(gone)
                environment.errands.remove(once_more(gone.key))
        operator = environment.policy.operator_address
        if operator:
            known = len(before.progress) if before is not None else 0
            for at, one in enumerate(order.progress[known:], known):
                environment.errands.put(_report(environment, operator, order, one, at))


class OperationsWithConsequences:
    """Keeps operations in another repository, and the deletion of an event that is over."""

    def __init__(self, inner: OperationRepository, environment: Callable[[], Environment]) -> None:
        self._inner = inner
        self._environment = environment

    def all(self) -> tuple[Operation, ...]:
        """Returns every operation, the oldest first."""
        return self._inner.all()

    def put(self, operation: Operation) -> None:
        """Keeps an operation; the event of a package that waits no longer is to be deleted."""
        waited = any(one.key == operation.key and one.open for one in self._inner.all())
        self._inner.put(operation)
        if operation.smds_address and waited and not operation.open:
            from rspsim.smdpp.protocol.es12.events import deletion, once_more  # noqa: PLC0415  likewise

            environment = self._environment()
            gone = deletion(environment, operation.smds_address, operation.eid, operation.key)
            environment.errands.put(gone)
            environment.errands.remove(once_more(gone.key))


def _report(
    environment: Environment, operator: str, order: Order, progress: ProgressInfo, at: int
) -> Errand:
    from rspcore.messages.es2p import (  # noqa: PLC0415  few servers have an operator to tell
        ES2P_PREFIX,
        HANDLE_DOWNLOAD_PROGRESS_INFO,
        DownloadProgressInfo,
    )
    from rspcore.messages.es12 import CallHeader  # noqa: PLC0415  likewise
    from rspsim.smdpp.protocol.outgoing_call import outgoing_call  # noqa: PLC0415  likewise

    now = environment.clock.now()
    codes = None
    if progress.codes:
        subject, _, reason = progress.codes.partition("/")
        codes = StatusCodeData(subject_code=subject, reason_code=reason, message=progress.outcome)
    status = ExecutionStatus.SUCCESS if progress.succeeded else ExecutionStatus.FAILED
    body = DownloadProgressInfo(
        header=CallHeader(function_requester_identifier="", function_call_identifier=""),
        eid=order.eid if order.binding is None else order.binding.eid,
        iccid=order.iccid,
        profile_type=_type(environment, order),
        timestamp=progress.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        notification_point_id=progress.point,
        notification_point_status=FunctionExecutionStatus(status=status, status_code_data=codes),
        result_data=progress.result_data or None,
    ).to_json()
    del body["header"]
    call = outgoing_call(
        address=operator,
        path=ES2P_PREFIX + HANDLE_DOWNLOAD_PROGRESS_INFO,
        requester=str(environment.identity.oid),
        rng=environment.rng,
        version=environment.policy.version,
        members=body,
    )
    return Errand(
        key=_key(order.iccid, order.number, at, progress),
        function=HANDLE_DOWNLOAD_PROGRESS_INFO,
        call=call,
        since=now,
        due=now,
    )


def _type(environment: Environment, order: Order) -> str:
    from rspsim.smdpp.protocol.es2p.profile_types import type_of  # noqa: PLC0415  likewise

    stocked = environment.orders.stock.profiles.get(order.iccid)
    return (stocked.profile_type if stocked is not None else "") or type_of(order)


def _key(iccid: Iccid, number: int, at: int, progress: ProgressInfo) -> str:
    return f"progress {number} {iccid} {at} {progress.at.isoformat()}"
