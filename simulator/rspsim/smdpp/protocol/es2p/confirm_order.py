"""ES2+.ConfirmOrder: gives an order its MatchingID and Confirmation Code, and may release it.

No event is registered at an SM-DS: an order with an SM-DS address is refused as if the SM-DS were
not reachable.

Source: SGP.22 v2, 5.3.2.
"""

from collections.abc import Mapping

from rspcore.messages.es2p import ConfirmOrderRequest, ConfirmOrderResponse
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import (
    EID_ASSOCIATION_INVALID,
    EID_MISSING,
    ICCID_IN_USE,
    ICCID_UNKNOWN,
    MATCHING_ID_IN_USE,
    SMDS_INACCESSIBLE,
)
from rspsim.smdpp.stock.orders import Order, OrderEvent

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object]
) -> ConfirmOrderResponse | StatusCodeData:
    """Confirms the order.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = ConfirmOrderRequest.from_json(body)
    order = environment.orders.of_profile(request.iccid)
    if order is None:
        return ICCID_UNKNOWN("no Profile with this ICCID", identifier=str(request.iccid))
    refusal = _refusal(environment, order, request)
    if refusal is not None:
        return refusal
    event = OrderEvent.CONFIRMED_AND_RELEASED if request.release_flag else OrderEvent.CONFIRMED
    confirmed = environment.orders.change(
        order.number,
        event,
        matching_id=request.matching_id,
        confirmation_code=request.confirmation_code,
        eid=request.eid,
    )
    return ConfirmOrderResponse(
        eid=confirmed.eid,
        matching_id=confirmed.matching_id,
        smdp_address=confirmed.smdp_address,
    )


def _refusal(
    environment: Environment, order: Order, request: ConfirmOrderRequest
) -> StatusCodeData | None:
    if not order.allows(OrderEvent.CONFIRMED):
        return ICCID_IN_USE(f"the Profile is {order.state}", identifier=str(order.iccid))
    if order.eid is not None and request.eid not in (None, order.eid):
        return EID_ASSOCIATION_INVALID("linked to another EID", identifier=str(request.eid))
    eid = order.eid if request.eid is None else request.eid
    if eid is None and (request.matching_id == "" or request.smds_address is not None):
        return EID_MISSING("an empty MatchingID and an SM-DS address need an EID")
    if request.matching_id is not None:
        holder = environment.orders.holder(request.matching_id, eid)
        if holder is not None:
            return MATCHING_ID_IN_USE("of another order", identifier=request.matching_id)
    if request.smds_address is not None:
        return SMDS_INACCESSIBLE("no event can be registered", identifier=request.smds_address)
    return None
