"""Options of a server that only an order shows: each is learnt with a download of the run's own.

Source: SGP.22 v2, 3.1.3, 3.1.6 and 5.6.2.
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.ids import Iccid
from rspcore.messages.euicc_info import ExtCardResource
from rspharness.peers.lpa_calls import LpaCalls
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.peers.plain_trial import Bench
from rspharness.record.verdicts import (
    ExpectationError,
    Inconclusive,
    NotApplicable,
)
from rspharness.run.run import NoCardError

__all__ = ["LEARNT", "REUSE", "learnt", "profile_type_problem"]

REUSE: Final = "S_REUSE"
_FULL: Final = ExtCardResource(
    number_of_installed_applications=b"\x00",
    free_non_volatile_memory=b"\x01",
    free_volatile_memory=b"\x10\x00",
)
"""A card with one octet left: no Profile fits."""


def _offers_key_again(bench: Bench) -> bool:
    """Returns whether the one-time key of a first try is in the offer of a second one."""
    lpa, ordered = _ordered(bench, REUSE)
    lpa.download(ordered.matching_id)
    lpa.initiate().accepted()
    lpa.authenticate(ordered.matching_id).accepted()
    return lpa.smdp_signed2.bpp_euicc_otpk is not None


def _orders_end(bench: Bench) -> bool:
    """Returns whether an order that was installed is offered no more."""
    lpa, ordered = _ordered(bench, "S_ORDERS")
    if not ordered.iccid:
        raise NotApplicable("the way to orders says no ICCID, so no result can be reported")
    lpa.download(ordered.matching_id)
    iccid = Iccid.from_digits(ordered.iccid)
    lpa.notify(lpa.card.result(lpa.transaction_id, iccid, lpa.address))
    lpa.initiate().accepted()
    return bool(lpa.authenticate(ordered.matching_id).refusal)


def _looks_at_card(bench: Bench) -> bool:
    """Returns whether a card without memory is refused."""
    lpa, ordered = _ordered(bench, "S_ELIGIBILITY")
    lpa.card.info2 = {"ext_card_resource": _FULL}
    lpa.initiate().accepted()
    return bool(lpa.authenticate(ordered.matching_id).refusal)


def _ordered(bench: Bench, option: str) -> tuple[LpaCalls, Ordered]:
    trace = bench.own_trace()
    trace.remark(f"option {option}")
    ordered = bench.order(OrderWish(), trace)
    return bench.calls(trace, f"option {option}"), ordered


LEARNT: Final[Mapping[str, Callable[[Bench], bool]]] = {
    REUSE: _offers_key_again,
    "S_ORDERS": _orders_end,
    "S_ELIGIBILITY": _looks_at_card,
}
"""How an option is learnt, by its name; each costs an order."""


def profile_type_problem(bench: Bench, kind: str) -> str:
    """Returns why an operator does not get a declared profileType, or an empty text.

    The order is cancelled again.

    Raises:
        NotApplicable: ES2+ of the server is not known.
        TargetLost: the server is not there any more.
    """
    operator = bench.operator(bench.own_trace())
    answer = operator.call("downloadOrder", profileType=kind)
    if answer.status != 200 or answer.refusal:
        return answer.words
    iccid = answer.text("iccid")
    operator.call("cancelOrder", iccid=iccid, finalProfileStatusIndicator="Available")
    return ""


def learnt(bench: Bench, name: str) -> bool | str:
    """Returns an option of the server as a download of its own shows it, or why none does.

    Args:
        bench: The run; one order is made.
        name: A name of `LEARNT`.

    Raises:
        TargetLost: the server is not there any more.
    """
    try:
        return LEARNT[name](bench)
    except (NotApplicable, Inconclusive, NoCardError, ExpectationError) as error:
        return f"neither declared nor shown by an order: {error}"
