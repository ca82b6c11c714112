"""ES2+.ReleaseProfile: allows the download of a Profile whose order is confirmed.

The event of an order with an SM-DS address is registered before.

Source: SGP.22 v2, 5.3.4.
"""

from collections.abc import Mapping

from rspcore.messages.es2p import OrderResponse, ReleaseProfileRequest
from rspcore.messages.es9p import StatusCodeData
from rspsim.smdpp.partner_calls import Steps
from rspsim.smdpp.protocol.es2p.order_of_profile import order_of_profile
from rspsim.smdpp.protocol.es9p_function import Environment
from rspsim.smdpp.protocol.es12.events import key_of, registration
from rspsim.smdpp.protocol.order_status_codes import ICCID_TRANSITION_INVALID
from rspsim.smdpp.stock.orders import Order, OrderEvent

__all__ = ["run"]


def run(
    environment: Environment, body: Mapping[str, object], caller: str
) -> Steps[OrderResponse | StatusCodeData]:
    """Releases the Profile, after its event was registered if it has one.

    Raises:
        DecodeError: a member is missing or has the wrong form.
    """
    request = ReleaseProfileRequest.from_json(body)
    order = order_of_profile(environment, request.iccid, caller)
    if isinstance(order, StatusCodeData):
        return order
    refusal = _refusal(order)
    if refusal is not None:
        return refusal
    smds, eid, event_id = order.smds_address, order.eid, order.matching_id
    if smds and eid is not None:
        refusal = yield from registration(environment, order.smdp_address, smds, eid, event_id)
        if refusal is None:  # the order may have changed meanwhile; the event is deleted then
            refusal = _refusal(environment.orders.get(order.number))
        if refusal is not None:
            return refusal
    environment.orders.change(order.number, OrderEvent.RELEASED)
    if smds and eid is not None:
        environment.errands.remove(key_of(smds, eid, event_id))
    return OrderResponse()


def _refusal(order: Order) -> StatusCodeData | None:
    if order.allows(OrderEvent.RELEASED):
        return None
    return ICCID_TRANSITION_INVALID(f"the Profile is {order.state}", identifier=str(order.iccid))
