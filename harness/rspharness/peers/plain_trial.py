"""Whether a function of a server works in its plainest use: whose matter a failed preparation is.

A case that fails in its initial conditions says nothing about its own requirement. Where the
function that failed there fails in its plainest use as well, the row of that use owns it, and the
case is blocked by this row; else it is inconclusive.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from rspcore.errors import RspError
from rspcore.messages.metadata import StoreMetadataRequest
from rspharness.peers.lpa_calls import LpaCalls
from rspharness.peers.operator_calls import EventCalls, OperatorCalls
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.peers.provision import other_eid
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Cause, ExpectationError

__all__ = ["Bench", "plainly"]

_TRIAL_EID: Final = 9_999_999
"""Number of the card for which the trial registers an event."""


class Bench(Protocol):
    """What a trial needs of a run."""

    def own_trace(self) -> Trace:
        """Returns a trace of what the run sends outside of its cases."""

    def calls(self, trace: Trace, seed: str, **how: Any) -> LpaCalls:
        """Returns an LPA."""

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:
        """Makes an order."""

    def operator(self, trace: Trace) -> OperatorCalls:
        """Returns an operator."""

    def partner(self, trace: Trace) -> EventCalls:
        """Returns an SM-DP+ that registers events."""

    @property
    def profile_type(self) -> str:
        """Returns the profileType of its orders."""


def _offered(bench: Bench) -> LpaCalls:
    trace = bench.own_trace()
    trace.remark("plain trial")
    ordered = bench.order(OrderWish(), trace)
    lpa = bench.calls(trace, "plain trial")
    lpa.initiate().accepted()
    lpa.authenticate(ordered.matching_id).accepted()
    return lpa


def _package(bench: Bench) -> None:
    lpa = _offered(bench)
    lpa.opened_package(lpa.get_package())


def _reported(bench: Bench) -> None:
    lpa = _offered(bench)
    package = lpa.opened_package(lpa.get_package())
    iccid = StoreMetadataRequest.decode(package.metadata).iccid
    lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address)).taken()


def _listed(bench: Bench) -> None:
    trace = bench.own_trace()
    trace.remark("plain trial")
    lpa = bench.calls(trace, "plain trial")
    lpa.initiate().accepted()
    lpa.authenticate().accepted()


def _ordered(bench: Bench) -> tuple[OperatorCalls, str]:
    operator = bench.operator(bench.own_trace())
    made = operator.call("downloadOrder", profileType=bench.profile_type)
    return operator, made.accepted().text("iccid")


def _confirmed(bench: Bench) -> None:
    operator, iccid = _ordered(bench)
    operator.call("confirmOrder", iccid=iccid, releaseFlag=False).accepted()


def _registered(bench: Bench) -> None:
    trace = bench.own_trace()
    partner = bench.partner(trace)
    header = partner.header()
    members: dict[str, Any] = {
        "eid": str(other_eid(_TRIAL_EID)),
        "eventId": header["functionCallIdentifier"],
    }
    partner.call(
        "registerEvent",
        header=header,
        rspServerAddress="smdpp.example.com",
        forwardingIndicator=False,
        **members,
    ).accepted()
    partner.call("deleteEvent", **members).accepted()


_SM_DP_PLUS: Final[Mapping[str, tuple[str, Callable[[Bench], object]]]] = {
    "authenticateClient": ("ES9+.AuthenticateClient#11", _offered),
    "getBoundProfilePackage": ("ES9+.GetBoundProfilePackage#11", _package),
    "handleNotification": ("ES9+.HandleNotification#11", _reported),
    "downloadOrder": ("ES2+.DownloadOrder#01", _ordered),
    "confirmOrder": ("ES2+.ConfirmOrder#01", _confirmed),
}
_SM_DS: Final[Mapping[str, tuple[str, Callable[[Bench], object]]]] = {
    "authenticateClient": ("ES11.AuthenticateClient#18", _listed),
    "registerEvent": ("ES12.RegisterEvent#11", _registered),
}


def plainly(bench: Bench, function: str, *, sm_ds: bool) -> Cause | None:
    """Tries a function in its plainest use.

    Args:
        bench: The run.
        function: Its name on the wire.
        sm_ds: Whether the server is an SM-DS.

    Returns:
        What its owner fails for, or None: it works, or something else fails before it.
    """
    named = (_SM_DS if sm_ds else _SM_DP_PLUS).get(function)
    if named is None:
        return None
    row, trial = named
    try:
        trial(bench)
    except ExpectationError as error:
        if error.about == function:
            return Cause(row, str(error), f"mend {row.partition('#')[0]}, then run again")
    except RspError:  # no order, no operator, server lost: not the function
        return None
    return None
