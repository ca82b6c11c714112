"""ES2+.CancelOrder: ends an order; the Profile goes back into the stock or out of use.

Source: SGP.22 v2, 5.3.3.
"""

from collections.abc import Mapping

from rspcore.messages.es2p import CancelOrderRequest, OrderResponse
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.protocol.es2p.order_of_profile import order_of_profile
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.order_status_codes import (
    EID_ASSOCIATION_INVALID,
    ICCID_TRANSITION_INVALID,
    MATCHING_ID_ASSOCIATION_INVALID,
)
from rspsim.smdpp.stock.orders import OrderEvent, OrderState

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object], caller: str
) -> OrderResponse | StatusCodeData:
    """Cancels the order.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = CancelOrderRequest.from_json(body)
    order = order_of_profile(environment, request.iccid, caller)
    if isinstance(order, StatusCodeData):
        return order
    if request.eid not in (None, order.eid):
        return EID_ASSOCIATION_INVALID("not the EID of the order", identifier=str(request.eid))
    if request.matching_id not in (None, order.matching_id):
        return MATCHING_ID_ASSOCIATION_INVALID(
            "not the MatchingID of the order", identifier=request.matching_id
        )
    back = request.final_profile_status_indicator == OrderState.AVAILABLE
    event = OrderEvent.CANCELLED if back else OrderEvent.WITHDRAWN
    if not order.allows(event):
        return ICCID_TRANSITION_INVALID(
            f"the Profile is {order.state}", identifier=str(order.iccid)
        )
    environment.orders.change(order.number, event)
    return OrderResponse()
