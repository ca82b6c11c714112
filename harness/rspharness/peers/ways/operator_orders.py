"""Orders as an operator makes them: ES2+.DownloadOrder, ConfirmOrder, ReleaseProfile, CancelOrder.

ES2+ says neither how often an order may be tried nor in which state it is: what needs that does not
apply. Orders that are left at the end of the run are cancelled; their Profiles are Available again.

Source: SGP.22 v2, 5.3.
"""

from collections.abc import Callable
from typing import Any, Final

from rspcore.errors import LocalError
from rspharness.peers.operator_calls import OperatorCalls
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.peers.server_answer import Answer
from rspharness.record.trace import Trace
from rspharness.record.verdicts import (
    Blocked,
    Cause,
    ExpectationError,
    Inconclusive,
    NotApplicable,
    TargetLost,
)

__all__ = ["Operator"]

_CAN: Final = frozenset(("profile", "matching_id", "confirmation_code", "eid", "released"))
_UNKNOWN_TYPE, _NONE_FREE = "8.2.5/3.9", "8.2.5/3.7"


class Operator:
    """Orders of an operator."""

    def __init__(
        self, text: str, calls: Callable[[Trace], OperatorCalls], profile_type: str
    ) -> None:
        """Takes the operator.

        Args:
            text: What follows the word in `--provision`: nothing, or a profileType.
            calls: Makes the calls of the operator.
            profile_type: profileType where `text` names none; that of the wish when empty.
        """
        self._calls = calls
        self._type = text or profile_type
        self._made: dict[str, Ordered] = {}

    def order(self, wish: OrderWish, trace: Trace) -> Ordered:
        """Orders, confirms and, unless it has to wait, releases a Profile.

        Raises:
            NotApplicable: ES2+ has no member for what is wished, or the server no such profileType.
            Inconclusive: no Profile of the profileType is free, or a call is refused.
        """
        cannot = sorted(wish.differences.keys() - _CAN)
        if cannot:
            raise NotApplicable(f"ES2+ makes no order with {', '.join(cannot)}")
        usual = wish.profile == OrderWish().profile
        kind = self._type if usual and self._type else wish.profile
        operator = self._calls(trace)
        made = self._call(operator, "downloadOrder", profileType=kind, eid=wish.eid)
        if made.refusal == _UNKNOWN_TYPE and not usual:
            raise NotApplicable(f"the server has no profileType {kind!r}")
        if made.refusal in (_UNKNOWN_TYPE, _NONE_FREE):
            what = "no profileType" if made.refusal == _UNKNOWN_TYPE else "no free Profile of type"
            raise Inconclusive(
                f"ES2+.DownloadOrder: the server has {what} {kind!r} ({made.refusal}); "
                "--provision es2plus:TYPE names another, or put further Profiles there"
            )
        iccid = _text(_good(made), "iccid")
        self._made[iccid] = Ordered(matching_id="", iccid=iccid.rstrip("F"), number=iccid)
        members: dict[str, Any] = {
            "iccid": iccid,
            "eid": wish.eid if wish.matching_id == "" else None,
            "matchingId": wish.matching_id,
            "confirmationCode": wish.confirmation_code,
            "releaseFlag": wish.released,
        }
        answer = _good(self._call(operator, "confirmOrder", **members))
        matching_id = _text(answer, "matchingId") if wish.matching_id is None else wish.matching_id
        ordered = Ordered(matching_id=matching_id, iccid=iccid.rstrip("F"), number=iccid)
        self._made[iccid] = ordered
        return ordered

    @staticmethod
    def _call(operator: OperatorCalls, function: str, **members: Any) -> Answer:
        try:
            return operator.call(function, **members)
        except ExpectationError as error:
            raise Inconclusive(f"ES2+.{function}: no answer ({error.actual})") from error

    def state(self, ordered: Ordered) -> str:  # noqa: ARG002  no order has one here
        """Raises `NotApplicable`: an operator is not shown states."""
        raise NotApplicable("ES2+ shows no state of an order")

    def change(self, ordered: Ordered, event: str) -> None:
        """Releases the order, or cancels it for ever."""
        operator = self._calls(Trace())
        if event == "RELEASED":
            _good(self._call(operator, "releaseProfile", iccid=ordered.number))
            return
        _good(self._cancelled(operator, ordered, "Unavailable"))

    def _cancelled(self, operator: OperatorCalls, ordered: Ordered, end: str) -> Answer:
        return self._call(
            operator,
            "cancelOrder",
            iccid=ordered.number,
            matchingId=ordered.matching_id or None,
            finalProfileStatusIndicator=end,
        )

    def close(self) -> None:
        """Cancels what was ordered and is not used up; it ends with the first call unanswered."""
        try:
            operator = self._calls(Trace())
            for ordered in self._made.values():
                self._cancelled(operator, ordered, "Available")
        except (LocalError, Inconclusive, NotApplicable, TargetLost):
            return
        finally:
            self._made.clear()


def _good(answer: Answer) -> Answer:
    if answer.status != 200 or answer.refusal:
        raise Blocked(_cause(answer, answer.words))
    return answer


def _text(answer: Answer, name: str) -> str:
    try:
        return answer.text(name)
    except ExpectationError as error:
        raise Blocked(_cause(answer, str(error))) from error


def _cause(answer: Answer, finding: str) -> Cause:
    name = f"ES2+.{answer.function[:1].upper()}{answer.function[1:]}"
    return Cause(f"{name}#01", f"{answer.function}: {finding}", f"mend {name}, then run again")
